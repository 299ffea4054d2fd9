package openstack

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// novaInterfaceText is what Nova's code (Zed) says about its own interface:
// which operation is there in which microversions, the schemas of bodies and
// query parameters, and who may what by default. fixtures/lab/openstack/
// nova_operations.py writes it.
//
//go:embed nova_operations.json
var novaInterfaceText []byte

// A novaInterface is that, ready to be used. It is never changed.
type novaInterface struct {
	schemas    []*jsonSchema
	operations map[string][]novaOperation // by "METHOD /path/{}", actions by "POST /path/{}/action NAME"
	rules      map[string]string          // policy rule: admin, owner, any or nobody
}

// A novaOperation is one operation in a range of microversions, 2.From to 2.To.
type novaOperation struct {
	From, To    int
	Gone        bool // answers that it is gone
	Body, Query *int // numbers of schemas
}

// theNovaInterface reads the interface when it is first needed.
var theNovaInterface = sync.OnceValues(func() (*novaInterface, error) {
	var in struct {
		Schemas    []document
		Operations map[string][]novaOperation
		Rules      map[string]string
	}
	if err := json.Unmarshal(novaInterfaceText, &in); err != nil {
		return nil, fmt.Errorf("our own description of Nova's interface: %w", err)
	}
	schemas, err := compileSchemas(in.Schemas)
	if err != nil {
		return nil, fmt.Errorf("our own description of Nova's interface: %w", err)
	}
	return &novaInterface{schemas, in.Operations, in.Rules}, nil
})

var inBraces = regexp.MustCompile(`{\w+}`)

// novaKey is the name of an operation: how its parts are called does not
// matter.
func novaKey(pattern string) string {
	return inBraces.ReplaceAllString(strings.Replace(pattern, anotherServers, "/servers", 1), "{}")
}

var errNoResource = refuse(http.StatusNotFound, "The resource could not be found.")

// guard checks a request before its handler runs, as Nova does: is the
// operation there in this microversion, and are query and body as they must be.
func (n *novaInterface) guard(pattern string, h handler) handler {
	key := novaKey(pattern)
	return func(c *call) (*reply, error) {
		name := key
		if strings.HasSuffix(key, "/action") {
			action, err := c.novaAction()
			if err != nil {
				return nil, err
			}
			if name += " " + action; n.operations[name] == nil {
				return nil, refuse(http.StatusBadRequest, "There is no such action: %s", action)
			}
		}
		if err := c.rightProject(); err != nil {
			return nil, err
		}
		op, err := n.operation(name, c.version)
		if err != nil {
			return nil, err
		}
		if err := n.conform(c, op); err != nil {
			return nil, err
		}
		return h(c)
	}
}

// projectInPath is the older form of Nova's paths, with a project before the
// rest.
var projectInPath = regexp.MustCompile(`^/compute/v2\.1/([0-9a-f]{32}|[0-9a-f-]{36})(/.*)$`)

// namedProject is the key of that project in the context of a request.
type namedProject struct{}

// withoutProject takes a project out of a path; the guard compares it with the
// token's.
func withoutProject(r *http.Request) *http.Request {
	m := projectInPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return r
	}
	r = r.Clone(context.WithValue(r.Context(), namedProject{}, m[1]))
	r.URL.Path, r.URL.RawPath = "/compute/v2.1"+m[2], ""
	return r
}

// rightProject refuses a path with another project than the token's.
func (c *call) rightProject() error {
	if p, named := c.Context().Value(namedProject{}).(string); named && p != c.project() {
		return refuse(http.StatusBadRequest, "Malformed request URL: URL's project_id '%s' doesn't match Context's project_id '%s'", p, c.project())
	}
	return nil
}

// novaAction is the only key of the body of an action. What is no object at all
// breaks Nova in two ways.
func (c *call) novaAction() (string, error) {
	switch body := c.body.(type) {
	case map[string]any:
		if len(body) == 1 {
			return sortedKeys(body)[0], nil
		}
	case []any:
		if len(body) == 1 {
			return "", errNoResource
		}
	case string:
		if len(body) == 1 {
			return "", errNoResource
		}
	case nil:
		if c.ContentLength > 0 { // null
			return "", errNoResource
		}
	default:
		return "", errNoResource
	}
	return "", errMalformed
}

func (n *novaInterface) operation(name string, v version) (novaOperation, error) {
	list, known := n.operations[name]
	if !known { // our own
		return novaOperation{}, nil
	}
	for _, op := range list {
		switch {
		case v.minor < op.From || v.minor > op.To:
		case op.Gone:
			return op, errGone
		default:
			return op, nil
		}
	}
	return novaOperation{}, errNoResource
}

var errGone = refuse(http.StatusGone, "This resource is no longer available. No forwarding address is given.")

func (n *novaInterface) conform(c *call, op novaOperation) error {
	if op.Query != nil {
		if bad := n.schemas[*op.Query].check(queryDocument(c.URL.Query())); bad != nil {
			return bad.refusal("query parameters", func(path []string) string { return path[0] })
		}
	}
	if op.Body != nil {
		if bad := n.schemas[*op.Body].check(c.body); bad != nil {
			return bad.refusal("field/attribute", func(path []string) string { return path[len(path)-1] })
		}
	}
	return nil
}

// queryDocument is a query as the schemas see it: a list under each name.
func queryDocument(q url.Values) map[string]any {
	doc := map[string]any{}
	for name, values := range q {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		doc[name] = list
	}
	return doc
}

// refusal says a complaint as Nova does.
func (bad *complaint) refusal(what string, step func([]string) string) error {
	if bad.bare || len(bad.path) == 0 {
		return refuse(http.StatusBadRequest, "%s", bad.message)
	}
	return refuse(http.StatusBadRequest, "Invalid input for %s %s. Value: %s. %s", what, step(bad.path), pyStr(bad.value), bad.message)
}

// permit asks the policy about a rule with Nova's own default.
func (c *call) permit(rule string) error {
	n, err := theNovaInterface()
	if err != nil {
		return err
	}
	role := map[string]string{"owner": "reader", "any": "reader"}[n.rules[rule]]
	if role == "" {
		role = "admin"
	}
	if !c.may(rule, role) {
		return notAllowed(rule)
	}
	return nil
}
