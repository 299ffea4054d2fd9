package openstack

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A record is one thing in Keystone's directory: a user, a role, an endpoint.
type record struct {
	id, name string
	doc      map[string]any // what else the API shows of it; never changed in place, since answers share it
	secret   string         // a user's password, an OAuth consumer's secret
	renewals int            // how often all tokens that rest on it were made worthless
}

// ref returns an attribute that names another record, or "".
func (r *record) ref(key string) string { return text(r.doc[key]) }

// enabled is true for everything that cannot be disabled.
func (r *record) enabled() bool { return r.doc["enabled"] != false }

// set changes attributes; those that are nil in wish become null.
func (r *record) set(wish map[string]any) {
	doc := map[string]any{}
	maps.Copy(doc, r.doc)
	maps.Copy(doc, wish)
	delete(doc, "id")
	if name, given := doc["name"].(string); given {
		r.name = name
	}
	delete(doc, "name")
	r.doc = doc
}

// A kind is one kind of records, and the table-driven half of its API: list,
// show, create, change and delete. What is peculiar to it is in the functions,
// each of which may be nil.
type kind struct {
	one, many string // keys of bodies, and parts of the names of policy rules
	path      string // below /v3; empty: "/" + many
	rules     string // how the rules call one of them; empty: one
	table     string // where it is kept; empty: many
	what      string // as in "Could not find WHAT: ID."; empty: one
	missing   string // instead of that, with %s for the id
	nameless  bool
	byPut     bool // is made with PUT and an id of the client's
	free      bool // everybody may read it
	revealing bool // says 404 before it asks the policy
	silent    bool // is made in another way
	noPatch   bool
	listed    func(*kind) handler // instead of the common list
	fresh     map[string]any      // attributes of a new one of which nothing was said
	form      schema              // of a new one; also of a change, then without what is required
	filters   []string

	holds   func(*record) bool                                  // when a table holds several kinds
	mayRead func(c *call, id string, r *record) bool            // who besides an administrator; r is nil in a list
	owned   func(c *call, r *record, wish map[string]any) bool  // who may write besides an administrator; r is nil for a new one
	twin    func(r *record) string                              // what no two of them may have in common
	check   func(c *call, r *record, wish map[string]any) error // r is nil for a new one; may complete the wish
	changed func(c *call, r *record)                            // after it is made or changed
	drop    func(c *call, r *record) error                      // before it is gone
	show    func(c *call, r *record, body map[string]any)
}

func (k *kind) collection() string { return "/v3" + orElse(k.path, "/"+k.many) }
func (k *kind) key() string        { return orElse(k.table, k.many) }

// rule is the name of the policy rule for an action on one, or on all, of them.
func (k *kind) rule(action string) string {
	word := orElse(k.rules, k.one)
	if action == "list" {
		word = strings.ReplaceAll(k.many, "/", "_")
	}
	return "identity:" + action + "_" + word
}

func (k *kind) register(s *service) {
	path := k.collection()
	s.on("GET "+path, k.lister())
	s.on("GET "+path+"/{id}", k.get)
	if k.byPut {
		s.on("PUT "+path+"/{id}", k.create)
	}
	if !k.byPut && !k.silent {
		s.on("POST "+path, k.create)
	}
	if !k.noPatch {
		s.on("PATCH "+path+"/{id}", k.update)
	}
	s.on("DELETE "+path+"/{id}", k.delete)
}

func (k *kind) lister() handler {
	if k.listed != nil {
		return k.listed(k)
	}
	return k.list
}

// rows returns the records of one table, made when it is first asked for.
func (i *identity) rows(table string) *sim.Table[*record] {
	t := i.directory[table]
	if t == nil {
		t = &sim.Table[*record]{}
		i.directory[table] = t
	}
	return t
}

// look returns a record of that table, or nil.
func (i *identity) look(table, id string) *record {
	r, _ := i.rows(table).Get(id)
	return r
}

// find returns the record of this kind with that id.
func (k *kind) find(i *identity, id string) (*record, error) {
	r := i.look(k.key(), id)
	if r == nil || k.holds != nil && !k.holds(r) {
		if k.missing != "" {
			return nil, refuse(http.StatusNotFound, "%s", strings.ReplaceAll(k.missing, "%s", id))
		}
		return nil, refuse(http.StatusNotFound, "Could not find %s: %s.", orElse(k.what, k.one), id)
	}
	return r, nil
}

// body is a record as the API shows it.
func (k *kind) body(c *call, r *record) map[string]any {
	b := maps.Clone(r.doc)
	if b == nil {
		b = map[string]any{}
	}
	b["id"] = r.id
	if !k.nameless || r.name != "" {
		b["name"] = r.name
	}
	b["links"] = map[string]any{"self": c.url(k.collection() + "/" + r.id)}
	if k.show != nil {
		k.show(c, r, b)
	}
	return b
}

func (k *kind) list(c *call) (*reply, error) {
	all := k.free || c.may(k.rule("list"), "admin")
	if !all && (k.mayRead == nil || !k.mayRead(c, "", nil)) {
		return nil, forbidden(k.rule("list"))
	}
	q := c.URL.Query()
	list := []any{}
	for r := range c.cloud.identity.rows(k.key()).All() {
		if k.holds != nil && !k.holds(r) || !all && !k.mayRead(c, r.id, r) {
			continue
		}
		if b := k.body(c, r); matchesFilters(b, q, k.filters) {
			list = append(list, b)
		}
	}
	return ok(c.keystoneList(k.many, list)), nil
}

// matchesFilters compares attributes with a query as Keystone does: without
// case, and with name__startswith and its like.
func matchesFilters(body map[string]any, q url.Values, filters []string) bool {
	for key := range q {
		attribute, op, _ := strings.Cut(key, "__")
		if !slices.Contains(filters, attribute) {
			continue
		}
		want, have := q.Get(key), pyStr(body[attribute])
		fold := op == "" || strings.HasPrefix(op, "i")
		if fold {
			want, have = strings.ToLower(want), strings.ToLower(have)
		}
		if on, isBool := body[attribute].(bool); isBool {
			if asked := want != "false" && want != "0"; asked != on {
				return false
			}
			continue
		}
		if !fits(strings.TrimPrefix(op, "i"), have, want) {
			return false
		}
	}
	return true
}

func fits(op, have, want string) bool {
	switch op {
	case "contains":
		return strings.Contains(have, want)
	case "startswith":
		return strings.HasPrefix(have, want)
	case "endswith":
		return strings.HasSuffix(have, want)
	}
	return have == want
}

// readable returns the record in the path if the caller may see it.
func (k *kind) readable(c *call, id, action string) (*record, error) {
	r, err := k.find(&c.cloud.identity, id)
	if k.free || err != nil && k.revealing {
		return r, err
	}
	if !c.may(k.rule(action), "admin") && (k.mayRead == nil || !k.mayRead(c, id, r)) {
		return nil, forbidden(k.rule(action))
	}
	return r, err
}

func (k *kind) get(c *call) (*reply, error) {
	r, err := k.readable(c, c.PathValue("id"), "get")
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{k.one: k.body(c, r)}), nil
}

// writable returns the record in the path if the caller may change it.
func (k *kind) writable(c *call, action string) (*record, error) {
	r, err := k.find(&c.cloud.identity, c.PathValue("id"))
	if err != nil && k.revealing {
		return nil, err
	}
	if !c.may(k.rule(action), "admin") && (r == nil || k.owned == nil || !k.owned(c, r, nil)) {
		return nil, forbidden(k.rule(action))
	}
	return r, err
}

func (k *kind) create(c *call) (*reply, error) {
	doc, _ := c.document(k.one)
	if !c.may(k.rule("create"), "admin") && (k.owned == nil || !k.owned(c, nil, doc)) {
		return nil, forbidden(k.rule("create"))
	}
	if err := conformKeystone(k.form, doc); err != nil {
		return nil, err
	}
	wish := maps.Clone(k.fresh)
	if wish == nil {
		wish = map[string]any{}
	}
	maps.Copy(wish, doc)
	if k.byPut {
		wish["id"] = c.PathValue("id")
	}
	r, err := k.add(c, wish)
	if err != nil {
		return nil, err
	}
	return with(http.StatusCreated, map[string]any{k.one: k.body(c, r)}), nil
}

// add makes a record of a wish that has the right form.
func (k *kind) add(c *call, wish map[string]any) (*record, error) {
	i := &c.cloud.identity
	if k.check != nil {
		if err := k.check(c, nil, wish); err != nil {
			return nil, err
		}
	}
	r := &record{id: text(wish["id"]), secret: text(wish["password"]), doc: map[string]any{}}
	if r.id == "" || !k.byPut && k.one != "region" && k.one != "credential" {
		r.id = c.cloud.Objects.UUID()
		r.id = strings.ReplaceAll(r.id, "-", "")
	}
	delete(wish, "password")
	r.set(wish)
	if err := k.conflict(i, r); err != nil {
		return nil, err
	}
	i.rows(k.key()).Put(r.id, "", r)
	i.touch(c, k, r)
	return r, nil
}

// conflict refuses a second one of the same id or name.
func (k *kind) conflict(i *identity, r *record) error {
	for other := range i.rows(k.key()).All() {
		same := other.id == r.id || k.twin != nil && k.twin(other) == k.twin(r)
		if !same || other == r {
			continue
		}
		found := "name " + r.name
		if k.nameless {
			found = "ID " + r.id
		}
		if domain := r.ref("domain_id"); domain != "" {
			found += " at domain ID " + domain
		}
		if k.key() == "projects" {
			return conflict(k.one, projectTwin(r))
		}
		return conflict(k.one, "Duplicate entry found with "+found)
	}
	return nil
}

func conflict(kind, details string) error {
	return refuse(http.StatusConflict, "Conflict occurred attempting to store %s - %s.", kind, details)
}

func (k *kind) update(c *call) (*reply, error) {
	r, err := k.writable(c, "update")
	if err != nil {
		return nil, err
	}
	doc, _ := c.document(k.one)
	form := k.form
	form.required = nil
	if err := conformKeystone(form, doc); err != nil {
		return nil, err
	}
	if err := immutable(k, r, "update", doc); err != nil {
		return nil, err
	}
	if id, given := doc["id"]; given && id != r.id {
		return nil, badKeystone("Cannot change " + orElse(k.what, k.one) + " ID")
	}
	wish := maps.Clone(doc)
	if k.check != nil {
		if err := k.check(c, r, wish); err != nil {
			return nil, err
		}
	}
	old := *r
	if password, given := wish["password"].(string); given {
		r.secret = password
		r.renewals++
	}
	delete(wish, "password")
	r.set(wish)
	if err := k.conflict(&c.cloud.identity, r); err != nil {
		*r = old
		return nil, err
	}
	c.cloud.identity.touch(c, k, r)
	return ok(map[string]any{k.one: k.body(c, r)}), nil
}

// immutable refuses to change what the option of that name protects.
func immutable(k *kind, r *record, action string, wish map[string]any) error {
	options, _ := r.doc["options"].(map[string]any)
	if options["immutable"] != true {
		return nil
	}
	if after, given := wish["options"].(map[string]any); given && len(wish) == 1 && after["immutable"] == false {
		return nil
	}
	return refuse(http.StatusForbidden, "Unable to %s immutable %s resource: `%s. Set resource option \"immutable\" to false first.", action, k.one, r.id)
}

func (k *kind) delete(c *call) (*reply, error) {
	r, err := k.writable(c, "delete")
	if err != nil {
		return nil, err
	}
	if err := immutable(k, r, "delete", nil); err != nil {
		return nil, err
	}
	if k.drop != nil {
		if err := k.drop(c, r); err != nil {
			return nil, err
		}
	}
	c.cloud.identity.forget(k.key(), r.id)
	return empty(http.StatusNoContent), nil
}

// touch notes that the directory is not what it was: who may do what is found
// out anew.
func (i *identity) touch(c *call, k *kind, r *record) {
	i.changes++
	if k.changed != nil {
		k.changed(c, r)
	}
}

// forget removes a record with the grants and memberships that name it.
func (i *identity) forget(table, id string) {
	i.changes++
	i.rows(table).Delete(id)
	i.grants = slices.DeleteFunc(i.grants, func(g grant) bool { return g.actor == id || g.target == id || g.role == id })
	i.implications = slices.DeleteFunc(i.implications, func(m implication) bool { return m.prior == id || m.implied == id })
	delete(i.members, id)
	for group, users := range i.members {
		i.members[group] = slices.DeleteFunc(users, func(u string) bool { return u == id })
	}
}

// conformKeystone checks a document. Keystone goes on with the whole schema
// behind what is wrong; we stop before that.
func conformKeystone(form schema, doc map[string]any) error {
	if doc == nil {
		doc = map[string]any{}
	}
	path, _, wrong := form.violation("", doc)
	switch {
	case wrong == "":
		return nil
	case path == "":
		return refuse(http.StatusBadRequest, "%s", wrong)
	}
	return refuse(http.StatusBadRequest, "Invalid input for field '%s': %s", path, wrong)
}
