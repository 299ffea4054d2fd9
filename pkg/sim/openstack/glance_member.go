package openstack

import (
	"net/http"
	"slices"
	"time"
)

// A member is a project that somebody else's image is shared with.
type member struct {
	project, status  string // pending, accepted, rejected
	created, updated time.Time
}

func (m *member) body(im *image) map[string]any {
	return map[string]any{"member_id": m.project, "image_id": im.id, "status": m.status, "schema": "/v2/schemas/member",
		"created_at": m.created.Format(glanceTime), "updated_at": m.updated.Format(glanceTime)}
}

// sharedImage returns the image in the path; the half of Glance that is about
// members and tags has its own words for one that is not there.
func (c *call) sharedImage() (*image, error) {
	im, err := c.oneImage()
	if err != nil {
		return nil, refuse(http.StatusNotFound, "Image %s not found.", c.PathValue("id"))
	}
	return im, nil
}

func listImageMembers(c *call) (*reply, error) {
	im, err := c.sharedImage()
	if err != nil {
		return nil, err
	}
	if im.visibility != "shared" {
		return nil, refuse(http.StatusForbidden, "Not allowed to list members for image %s: Only shared images have members.", im.id)
	}
	list := []any{}
	for _, p := range im.memberOrder {
		if im.owner == c.project() || c.admin() || p == c.project() {
			list = append(list, im.members[p].body(im))
		}
	}
	return ok(map[string]any{"members": list, "schema": "/v2/schemas/members"}), nil
}

func addImageMember(c *call) (*reply, error) {
	im, err := c.sharedImage()
	if err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	named, there := doc["member"]
	project := text(named)
	switch {
	case !there:
		return nil, refuse(http.StatusBadRequest, "Member to be added not specified")
	case project == "":
		return nil, refuse(http.StatusBadRequest, "Member can't be empty")
	case im.visibility != "shared" || im.owner != c.project() && !c.admin():
		return nil, refuse(http.StatusForbidden, "Not allowed to create members for image %s.", im.id)
	case im.members[project] != nil:
		return nil, refuse(http.StatusConflict, "Member %s is duplicated for image %s", project, im.id)
	}
	if err := tooManyOf("members for this image", len(im.members)+1); err != nil {
		return nil, err
	}
	now := c.now.Truncate(time.Second)
	m := &member{project: project, status: "pending", created: now, updated: now}
	im.members[project], im.memberOrder = m, append(im.memberOrder, project)
	return ok(m.body(im)), nil
}

// oneImageMember returns the member in the path as far as the caller may see it.
func (c *call) oneImageMember() (*image, *member, error) {
	im, err := c.sharedImage()
	if err != nil {
		return nil, nil, err
	}
	id := c.PathValue("member")
	m := im.members[id]
	if m == nil || im.owner != c.project() && id != c.project() && !c.admin() {
		return nil, nil, refuse(http.StatusNotFound, "%s not found in the member list of the image %s.", id, im.id)
	}
	return im, m, nil
}

func showImageMember(c *call) (*reply, error) {
	im, m, err := c.oneImageMember()
	if err != nil {
		return nil, err
	}
	return ok(m.body(im)), nil
}

// updateImageMember is how the other side accepts.
func updateImageMember(c *call) (*reply, error) {
	im, m, err := c.oneImageMember()
	if err != nil {
		return nil, err
	}
	doc, _ := c.body.(map[string]any)
	status, given := doc["status"].(string)
	switch {
	case !given:
		return nil, refuse(http.StatusBadRequest, "Status not specified")
	case m.project != c.project() && !c.admin():
		return nil, refuse(http.StatusForbidden, "Not allowed to update members for image %s.", im.id)
	case !slices.Contains([]string{"pending", "accepted", "rejected"}, status):
		return nil, refuse(http.StatusBadRequest, "Status must be \"pending\", \"accepted\" or \"rejected\".")
	}
	m.status, m.updated = status, c.now.Truncate(time.Second)
	return ok(m.body(im)), nil
}

func removeImageMember(c *call) (*reply, error) {
	im, m, err := c.oneImageMember()
	if err != nil {
		return nil, err
	}
	if im.owner != c.project() && !c.admin() {
		return nil, refuse(http.StatusForbidden, "Not allowed to delete members for image %s.", im.id)
	}
	delete(im.members, m.project)
	im.memberOrder = slices.DeleteFunc(im.memberOrder, func(p string) bool { return p == m.project })
	return empty(http.StatusNoContent), nil
}
