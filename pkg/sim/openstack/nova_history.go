package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// A historyEntry is what was asked of a server, for os-instance-actions.
type historyEntry struct {
	name, request, user, project string
	host                         string // where it happened
	start, end                   time.Time
	failed                       bool
	why                          string
	steps                        []string // of what failed: as far as it came
}

// fail marks what came to nothing, and at which step: the last of these.
func (h *historyEntry) fail(why string, steps ...string) {
	h.failed, h.why, h.steps = true, why, steps
}

// note remembers what was asked, and when it will be done.
func (s *server) note(c *call, name string, end time.Time) *historyEntry {
	h := &historyEntry{name: name, request: c.id, user: c.token.user.id, project: c.project(), host: s.host, start: c.now, end: end}
	s.history = append(s.history, h)
	return h
}

// historyEvents are the steps of an action, where they have other names than
// compute_ACTION_instance.
var historyEvents = map[string][]string{
	"create": {"compute__do_build_and_run_instance"}, "delete": {"compute_terminate_instance"}, "createImage": {"compute_snapshot_instance"},
	"createBackup": {"compute_backup_instance"}, "resize": {"conductor_migrate_server", "compute_prep_resize", "compute_resize_instance", "compute_finish_resize"},
	"migrate":       {"conductor_migrate_server", "compute_prep_resize", "compute_resize_instance", "compute_finish_resize"},
	"confirmResize": {"compute_confirm_resize"}, "revertResize": {"compute_revert_resize", "compute_finish_revert_resize"},
	"live-migration": {"conductor_live_migrate_instance", "compute_check_can_live_migrate_destination", "compute_pre_live_migration", "compute_post_live_migration_at_destination"},
	"evacuate":       {"conductor_rebuild_server", "compute_rebuild_instance"}, "attach_volume": {"compute_attach_volume"}, "detach_volume": {"compute_detach_volume"},
	"swap_volume": {"compute_swap_volume"}, "attach_interface": {"compute_attach_interface"}, "detach_interface": {"compute_detach_interface"},
	"changePassword": {"compute_set_admin_password"}, "lock": {"api_lock"}, "unlock": {"api_unlock"}, "resetState": {},
}

// listInstanceActions tells what was asked of a server, newest first.
func listInstanceActions(c *call, s *server) (*reply, error) {
	q := c.URL.Query()
	list := slices.Clone(s.history)
	slices.Reverse(list)
	if err := changesInOrder(q.Get("changes-since"), q.Get("changes-before")); err != nil && c.version.since(2, 66) {
		return nil, err
	}
	if c.version.since(2, 58) {
		list = slices.DeleteFunc(list, func(h *historyEntry) bool {
			return !within(h.updated(c.now), q.Get("changes-since"), q.Get("changes-before"))
		})
	}
	body := map[string]any{}
	if c.version.since(2, 58) {
		marker := q.Get("marker")
		if marker != "" && !slices.ContainsFunc(list, func(h *historyEntry) bool { return h.request == marker }) {
			return nil, refuse(http.StatusBadRequest, "marker [%s] not found", marker)
		}
		page, next, err := novaPage(c, list, func(h *historyEntry) string { return h.request }, "/servers/"+s.id+"/os-instance-actions", false)
		if err != nil {
			return nil, err
		}
		if list = page; next != nil {
			body["links"] = next
		}
	}
	out := []any{}
	for _, h := range list {
		out = append(out, c.historyBody(s, h))
	}
	body["instanceActions"] = out
	return ok(body), nil
}

// changesInOrder refuses an interval that ends before it begins.
func changesInOrder(since, before string) error {
	from, hasFrom := parseTime(since)
	to, hasTo := parseTime(before)
	if hasFrom && hasTo && to.Before(from) {
		return refuse(http.StatusBadRequest, "The value of changes-since must be less than or equal to changes-before.")
	}
	return nil
}

// within tells whether a moment is between two others; an empty one does not
// matter. What changed later within the last second came too late: a simulated
// cloud does in a second what takes others many.
func within(t time.Time, since, before string) bool {
	if from, given := parseTime(since); given && t.Before(from) {
		return false
	}
	to, given := parseTime(before)
	return !given || !t.After(to)
}

// updated is when an action began, or was done.
func (h *historyEntry) updated(now time.Time) time.Time {
	if h.end.After(now) {
		return h.start
	}
	return h.end
}

func (c *call) historyBody(s *server, h *historyEntry) map[string]any {
	body := map[string]any{"action": h.name, "instance_uuid": s.id, "request_id": h.request, "user_id": h.user, "project_id": h.project,
		"start_time": moment(h.start, novaLong), "message": nil}
	if h.failed {
		body["message"] = "Error"
	}
	if c.version.since(2, 58) {
		body["updated_at"] = moment(h.updated(c.now), novaLong)
	}
	return body
}

func showInstanceAction(c *call, s *server) (*reply, error) {
	i := slices.IndexFunc(s.history, func(h *historyEntry) bool { return h.request == c.PathValue("request") })
	if i < 0 {
		return nil, refuse(http.StatusNotFound, "Action %s not found", c.PathValue("request"))
	}
	h := s.history[i]
	body := c.historyBody(s, h)
	if events := c.permit("os_compute_api:os-instance-actions:events") == nil; events || c.version.since(2, 51) {
		names, own := historyEvents[h.name]
		if !own {
			names = []string{"compute_" + h.name + "_instance"}
		}
		if h.failed {
			names = h.steps
		}
		list := []any{}
		for i, name := range slices.Backward(names) {
			list = append(list, c.eventBody(s, h, name, h.failed && i == len(names)-1, events))
		}
		body["events"] = list
	}
	return ok(map[string]any{"instanceAction": body}), nil
}

// eventBody is a step of an action; where and why is not for everybody.
func (c *call) eventBody(s *server, h *historyEntry, name string, failed, all bool) map[string]any {
	body := map[string]any{"event": name, "start_time": moment(h.start, novaLong), "finish_time": nil, "result": nil}
	if !h.end.After(c.now) {
		body["finish_time"], body["result"] = moment(h.end, novaLong), map[bool]string{false: "Success", true: "Error"}[failed]
	}
	host := cmp.Or(h.host, s.host)
	if h.failed { // what fails here fails where the scheduler is asked
		host = controlHost
	}
	if c.version.since(2, 62) {
		body["hostId"] = s.hostIDOn(host)
	}
	if c.version.since(2, 84) && c.permit("os_compute_api:os-instance-actions:events:details") == nil {
		body["details"] = nil
		if failed {
			body["details"] = h.why
		}
	}
	if all {
		body["traceback"] = nil
		if c.version.since(2, 62) {
			body["host"] = host
		}
	}
	return body
}
