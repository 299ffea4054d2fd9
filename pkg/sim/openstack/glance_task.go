package openstack

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A task is what Glance does after it has answered: an import, of an
// administrator's or behind an image.
type task struct {
	id, kind, owner, user, request string
	image                          string // id; empty for an administrator's own
	input                          map[string]any
	result                         any
	message                        string // at the end
	life                           sim.Life[string]
	created                        time.Time
}

const taskLife = 48 * time.Hour // [task] task_time_to_live

func taskRoutes(s *service) {
	s.on("GET /v2/tasks", listTasks)
	s.on("POST /v2/tasks", createTask)
	s.on("GET /v2/tasks/{id}", showTask)
	s.on("GET /v2/images/{id}/tasks", listImageTasks)
}

func (t *task) summary(now time.Time) map[string]any {
	b := map[string]any{"id": t.id, "type": t.kind, "status": t.life.At(now), "owner": t.owner, "created_at": t.created.Format(glanceTime),
		"updated_at": t.life.Since(now).Format(glanceTime), "self": "/v2/tasks/" + t.id, "schema": "/v2/schemas/task"}
	if t.done(now) {
		b["expires_at"] = t.life.End().Add(taskLife).Format(glanceTime)
	}
	return b
}

func (t *task) done(now time.Time) bool {
	status := t.life.At(now)
	return status == "success" || status == "failure"
}

func (t *task) body(now time.Time) map[string]any {
	b := t.summary(now)
	b["input"], b["result"], b["message"] = t.input, nil, ""
	if t.done(now) {
		b["result"], b["message"] = t.result, t.message
	}
	b["image_id"], b["request_id"], b["user_id"] = orNull(t.image), t.request, t.user
	return b
}

func mayTask(c *call) error {
	if !c.may("tasks_api_access", "admin") {
		return notAuthorized("tasks_api_access")
	}
	return nil
}

func listTasks(c *call) (*reply, error) {
	if err := mayTask(c); err != nil {
		return nil, err
	}
	q := c.URL.Query()
	limit, err := c.imageLimit(q)
	if err != nil {
		return nil, err
	}
	key := cmp.Or(q.Get("sort_key"), "created_at")
	if !slices.Contains([]string{"created_at", "expires_at", "status", "type", "updated_at", "id"}, key) {
		return nil, refuse(http.StatusBadRequest, "Sort key supplied was not valid.")
	}
	var list []*task
	for t := range c.cloud.image.tasks.All() {
		if matchesAll(q, map[string]string{"status": t.life.At(c.now), "type": t.kind, "owner": t.owner}) {
			list = append([]*task{t}, list...)
		}
	}
	if marker := q.Get("marker"); marker != "" {
		at := slices.IndexFunc(list, func(t *task) bool { return t.id == marker })
		if at < 0 {
			return nil, refuse(http.StatusNotFound, "Could not find task %s", marker)
		}
		list = list[at+1:]
	}
	more := len(list) >= limit && limit > 0
	bodies := []any{}
	for _, t := range list[:min(limit, len(list))] {
		bodies = append(bodies, t.summary(c.now))
	}
	page := map[string]any{"tasks": bodies, "schema": "/v2/schemas/tasks"}
	q.Del("marker")
	page["first"] = withQuery("/v2/tasks", q)
	if more {
		q.Set("marker", list[limit-1].id)
		page["next"] = withQuery("/v2/tasks", q)
	}
	return ok(page), nil
}

func showTask(c *call) (*reply, error) {
	if err := mayTask(c); err != nil {
		return nil, err
	}
	t, there := c.cloud.image.tasks.Get(c.PathValue("id"))
	if !there {
		return nil, refuse(http.StatusNotFound, "Could not find task %s", c.PathValue("id"))
	}
	return ok(t.body(c.now)), nil
}

// createTask begins an import from somewhere else, which nothing here can
// reach.
func createTask(c *call) (*reply, error) {
	if err := mayTask(c); err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	form := object(map[string]schema{"type": {types: []string{"string"}, enum: []any{"import", "api_image_import"}}, "input": {types: []string{"object", "null"}}}, "type", "input")
	if _, _, wrong := form.violation("", doc); wrong != "" {
		return nil, refuse(http.StatusBadRequest, "Provided object does not match schema 'task': %s", wrong)
	}
	input, _ := doc["input"].(map[string]any)
	for _, needed := range []string{"import_from", "import_from_format", "image_properties"} {
		if _, there := input[needed]; !there {
			return nil, refuse(http.StatusBadRequest, "Input does not contain '%s' field", needed)
		}
	}
	t := c.beginTask("import", "", input)
	t.end("failure", c.now.Add(time.Second), "Task failed due to Internal Error: "+text(input["import_from"])+" cannot be reached")
	return with(http.StatusCreated, t.body(c.now)).set("Location", c.url("/v2/tasks/"+t.id)), nil
}

func (c *call) beginTask(kind, image string, input map[string]any) *task {
	t := &task{id: c.cloud.Objects.UUID(), kind: kind, owner: c.project(), user: c.token.user.id, request: c.id, image: image, input: input,
		created: c.now, life: sim.Steady(c.now, "pending")}
	c.cloud.image.tasks.Put(t.id, t.owner, t)
	return t
}

// end says how a task ends, and when.
func (t *task) end(status string, when time.Time, message string) {
	t.life = sim.Begin(t.created, "processing", when.Sub(t.created)).Then(status)
	t.message = message
}

// listImageTasks lists the imports of an image, as the database has them.
func listImageTasks(c *call) (*reply, error) {
	im, err := c.oneImage()
	if err != nil {
		return nil, refuse(http.StatusNotFound, "The resource could not be found.")
	}
	list := []any{}
	for t := range c.cloud.image.tasks.All() {
		if t.image != im.id {
			continue
		}
		b := t.body(c.now)
		delete(b, "self")
		delete(b, "schema")
		for _, moment := range []string{"created_at", "updated_at", "expires_at"} {
			if when, err := time.Parse(glanceTime, text(b[moment])); err == nil {
				b[moment] = when.Format(cinderTime)
			}
		}
		b["deleted_at"], b["deleted"] = nil, false
		if !t.done(c.now) {
			b["expires_at"] = nil
		}
		list = append(list, b)
	}
	return ok(map[string]any{"tasks": list}), nil
}

// copiedMessage is how an import sums itself up.
func copiedMessage(bytes int64) string { return "Copied " + strconv.FormatInt(bytes>>20, 10) + " MiB" }
