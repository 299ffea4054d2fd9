package openstack

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// listInstanceActions tells what was asked of a server, newest first.
func listInstanceActions(c *call, s *server) (*reply, error) {
	q, list := c.URL.Query(), []any{}
	for _, a := range slices.Backward(s.actions) {
		if within(a.start, q.Get("changes-since"), q.Get("changes-before")) {
			list = append(list, c.actionBody(s, a))
		}
	}
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 && c.version.since(2, 58) {
		list = list[:min(n, len(list))]
	}
	return ok(map[string]any{"instanceActions": list}), nil
}

// within tells whether a moment is between two others; an empty one does not
// matter.
func within(t time.Time, since, before string) bool {
	from, err := time.Parse(time.RFC3339, since)
	if err == nil && t.Before(from) {
		return false
	}
	to, err := time.Parse(time.RFC3339, before)
	return err != nil || !t.After(to)
}

func (c *call) actionBody(s *server, a serverAction) map[string]any {
	body := map[string]any{"action": a.name, "instance_uuid": s.id, "request_id": a.request, "user_id": a.user, "project_id": s.project,
		"start_time": moment(a.start, novaLong), "message": nil}
	if c.version.since(2, 58) {
		body["updated_at"] = moment(s.updated(c.now), novaLong)
	}
	return body
}

func showInstanceAction(c *call, s *server) (*reply, error) {
	for _, a := range s.actions {
		if a.request != c.PathValue("request") {
			continue
		}
		body := c.actionBody(s, a)
		event := map[string]any{"event": "compute_" + a.name, "start_time": moment(a.start, novaLong), "finish_time": moment(s.updated(c.now), novaLong), "result": "Success"}
		if c.version.since(2, 62) {
			event["hostId"] = hostID(s)
		}
		body["events"] = []any{event}
		return ok(map[string]any{"instanceAction": body}), nil
	}
	return nil, refuse(http.StatusNotFound, "Action for request_id %s on instance %s not found", c.PathValue("request"), s.id)
}
