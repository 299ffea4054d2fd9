package cloud

import (
	"context"
	"io"
	"iter"

	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A Reader observes one project of a cloud. It is safe for concurrent use.
type Reader interface {
	// Schemas returns the schemas of all types that the driver knows.
	Schemas() resource.Schemas
	// Catalogue reads what the cloud offers to the project.
	Catalogue(ctx context.Context) (profile.Catalogue, error)
	// List yields what the selector asks for, in any order: Own and Implied
	// resources of the project and nobody else's. Spec holds the provider's
	// ids (strings) wherever the schema's field Refers to a type, and where the
	// path alone does not tell the type a Ref of it with the id as Key; Key is
	// empty; ID, State and Owner are set, the mark is stripped from
	// everything else. Parent has the parent's type and, as Key, its id.
	//
	// The cost is one request per kind and page, whatever the number of
	// resources. After an error no more is yielded.
	List(ctx context.Context, selector Selector) iter.Seq2[*resource.Resource, error]
}

// A Selector says what to list.
type Selector struct {
	Types []resource.Type // empty: all
	Drill string          // only what carries this drill's mark, or belongs to a parent that does; empty: all

	// States asks only for what waiting needs: Type, ID, State, Why, and the
	// Owner of what carries a mark itself. A driver may leave out all else, and
	// what has no mark of its own, where that saves requests.
	States bool

	// Secrets asks for the values that a driver keeps to itself otherwise, for
	// whoever encrypts them.
	Secrets bool

	// Omit is told of what exists and is not listed, one at a time: Type, Name
	// and Scope, and the reason as Why (a controller has made it, it is the
	// provider's). What a whole type is left out for has no Name. A Pod has the
	// digests of its images in Attrs. nil: nobody wants to know. It costs no
	// further requests.
	Omit func(*resource.Resource)
}

// Leave tells of what is not listed.
func (s Selector) Leave(r *resource.Resource) {
	if s.Omit != nil {
		s.Omit(r)
	}
}

// A Cloud is a Reader that can change the project. It is safe for concurrent
// use. When ctx is cancelled, no further change is made.
type Cloud interface {
	Reader
	// Create asks for the resource and returns it with ID and State; it does
	// not wait until it is Ready. Every reference in r.Spec is an id of this
	// cloud, Parent.Key is the parent's id, and every Attr and Join is
	// resolved. The owner's mark is part of the creating request. A property
	// that the service refuses is named in the error's Paths.
	Create(ctx context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error)
	// Delete asks for the end of the resource with r.Type, r.ID and, for a
	// child, Parent; it does not wait. What is gone already is no error.
	Delete(ctx context.Context, r *resource.Resource) error
}

// A Rehearser can tell what Create would be refused without creating anything,
// so that a refusal becomes a forecast.
type Rehearser interface {
	// Rehearse asks the service to check the resource as Create would send it,
	// and changes nothing. What r refers to need not exist; what refers to nothing
	// is rehearsed before all else. The error is the one that Create would return;
	// nil says that nothing is known against it.
	Rehearse(ctx context.Context, r *resource.Resource) error
}

// A Stager is a Rehearser that judges better what is to be in something that
// does not exist yet, if that has a stand-in for as long as the rehearsal takes.
type Stager interface {
	Rehearser
	// Stage is told of all that will be rehearsed, as Rehearse gets it, and returns
	// what to create before with the drill's mark, and to delete after: stand-ins
	// under other names. It makes nothing itself. None: nothing would be judged
	// better, or these rights do not suffice. Rehearse takes the stand-ins that are
	// there, and tells of them as of what they stand for.
	Stage(ctx context.Context, drill string, planned []*resource.Resource) ([]*resource.Resource, error)
}

// A Converter has services that tell one thing in several versions and convert
// between them, so that two clouds can be read in a version that both have.
type Converter interface {
	// Speak lets the cloud be read in the best version that is among these, for
	// each type of which the cloud has one of them; see [Versions] and
	// [VersionsIn]. What is made afterwards keeps the version that it names.
	Speak(ctx context.Context, versions map[resource.Type][]string) error
}

// A Settler has more to do once a resource is Ready: what the creating
// request could not say (a volume's bootable flag, a server that shall be
// off, a group's default rules that shall not be there). Settle is idempotent;
// r is as for Create, with ID.
type Settler interface {
	Settle(ctx context.Context, r *resource.Resource) error
}

// A Storer moves the bytes of images, which is how the bytes of volumes move
// too: a volume is read through an image made from it, and written by being
// made from an image.
type Storer interface {
	// Download streams the image's bytes as they are stored, in the image's
	// own disk format. The caller closes.
	Download(ctx context.Context, image *resource.Resource) (io.ReadCloser, error)
	// Upload streams bytes into an image that was created without any.
	Upload(ctx context.Context, image *resource.Resource, bytes io.Reader) error
}
