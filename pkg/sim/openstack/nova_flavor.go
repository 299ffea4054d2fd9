package openstack

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// A flavor is what the profile offers, or what an administrator has added.
type flavor struct {
	profile.Flavor
	description any // string or nil
	rxtx        float
	private     bool
	disabled    bool
	projects    []string // that may use a private one
	number      int      // in the order of making; lists are sorted by it where keys are equal
}

func flavorRoutes(on func(string, handler)) {
	on("GET /flavors", listFlavors(false))
	on("GET /flavors/detail", listFlavors(true))
	on("POST /flavors", createFlavor)
	on("GET /flavors/{id}", withFlavor("", func(c *call, f *flavor) (*reply, error) {
		return ok(map[string]any{"flavor": c.flavorBody(f, true)}), nil
	}))
	on("PUT /flavors/{id}", withFlavor("os-flavor-manage:update", describeFlavor))
	on("DELETE /flavors/{id}", withFlavor("os-flavor-manage:delete", deleteFlavor))
	flavorSpecRoutes(on)
	flavorAccessRoutes(on)
}

// offer puts the profile's flavors where an administrator can change them.
func (n *compute) offer(c *Cloud) {
	for _, f := range c.profile.Flavors {
		f.ID = c.id(f.ID, "flavor", f.Name)
		f.Specs = copied(f.Specs)
		n.addFlavor(&flavor{Flavor: f, rxtx: 1})
	}
}

func (n *compute) addFlavor(f *flavor) {
	n.flavorsMade++
	f.number = n.flavorsMade
	n.flavors.Put(f.ID, "", f)
}

// copied is a map of its own.
func copied(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// mayUse tells whether the caller sees a flavor in lists, and may have servers
// of it.
func (f *flavor) mayUse(c *call) bool {
	return c.admin() || !f.disabled && (!f.private || slices.Contains(f.projects, c.project()))
}

// flavorOf finds a flavor by its id.
func (c *call) findFlavor(id string) (*flavor, bool) {
	f, there := c.cloud.compute.flavors.Get(id)
	return f, there && f.mayUse(c)
}

// withFlavor finds the flavor in the path, after asking the policy if there is
// a rule.
func withFlavor(rule string, h func(*call, *flavor) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		if rule != "" {
			if err := c.permit("os_compute_api:" + rule); err != nil {
				return nil, err
			}
		}
		f, there := c.findFlavor(c.PathValue("id"))
		if !there {
			return nil, refuse(http.StatusNotFound, "Flavor %s could not be found.", c.PathValue("id"))
		}
		return h(c, f)
	}
}

// words makes a JSON object of a map of strings.
func words(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (c *call) flavorBody(f *flavor, detail bool) map[string]any {
	body := map[string]any{"id": f.ID, "name": f.Name, "links": selfLinks(c, "/flavors/"+f.ID)}
	if c.version.since(2, 55) {
		body["description"] = f.description
	}
	if !detail {
		return body
	}
	var swap any = ""
	if f.Swap > 0 || c.version.since(2, 75) {
		swap = f.Swap
	}
	for k, v := range map[string]any{"ram": f.RAM, "disk": f.Disk, "vcpus": f.VCPUs, "swap": swap, "OS-FLV-EXT-DATA:ephemeral": f.Ephemeral,
		"OS-FLV-DISABLED:disabled": f.disabled, "os-flavor-access:is_public": !f.private, "rxtx_factor": f.rxtx} {
		body[k] = v
	}
	if c.version.since(2, 61) {
		body["extra_specs"] = words(f.Specs)
	}
	return body
}

// float is a number that JSON shows with a fraction, as Python does.
type float float64

// MarshalJSON writes 1 as 1.0.
func (f float) MarshalJSON() ([]byte, error) {
	s := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return []byte(s), nil
}

func listFlavors(detail bool) handler {
	return func(c *call) (*reply, error) {
		list, err := flavorsFor(c, c.URL.Query())
		if err != nil {
			return nil, err
		}
		page, next, err := novaPage(c, list, func(f *flavor) string { return f.ID }, "/flavors", detail)
		if err != nil {
			return nil, err
		}
		out := []any{}
		for _, f := range page {
			out = append(out, c.flavorBody(f, detail))
		}
		body := map[string]any{"flavors": out}
		if next != nil {
			body["flavors_links"] = next
		}
		return ok(body), nil
	}
}

func flavorsFor(c *call, q url.Values) ([]*flavor, error) {
	low := map[string]int64{}
	for _, name := range []string{"minRam", "minDisk"} {
		if s := q.Get(name); q.Has(name) {
			n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
			if err != nil {
				return nil, refuse(http.StatusBadRequest, "Invalid %s filter [%s]", name, s)
			}
			low[name] = n
		}
	}
	public, err := c.wantsPublic(q)
	if err != nil {
		return nil, err
	}
	var list []*flavor
	for f := range c.cloud.compute.flavors.All() {
		shown := public == nil || *public == !f.private || *public && f.private && slices.Contains(f.projects, c.project())
		if shown && f.mayUse(c) && f.RAM >= low["minRam"] && f.Disk >= low["minDisk"] {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b *flavor) int { return compareFlavors(cmp.Or(q.Get("sort_key"), "flavorid"), a, b) })
	if q.Get("sort_dir") == "desc" {
		slices.Reverse(list)
	}
	return list, nil
}

// wantsPublic reads is_public, which is an administrator's to choose; nil: both
// kinds.
func (c *call) wantsPublic(q url.Values) (*bool, error) {
	if !q.Has("is_public") || !c.admin() {
		public := true
		return &public, nil
	}
	word := q.Get("is_public")
	if strings.EqualFold(word, "none") {
		return nil, nil
	}
	public, valid := asBool(word)
	if !valid {
		return nil, refuse(http.StatusBadRequest, "Invalid is_public filter [%s]", word)
	}
	return &public, nil
}

func compareFlavors(key string, a, b *flavor) int {
	switch key {
	case "name":
		return strings.Compare(a.Name, b.Name)
	case "memory_mb":
		return cmp.Compare(a.RAM, b.RAM)
	case "vcpus":
		return cmp.Compare(a.VCPUs, b.VCPUs)
	case "root_gb":
		return cmp.Compare(a.Disk, b.Disk)
	case "ephemeral_gb":
		return cmp.Compare(a.Ephemeral, b.Ephemeral)
	case "swap":
		return cmp.Compare(a.Swap, b.Swap)
	case "id", "created_at":
		return cmp.Compare(a.number, b.number)
	}
	return strings.Compare(a.ID, b.ID)
}
