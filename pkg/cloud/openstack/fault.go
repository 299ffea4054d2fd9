package openstack

import "context"

// explain asks for the faults of failed servers that a list does not tell: those of
// servers without a host are in another database (cell0) than those of the others, and
// a list looks only into the one that the provider's nova-api is set up with. Each is
// asked for once.
func (c *Cloud) explain(ctx context.Context, servers []body) error {
	for _, s := range servers {
		if s.text("status") != "ERROR" || s.object("fault") != nil {
			continue
		}
		fault, err := c.fault(ctx, s)
		if err != nil {
			return err
		}
		if fault != nil {
			s["fault"] = map[string]any(fault)
		}
	}
	return nil
}

// fault is why a server of a list has failed; nil if Nova does not know.
func (c *Cloud) fault(ctx context.Context, s body) (body, error) {
	key := s.text("id") + " " + s.text("updated")
	c.mu.Lock()
	fault, known := c.faults[key]
	c.mu.Unlock()
	if known {
		return fault, nil
	}
	b, err := c.get(ctx, call{op: "read the fault of a server", service: compute, path: "servers/" + s.text("id")})
	if goneIsFine(err) != nil {
		return nil, err
	}
	fault = b.object("server").object("fault")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = map[string]body{}
	}
	c.faults[key] = fault
	return fault, nil
}
