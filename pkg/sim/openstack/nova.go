package openstack

import (
	"net/http"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// compute is the state of Nova.
type compute struct {
	servers    sim.Table[*server]
	past       sim.Table[*server]  // deleted ones
	keypairs   sim.Table[*keypair] // by user and name; they belong to users
	groups     sim.Table[*serverGroup]
	flavors    sim.Table[*flavor]
	hosts      sim.Table[*computeHost] // by name
	aggregates sim.Table[*aggregate]
	migrations sim.Table[*migration]

	made, flavorsMade int // so far
	aggregatesMade    int64
}

// novaTime is the form of moments in the bodies of servers, and novaLong the
// one of launched_at and its like.
const (
	novaTime = "2006-01-02T15:04:05Z"
	novaLong = "2006-01-02T15:04:05.000000"
)

func moment(t time.Time, form string) string { return t.UTC().Truncate(time.Second).Format(form) }

// novaDialect is the common dialect with Nova's own content types.
type novaDialect struct{ versioned }

func (d novaDialect) headers(c *call, h http.Header) {
	d.versioned.headers(c, h)
	if h.Get("Content-Type") == "" { // also of an empty answer
		h.Set("Content-Type", "application/json")
	}
}

func (d novaDialect) refuse(c *call, r *refusal) *reply {
	if r.status == http.StatusUnauthorized {
		return d.versioned.refuse(c, r)
	}
	return d.versioned.refuse(c, r).set("Content-Type", "application/json; charset=UTF-8")
}

func startNova(c *Cloud) error {
	face, err := theNovaInterface()
	if err != nil {
		return err
	}
	offer := c.profile.Services["compute"]
	s := c.addService("compute", "nova", "/compute", novaDialect{newVersioned("compute", "X-OpenStack-Nova-API-Version", offer, version{2, 1})})
	s.onPublic("GET /{$}", novaVersions)
	for _, path := range []string{"/v2.1", "/v2.1/{$}"} {
		s.onPublic("GET "+path, novaVersion("v2.1"))
	}
	s.onPublic("GET /v2/{$}", novaVersion("v2.0"))
	on := func(pattern string, h handler) {
		method, path, _ := strings.Cut(pattern, " ")
		s.on(method+" /v2.1"+path, face.guard(pattern, h))
	}
	c.compute.offer(c)
	c.compute.rack(c)
	zoneRoutes(on)
	aggregateRoutes(on)
	serviceRoutes(on)
	hypervisorRoutes(on)
	migrationRoutes(on)
	flavorRoutes(on)
	keypairRoutes(on)
	serverGroupRoutes(on)
	computeQuotaRoutes(on)
	serverRoutes(on)
	usageRoutes(on)
	proxyRoutes(on)
	otherComputeRoutes(face, on)
	return nil
}

// anotherServers is a name of /servers from the days when servers that boot
// from volumes were another thing.
const anotherServers = "/os-volumes_boot"

// serverRoutes registers what is about servers.
func serverRoutes(on func(string, handler)) {
	for _, path := range []string{"/servers", anotherServers} {
		on("GET "+path, listServers(false))
		on("GET "+path+"/detail", listServers(true))
		on("POST "+path, createServer)
		on("GET "+path+"/{id}", withServer(showServer))
		on("PUT "+path+"/{id}", withServer(updateServer))
		on("DELETE "+path+"/{id}", withServer(deleteServer))
		on("POST "+path+"/{id}/action", actOnServer)
	}
	serverMetadataRoutes(on)
	serverTagRoutes(on)
	serverVolumeRoutes(on)
	serverInterfaceRoutes(on)
	serverPartRoutes(on)
}

// withServer finds the server in the path.
func withServer(h func(*call, *server) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		s, err := c.oneServer(c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return h(c, s)
	}
}

// withPastServer finds the server in the path, since 2.21 also a deleted one.
func withPastServer(h func(*call, *server) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		s, err := c.oneServer(c.PathValue("id"))
		if past, there := c.cloud.compute.past.Get(c.PathValue("id")); there && c.version.since(2, 21) && (past.project == c.project() || c.admin()) {
			s, err = past, nil
		}
		if err != nil {
			return nil, err
		}
		return h(c, s)
	}
}

func (c *call) oneServer(id string) (*server, error) {
	s, there := c.cloud.compute.servers.Get(id)
	if !there || s.project != c.project() && !c.admin() {
		return nil, refuse(http.StatusNotFound, "Instance %s could not be found.", id)
	}
	return s, nil
}

func novaVersionDoc(c *call, id string, links bool) map[string]any {
	d, _ := c.service.dialect.(novaDialect)
	doc := map[string]any{"id": id, "status": "CURRENT", "version": d.max.String(), "min_version": d.min.String(), "updated": "2013-07-23T11:33:21Z"}
	if id == "v2.0" {
		doc["status"], doc["version"], doc["min_version"], doc["updated"] = "SUPPORTED", "", "", "2011-01-21T11:33:21Z"
	}
	list := []any{map[string]any{"rel": "self", "href": c.url("/" + strings.Replace(id, "v2.0", "v2", 1) + "/")}}
	if links {
		list = append(list, map[string]any{"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
		kind := "application/vnd.openstack.compute+json;version=" + strings.TrimSuffix(strings.TrimPrefix(id, "v"), ".0")
		doc["media-types"] = []any{map[string]any{"base": "application/json", "type": kind}}
	}
	doc["links"] = list
	return doc
}

func novaVersions(c *call) (*reply, error) {
	return ok(map[string]any{"versions": []any{novaVersionDoc(c, "v2.0", false), novaVersionDoc(c, "v2.1", false)}}), nil
}

func novaVersion(id string) handler {
	return func(c *call) (*reply, error) {
		return ok(map[string]any{"version": novaVersionDoc(c, id, true)}), nil
	}
}

// selfLinks are the links of a flavor or a server.
func selfLinks(c *call, path string) []any {
	return []any{map[string]any{"rel": "self", "href": c.url("/v2.1" + path)}, map[string]any{"rel": "bookmark", "href": c.url(path)}}
}

func bookmark(c *call, path string) []any {
	return []any{map[string]any{"rel": "bookmark", "href": c.url(path)}}
}
