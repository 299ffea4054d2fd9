package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// The types of the cloud in memory. They behave like their models in
// OpenStack, in what an engine can notice.
const (
	tNet        resource.Type = "T::Net"
	tSubnet     resource.Type = "T::Subnet"
	tGroup      resource.Type = "T::Group"
	tRule       resource.Type = "T::GroupRule"
	tPort       resource.Type = "T::Port"
	tServer     resource.Type = "T::Server"
	tVolume     resource.Type = "T::Volume"
	tAttachment resource.Type = "T::Attachment"
	tImage      resource.Type = "T::Image"
)

func field(p resource.Path, f resource.Form, refers ...resource.Type) resource.Field {
	return resource.Field{Path: p, Form: f, Refers: refers}
}

func required(p resource.Path, f resource.Form, refers ...resource.Type) resource.Field {
	return resource.Field{Path: p, Form: f, Refers: refers, Required: true}
}

func schemas() resource.Schemas {
	out := resource.Schemas{}
	for _, s := range []*resource.Schema{
		{Type: tNet, Mark: resource.MarkDescription, Fields: []resource.Field{
			{Path: "mtu", Form: resource.Int, Chooser: resource.Provider}, field("dns_domain", resource.Text)}},
		{Type: tSubnet, Mark: resource.MarkDescription, Fields: []resource.Field{required("network", resource.Text, tNet), required("cidr", resource.CIDR)}},
		{Type: tGroup, Mark: resource.MarkDescription},
		{Type: tRule, Mark: resource.MarkParent, Natural: []resource.Path{""}, Fields: []resource.Field{
			field("port", resource.Int), field("remote_group", resource.Text, tGroup)}},
		{Type: tPort, Mark: resource.MarkDescription, Natural: []resource.Path{"network"}, Fields: []resource.Field{
			required("network", resource.Text, tNet),
			{Path: "security_groups", Form: resource.List, List: resource.Unique}, field("security_groups[]", resource.Text, tGroup)},
			After: []resource.Edge{{Type: tSubnet, Via: "network", Of: "network"}}},
		{Type: tServer, Mark: resource.MarkTags, Fields: []resource.Field{
			required("image", resource.Text, tImage), {Path: "networks", Form: resource.List, Required: true},
			field("networks[].network", resource.Text, tNet), field("networks[].port", resource.Text, tPort),
			field("user_data", resource.Text), field("tags", resource.List), field("tags[]", resource.Text)},
			After: []resource.Edge{{Type: tSubnet, Via: "networks[].network", Of: "network"}}},
		{Type: tVolume, Mark: resource.MarkMetadata, Noun: "root", Fields: []resource.Field{
			required("size", resource.Int), field("image", resource.Text, tImage), field("bootable", resource.Bool)}},
		{Type: tAttachment, Mark: resource.MarkParent, Natural: []resource.Path{"volume_id"}, Exclusive: []resource.Path{"server"}, Fields: []resource.Field{
			required("server", resource.Text, tServer), required("volume_id", resource.Text, tVolume)}},
		{Type: tImage, Mark: resource.MarkTags, Fields: []resource.Field{field("disk_format", resource.Text)}},
	} {
		out[s.Type] = s
	}
	return out
}

// A memory is a cloud with one project, in memory. Slow types become ready, and
// go, after some listings.
type memory struct {
	mu      sync.Mutex
	objects []*object
	next    int
	creates int
	refuse  func(op string, r *resource.Resource) error // nil: nothing is refused
	bytes   map[string][]byte
	names   map[string]string // by id, of all that ever was
	calls   []string
}

type object struct {
	r     *resource.Resource
	wait  int // listings until it is ready, or gone
	going bool
}

func newMemory() *memory { return &memory{bytes: map[string][]byte{}, names: map[string]string{}} }

func (m *memory) Schemas() resource.Schemas { return schemas() }

func (m *memory) Catalogue(context.Context) (profile.Catalogue, error) {
	return profile.Catalogue{}, nil
}

func (m *memory) List(_ context.Context, s cloud.Selector) iter.Seq2[*resource.Resource, error] {
	return func(yield func(*resource.Resource, error) bool) {
		for _, r := range m.list(s) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *memory) list(s cloud.Selector) []*resource.Resource {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, fmt.Sprintf("list %v", s.Types))
	m.age(s)
	var out []*resource.Resource
	for _, o := range m.objects {
		if wanted(s, o.r.Type) && (s.Drill == "" || m.ownerOf(o.r).Drill == s.Drill) {
			out = append(out, o.r.Clone())
		}
	}
	slices.Reverse(out) // any order
	return out
}

func wanted(s cloud.Selector, t resource.Type) bool {
	return len(s.Types) == 0 || slices.Contains(s.Types, t)
}

func (m *memory) age(s cloud.Selector) {
	for _, o := range slices.Clone(m.objects) {
		if !wanted(s, o.r.Type) || o.wait == 0 {
			continue
		}
		if o.wait--; o.wait > 0 {
			continue
		}
		if o.going {
			m.drop(o)
			continue
		}
		o.r.State = resource.Ready
		if o.r.Type == tServer {
			m.boot(o)
		}
	}
}

// boot makes what a server brings with it: ports and a root volume.
func (m *memory) boot(o *object) {
	parent := resource.Ref{Type: tServer, Key: resource.Key(o.r.ID)}
	nets, _ := o.r.Spec["networks"].([]resource.Value)
	for _, n := range nets {
		if net, ok := n.(map[string]resource.Value)["network"]; ok {
			m.put(&resource.Resource{Ref: resource.Ref{Type: tPort}, Tenure: resource.Implied, Parent: parent, Spec: map[string]resource.Value{"network": net},
				Attrs: map[string]resource.Value{"address": "10.0.0." + fmt.Sprint(m.next)}}, resource.Ready, 0)
		}
	}
	m.put(&resource.Resource{Ref: resource.Ref{Type: tVolume}, Tenure: resource.Implied, Parent: parent, Spec: map[string]resource.Value{"size": int64(1)}}, resource.Ready, 0)
	o.r.Attrs = map[string]resource.Value{"address": "192.0.2.1"}
}

func (m *memory) ownerOf(r *resource.Resource) resource.Owner {
	if r.Owner.IsZero() && !r.Parent.IsZero() {
		if o := m.find(r.Parent.Type, string(r.Parent.Key)); o != nil {
			return o.r.Owner
		}
	}
	return r.Owner
}

func (m *memory) find(t resource.Type, id string) *object {
	i := slices.IndexFunc(m.objects, func(o *object) bool { return o.r.Type == t && o.r.ID == id })
	if i < 0 {
		return nil
	}
	return m.objects[i]
}

func (m *memory) put(r *resource.Resource, state resource.State, wait int) *resource.Resource {
	m.next++
	r.ID, r.State, r.Key = fmt.Sprintf("id-%03d", m.next), state, ""
	m.objects = append(m.objects, &object{r: r, wait: wait})
	m.names[r.ID] = r.Name
	if !r.Owner.IsZero() {
		m.names[r.ID] = cloud.Mark(r.Owner)
	}
	return r
}

func (m *memory) drop(o *object) {
	m.objects = slices.DeleteFunc(m.objects, func(x *object) bool { return x == o })
	for _, x := range slices.Clone(m.objects) {
		if string(x.r.Parent.Key) != o.r.ID {
			continue
		}
		if x.r.Type == tVolume { // outlives its server
			x.r.Parent, x.r.Tenure = resource.Ref{}, resource.Own
			continue
		}
		m.drop(x)
	}
}

func (m *memory) Create(_ context.Context, r *resource.Resource, owner resource.Owner) (*resource.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "create "+r.Ref.String())
	if err := m.refused("create", r); err != nil {
		return nil, err
	}
	for p, v := range resource.Leaves(r.Spec) {
		f, _ := schemas()[r.Type].Field(p)
		if id, ok := v.(string); len(f.Refers) > 0 && (!ok || m.find(f.Refers[0], id) == nil) {
			return nil, opError("create", r, cloud.ErrNotFound, fmt.Sprintf("%s %v cannot be found", p, v))
		}
	}
	if schemas()[r.Type].Mark == resource.MarkParent {
		owner = resource.Owner{}
		for _, o := range m.objects {
			if o.r.Type == r.Type && o.r.Parent == r.Parent && resource.Equal(o.r.Spec, r.Spec) {
				return nil, opError("create", r, cloud.ErrConflict, "it exists already")
			}
		}
	}
	m.creates++
	c := r.Clone()
	c.Owner, c.Tenure = owner, resource.Own
	state, wait := resource.Ready, 0
	switch r.Type {
	case tServer, tVolume, tAttachment:
		state, wait = resource.Pending, 2
	case tImage:
		state = resource.Pending
	}
	return m.put(c, state, wait).Clone(), nil
}

func (m *memory) Settle(_ context.Context, r *resource.Resource) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "settle "+r.Ref.String())
	if err := m.refused("settle", r); err != nil {
		return err
	}
	return nil
}

func (m *memory) Delete(_ context.Context, r *resource.Resource) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, fmt.Sprintf("delete %s %s", r.Type, r.ID))
	if err := m.refused("delete", r); err != nil {
		return err
	}
	o := m.find(r.Type, r.ID)
	if o == nil {
		return nil
	}
	for _, x := range m.objects {
		child := string(x.r.Parent.Key) == r.ID
		if x != o && !child && r.Type != tImage && mentions(x.r.Spec, r.ID) || child && x.r.Type == tAttachment {
			return opError("delete", r, cloud.ErrConflict, "in use by "+x.r.ID)
		}
	}
	if o.r.Type == tVolume && o.r.Tenure == resource.Implied {
		return opError("delete", r, cloud.ErrConflict, "in use by its server")
	}
	if o.r.Type == tServer || o.r.Type == tVolume {
		o.going, o.wait = true, 2
		o.r.State, o.r.Why = resource.Pending, "deleting"
		return nil
	}
	m.drop(o)
	return nil
}

func mentions(spec map[string]resource.Value, id string) bool {
	for _, v := range resource.Leaves(spec) {
		if v == id {
			return true
		}
	}
	return false
}

func (m *memory) Upload(_ context.Context, image *resource.Resource, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "upload "+image.Ref.String())
	if err := m.refused("upload", image); err != nil {
		return err
	}
	m.bytes[image.ID] = data
	m.find(tImage, image.ID).r.State = resource.Ready
	return nil
}

func (m *memory) Download(_ context.Context, image *resource.Resource) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "download "+image.Ref.String())
	if err := m.refused("download", image); err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(m.bytes[image.ID])), nil
}

func (m *memory) refused(op string, r *resource.Resource) error {
	if m.refuse == nil {
		return nil
	}
	return m.refuse(op, r)
}

func opError(op string, r *resource.Resource, kind error, message string, paths ...resource.Path) error {
	return &cloud.OpError{Op: op, Cloud: "memory", Ref: r.Ref, Paths: paths, Status: 400, RequestID: "req-1", Message: message, Err: kind}
}

// dump writes the project's objects down without what differs from run to run.
func (m *memory) dump() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := m.names
	var lines []string
	for _, o := range m.objects {
		data, err := resource.MarshalValue(o.r.Spec)
		if err != nil {
			panic(err)
		}
		line := fmt.Sprintf("%s %q %s %s %s parent=%s", o.r.Type, names[o.r.ID], o.r.State, o.r.Tenure, data, o.r.Parent.Key)
		for id, name := range names {
			line = strings.ReplaceAll(line, id, name)
		}
		lines = append(lines, line)
	}
	return strings.Join(sorted(lines), "\n")
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}
