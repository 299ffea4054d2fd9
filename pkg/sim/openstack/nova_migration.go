package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A migration is one way of a server from host to host.
type migration struct {
	number           int
	uuid, kind       string // kind: resize, migrate, live-migration, evacuation
	server           *server
	user, project    string
	from, to, status string
	flavors          [2]int // numbers of the flavors before and after
	created, changed time.Time
	later            *bool // set it to call a live migration off
}

func (m *migration) finish(status string, now time.Time) { m.status, m.changed = status, now }

// inProgress tells whether a live migration can still be seen and stopped.
func (m *migration) inProgress() bool {
	return m.kind == "live-migration" && slices.Contains([]string{"queued", "preparing", "running", "post-migrating"}, m.status)
}

func migrationRoutes(on func(string, handler)) {
	on("GET /os-migrations", listMigrations)
	const path = "/servers/{id}/migrations"
	on("GET "+path, withServer(listServerMigrations))
	on("GET "+path+"/{number}", withServer(showServerMigration))
	on("DELETE "+path+"/{number}", withServer(abortMigration))
	on("POST "+path+"/{number}/action", withServer(completeMigration))
}

// newMigration begins one; before 2.59 its number is its id.
func (c *call) newMigration(s *server, kind, to string) *migration {
	n := &c.cloud.compute
	m := &migration{number: n.migrations.Len() + 1, uuid: c.cloud.Objects.UUID(), kind: kind, server: s, user: c.token.user.id, project: c.project(),
		from: s.host, to: to, status: "migrating", created: c.now, changed: c.now}
	if kind == "migrate" {
		m.kind = "migration"
	}
	if f, there := n.flavors.Get(s.flavor.ID); there {
		m.flavors = [2]int{f.number, f.number}
	}
	n.migrations.Put(strconv.Itoa(m.number), "", m)
	return m
}

// endMigration closes the one that waited for confirmation.
func (c *call) endMigration(s *server, status string) {
	for m := range c.cloud.compute.migrations.All() {
		if m.server == s && m.status == "finished" {
			m.finish(status, c.now)
		}
	}
}

func (c *call) migrationBody(m *migration) map[string]any {
	body := map[string]any{"id": m.number, "source_compute": m.from, "dest_compute": orNull(m.to), "source_node": m.from, "dest_node": orNull(m.to),
		"dest_host": "127.0.0.1", "old_instance_type_id": m.flavors[0], "new_instance_type_id": m.flavors[1], "instance_uuid": m.server.id, "status": m.status,
		"created_at": moment(m.created, novaLong), "updated_at": moment(m.changed, novaLong)}
	if c.version.since(2, 23) {
		body["migration_type"] = m.kind
		if m.inProgress() {
			body["links"] = selfLinks(c, "/servers/"+m.server.id+"/migrations/"+strconv.Itoa(m.number))
		}
	}
	c.migrationNewer(m, body)
	return body
}

func (c *call) migrationNewer(m *migration, body map[string]any) {
	if c.version.since(2, 59) {
		body["uuid"] = m.uuid
	}
	if c.version.since(2, 80) {
		body["user_id"], body["project_id"] = m.user, m.project
	}
}

func listMigrations(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-migrations:index"); err != nil {
		return nil, err
	}
	q := c.URL.Query()
	var list []*migration
	for m := range c.cloud.compute.migrations.All() {
		if _, there := c.cloud.compute.servers.Get(m.server.id); !there && !q.Has("instance_uuid") {
			continue
		}
		if m.matches(q.Get) && (!c.version.since(2, 59) || within(m.changed.Truncate(time.Second), q.Get("changes-since"), q.Get("changes-before"))) {
			list = append(list, m)
		}
	}
	body := map[string]any{}
	if c.version.since(2, 59) { // newest first, in pages
		slices.Reverse(list)
		page, next, err := novaPage(c, list, func(m *migration) string { return m.uuid }, "/os-migrations", false)
		if err != nil {
			return nil, err
		}
		if list = page; next != nil && q.Has("limit") {
			body["migrations_links"] = next
		}
	}
	out := []any{}
	for _, m := range list {
		out = append(out, c.migrationBody(m))
	}
	body["migrations"] = out
	return ok(body), nil
}

// matches tests a migration against a query.
func (m *migration) matches(get func(string) string) bool {
	for name, have := range map[string][]string{"instance_uuid": {m.server.id}, "status": {m.status}, "migration_type": {m.kind}, "source_compute": {m.from},
		"host": {m.from, m.to}, "user_id": {m.user}, "project_id": {m.project}} {
		if want := get(name); want != "" && !slices.Contains(have, want) {
			return false
		}
	}
	return true
}

// progressBody is a live migration on its way.
func (c *call) progressBody(m *migration) map[string]any {
	body := map[string]any{"created_at": moment(m.created, novaLong), "dest_compute": m.to, "dest_host": "127.0.0.1", "dest_node": m.to, "id": m.number,
		"server_uuid": m.server.id, "source_compute": m.from, "source_node": m.from, "status": m.status, "updated_at": moment(m.changed, novaLong)}
	for _, what := range []string{"disk", "memory"} {
		for _, part := range []string{"processed", "remaining", "total"} {
			body[what+"_"+part+"_bytes"] = 0
		}
	}
	c.migrationNewer(m, body)
	return body
}

func listServerMigrations(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:migrations:index"); err != nil {
		return nil, err
	}
	list := []any{}
	for m := range c.cloud.compute.migrations.All() {
		if m.server == s && m.inProgress() {
			list = append(list, c.progressBody(m))
		}
	}
	return ok(map[string]any{"migrations": list}), nil
}

// oneMigration asks the policy and finds the migration of the server.
func (c *call) oneMigration(s *server, rule string) (*migration, error) {
	if err := c.permit("os_compute_api:servers:migrations:" + rule); err != nil {
		return nil, err
	}
	m, there := c.cloud.compute.migrations.Get(c.PathValue("number"))
	if !there || m.server != s {
		return nil, refuse(http.StatusNotFound, "Migration %s not found for instance %s", c.PathValue("number"), s.id)
	}
	return m, nil
}

func showServerMigration(c *call, s *server) (*reply, error) {
	id := c.PathValue("number")
	m, err := c.oneMigration(s, "show")
	switch {
	case err != nil && asRefusal(err).status == http.StatusNotFound:
		return nil, refuse(http.StatusNotFound, "In-progress live migration %s is not found for server %s.", id, s.id)
	case err != nil:
		return nil, err
	case m.kind != "live-migration":
		return nil, refuse(http.StatusNotFound, "Migration %s for server %s is not live-migration.", id, s.id)
	case !m.inProgress():
		return nil, refuse(http.StatusNotFound, "Live migration %s for server %s is not in progress.", id, s.id)
	}
	return ok(map[string]any{"migration": c.progressBody(m)}), nil
}

// abortMigration leaves a server where it is.
func abortMigration(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:migrations:delete"); err != nil {
		return nil, err
	}
	if st := s.state(c.now); st.task != "migrating" {
		return nil, refuse(http.StatusConflict, "Cannot 'abort live migration' instance %s while it is in task_state %s", s.id, pyRepr(orNull(st.task)))
	}
	m, err := c.oneMigration(s, "delete")
	if err != nil {
		return nil, err
	}
	if m.later != nil {
		*m.later = true
	}
	s.second = nil
	st := s.state(c.now)
	st.task = ""
	s.life = sim.Steady(c.now, st)
	m.finish("cancelled", c.now)
	s.note(c, "live_migration_cancel", c.now)
	return empty(http.StatusAccepted), nil
}

func completeMigration(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:servers:migrations:force_complete"); err != nil {
		return nil, err
	}
	if st := s.state(c.now); st.task != "migrating" {
		return nil, refuse(http.StatusConflict, "Cannot 'force_complete' instance %s while it is in task_state %s", s.id, pyRepr(orNull(st.task)))
	}
	m, err := c.oneMigration(s, "force_complete")
	switch {
	case err != nil && asRefusal(err).status == http.StatusNotFound:
		return nil, refuse(http.StatusBadRequest, "%s", asRefusal(err).message)
	case err != nil:
		return nil, err
	case m.status != "running":
		return nil, refuse(http.StatusBadRequest, "Migration %d state of instance %s is %s. Cannot force_complete while the migration is in this state.", m.number, s.id, m.status)
	}
	s.note(c, "live_migration_force_complete", c.now)
	return empty(http.StatusAccepted), nil
}
