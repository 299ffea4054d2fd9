package gap

import "github.com/wechsel-project/wechsel/pkg/resource"

// A Kind is an entry of the catalogue: what a gap is, how it shows, and what
// to do about it. Texts have a version per language and name what they are
// about by {placeholders}; see [Placeholders].
type Kind struct {
	ID        string   // domain/name: "compute/flavor-absent"
	Title     Text     // a few words
	Cause     Text     // a sentence: what is so, and why
	Remedy    Text     // what to do, and by whom
	Severity  Severity // unless the effect says otherwise
	ByEffect  map[resource.Effect]Severity
	Who       string      // who has to act: customer, provider, standard
	Standards []string    // that cover it: "scs-0103"; empty: none does
	Facets    []string    // of Art. 35(2) Data Act, the primary one first; see [Facets]
	By        []string    // values that tell two gaps of this kind apart: from, to, class, or an argument
	Across    bool        // By alone tells them apart: whatever refers to an absent image is one gap
	When      []Predicate // any of which shows it
	CatchAll  bool        // taken only when no other kind fits
	Basis     Basis       // on simulated clouds; empty: modelled
	Unread    bool        // it tells of what was not read, not of a difference between two clouds
}

// A Basis says who has given the answer that shows a gap.
type Basis string

// The bases. On a real cloud everything is measured. A simulated cluster is a
// real API server with the real controllers and scheduler, and a stand-in for
// what only a provider has: nodes, storage, load balancers, the network.
const (
	Measured Basis = "measured" // a real service
	Modelled Basis = "modelled" // a simulator, as it knows the service from its documentation
)

// A Text is a text in several languages, by their codes.
type Text map[string]string

// Languages are those in which every text must be there.
func Languages() []string { return []string{"de", "en"} }

// The ones who may have to act.
const (
	Customer = "customer" // a mapping, or another way to do it, helps
	Provider = "provider" // it breaks a standard that it claims, or its own promise
	Standard = "standard" // no standard covers it
)

// Facets are the 13 of Art. 35(2) Data Act and ISO/IEC 19941: I of
// interoperability, D of data portability, A of application portability.
func Facets() []string {
	return []string{"I-TRA", "I-SYN", "I-SEM", "I-BEH", "I-POL", "D-SYN", "D-SEM", "D-POL", "A-SYN", "A-INS", "A-MET", "A-BEH", "A-POL"}
}

// Placeholders are those that any text of a kind may use, beside the
// arguments that signals carry: the side on which it shows (target or source),
// the resource type and how many there are, the
// first one's key, the property, the two values, what a service said.
func Placeholders() []string {
	return []string{"side", "type", "n", "resource", "path", "source", "target", "from", "to", "message", "status", "cloud"}
}

// severity returns the kind's severity for a signal.
func (k *Kind) severity(s Signal) Severity {
	if sev, ok := k.ByEffect[s.Effect]; ok {
		return sev
	}
	return k.Severity
}

// A Catalogue is a list of kinds. Of several that fit a signal the first
// counts, those that catch all come last.
type Catalogue struct {
	Kinds   []Kind
	index   map[string]*Kind
	sides   map[string]Text // what the texts call the target and the source
	phrases map[string]Text // what a plan says in arguments, by its English words
	unfit   Text            // the remedy for what the source itself does not take
}

// Kind returns the kind with this id, or nil.
func (c *Catalogue) Kind(id string) *Kind { return c.index[id] }

// of returns the kind of a signal, or nil if nothing needs to be said: a
// choice of the provider that no kind judges.
func (c *Catalogue) of(s Signal) *Kind {
	for _, last := range []bool{false, true} {
		for i := range c.Kinds {
			if k := &c.Kinds[i]; k.CatchAll == last && k.shows(s) {
				return k
			}
		}
	}
	return nil
}
