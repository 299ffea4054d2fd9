package openstack

import "net/http"

// resizeServer gives a server another flavor, which is to be confirmed.
func resizeServer(c *call, s *server, arg map[string]any) (*reply, error) {
	f, there := c.cloud.flavor(pyStr(arg["flavorRef"]))
	switch {
	case !there:
		return nil, refuse(http.StatusBadRequest, "Flavor %s could not be found.", pyStr(arg["flavorRef"]))
	case f.ID == s.flavor.ID:
		return nil, refuse(http.StatusBadRequest, "When resizing, instances must change flavor!")
	case f.Disk == 0 && s.flavor.Disk != 0 && s.image != "":
		return nil, refuse(http.StatusBadRequest, "Resize to zero disk flavor is not allowed.")
	}
	if err := c.checkComputeQuota(0, 0, 0); err != nil {
		return nil, err
	}
	old := s.flavor
	rep, err := c.change(s, transition{"resize", []string{"active", "stopped"}, "resize_prep", "resized", powerRunning})
	if err != nil {
		return nil, err
	}
	s.flavor, s.before = f, &old
	return rep, nil
}

// endResize keeps the new flavor, or takes the old one back.
func endResize(word string, back bool) serverActionHandler {
	return func(c *call, s *server, _ map[string]any) (*reply, error) {
		task := "resize_confirming"
		if back {
			task = "resize_reverting"
		}
		rep, err := c.change(s, transition{word, []string{"resized"}, task, "active", powerRunning})
		if err != nil {
			return nil, err
		}
		if back && s.before != nil {
			s.flavor = *s.before
		}
		s.before = nil
		if !back {
			rep = empty(http.StatusNoContent)
		}
		return rep, nil
	}
}
