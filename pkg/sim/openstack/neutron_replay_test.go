package openstack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// topics are the recordings of fixtures/lab/openstack/record_network.py: each
// begins with nothing. What differs on purpose, and why, is beside it.
var topics = map[string]map[string]string{
	"admin":  {"network-default": "whose id the provider has given"},
	"pool":   {"pool-create-scope-version": "the message has the id that the pool would have had"},
	"trunk":  {},
	"router": {},
	"group": {
		"rule-update": "a defect of the service: 500",
		"if-match":    "the service counts more than the changes that a client makes",
	},
	"rbac": {
		"create-object-404|create-by-other|qos-share-refused|-in-use": "the service names functions and their addresses",
		"network-wildcard-unshare":                                    "the service counts the cloud's own ports in another project's subnet",
	},
	"subnet": {"create-routes-keys|create-pools-not-list": "the order of keys"},
	"port":   {},
	"fip": {
		"create-qos-404":       "a defect of the service: 500",
		"forward-create-fip":   "the service looks for collisions first",
		"forwards-sorted":      "the order cannot be chosen, which the service says in other words",
		"forward-update-range": "the service's answer still has the port before the change",
	},
	"qos": {
		"^list": "a defect of the service: the refused second default takes the first one's place",
		"^tags": "a path of nothing, in which the service looks for a body",
	},
	"lists": {"if-match": "the service counts more than the changes that a client makes"},
}

// byChance are differences that are none: what ids decide (the order of a
// list, and which of several is named), and addresses and numbers that a cloud
// chooses.
var byChance = regexp.MustCompile(`_links|still attached|ports still in use|dns_assignment|fixed_ips|segmentation_id|floating_ip_address|` +
	`Cannot (associate|create)|^(forwards-page|by-substring|slash|minimum-create-above|ports-six|by-ip-allocation)`)

// TestReplayNetworkTopics compares every value of every answer, but for what
// cannot be equal.
func TestReplayNetworkTopics(t *testing.T) {
	for _, cloud := range []string{"real-a"} {
		for topic, expected := range topics {
			t.Run(cloud+"/"+topic, func(t *testing.T) {
				r := newReplayer(t, cloud, "network-"+topic, "/network", "9696")
				r.sets = true
				r.loose = append(r.loose, "mac_address", "fqdn", "hostname", "standard_attr_id", "external_fixed_ips")
				if topic != "pool" && topic != "trunk" { // the service counts more than the changes that a client makes
					r.loose = append(r.loose, "revision_number")
				}
				tokens := map[string]string{"": r.token, "admin": r.login("admin", "admin"), "other": r.login("demo2", "demo2")}
				r.meet(cloud, topic)
				for _, e := range recorded(t, cloud, "network-"+topic) {
					r.token = tokens[e.Request.As]
					before := len(r.diffs)
					r.play(e)
					if strings.HasPrefix(e.name, "public") { // what the provider has is the profile's business
						r.diffs = r.diffs[:before]
					}
				}
				r.diffs = slices.DeleteFunc(r.diffs, byChance.MatchString)
				r.settle(expected)
			})
		}
	}
}

// meet learns whose ids the projects of a topic's recording are.
func (r *replayer) meet(cloud, topic string) {
	users := map[string]string{"": "demo", "admin": "admin", "other": "demo2"}
	for _, e := range recorded(r.T, cloud, "network-"+topic) {
		body, _ := e.Response.Body.(map[string]any)
		if e.Request.Method != http.MethodPost || len(body) != 1 {
			continue
		}
		for _, v := range body {
			o, _ := v.(map[string]any)
			sent, _ := e.Request.Body.(map[string]any)
			given, _ := sent[sortedKeys(body)[0]].(map[string]any)
			if id := text(o["project_id"]); id != "" && given["project_id"] == nil {
				r.ids[id] = r.cloud.identity.project(cloud, users[e.Request.As]).id
			}
		}
	}
}
