package openstack

import "github.com/wechsel-project/wechsel/pkg/cloud"

// CloudNames returns the names of the clouds in the clouds.yaml that counts,
// sorted; none if there is no such file.
func CloudNames() ([]string, error) {
	file, known, err := findCloud(nil, "")
	if file == "" {
		return nil, nil
	}
	return known, err
}

// Calls returns what was sent to the cloud so far, by stage and service.
func (c *Cloud) Calls() []cloud.Calls { return c.transport.Calls() }
