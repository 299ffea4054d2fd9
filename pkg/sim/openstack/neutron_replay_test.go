package openstack

import (
	"testing"
)

// topics are the recordings of fixtures/lab/openstack/record_network.py: each
// begins with nothing. What differs on purpose, and why, is beside it.
var topics = map[string]map[string]string{
	"pool":  {"pool-create-scope-version": "the message has the id that the pool would have had"},
	"trunk": {},
}

// TestReplayNetworkTopics compares every value of every answer, but for what
// cannot be equal.
func TestReplayNetworkTopics(t *testing.T) {
	for _, cloud := range []string{"real-a"} {
		for topic, expected := range topics {
			t.Run(cloud+"/"+topic, func(t *testing.T) {
				r := newReplayer(t, cloud, "network-"+topic, "/network", "9696")
				r.sets = true
				r.loose = append(r.loose, "mac_address", "fqdn", "hostname", "standard_attr_id")
				tokens := map[string]string{"": r.token, "admin": r.login("admin", "admin"), "other": r.login("demo2", "demo2")}
				r.meet(cloud, topic)
				for _, e := range recorded(t, cloud, "network-"+topic) {
					r.token = tokens[e.Request.As]
					r.play(e)
				}
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
		if e.Request.Method != "POST" || len(body) != 1 {
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
