package openstack

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// otherComputeRoutes registers what is about nothing in particular, and what
// is no more.
func otherComputeRoutes(n *novaInterface, on func(string, handler)) {
	on("GET /extensions", listComputeExtensions)
	on("GET /extensions/{alias}", showComputeExtension)
	on("GET /os-console-auth-tokens/{id}", func(c *call) (*reply, error) {
		if err := c.permit("os_compute_api:os-console-auth-tokens"); err != nil {
			return nil, err
		}
		return nil, refuse(http.StatusNotFound, "Token not found")
	})
	on("POST /os-server-external-events", externalEvents)
	for _, pattern := range n.bygone() {
		on(pattern, func(*call) (*reply, error) { return nil, errGone })
	}
}

// bygone are the operations that only say that they are gone.
func (n *novaInterface) bygone() []string {
	var list []string
	for key, ops := range n.operations {
		pattern, action, _ := strings.Cut(key, "/action ")
		if !ops[0].Gone || strings.HasPrefix(key, "POST /servers/{}/action") {
			continue
		}
		if action != "" {
			pattern += "/action"
		}
		for i := 1; strings.Contains(pattern, "{}"); i++ {
			pattern = strings.Replace(pattern, "{}", "{id"+strconv.Itoa(i)+"}", 1)
		}
		list = append(list, pattern)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// externalEvents is how other services tell Nova what they have done; here
// they need not.
func externalEvents(c *call) (*reply, error) {
	if err := c.permit("os_compute_api:os-server-external-events:create"); err != nil {
		return nil, err
	}
	body, _ := c.body.(map[string]any)
	list, _ := body["events"].([]any)
	out, found := []any{}, 0
	for _, item := range list {
		event := copiedMap(argument(item))
		event["status"], event["code"] = "completed", http.StatusOK
		if _, there := c.cloud.compute.servers.Get(text(event["server_uuid"])); !there {
			event["status"], event["code"] = "failed", http.StatusNotFound
		} else {
			found++
		}
		out = append(out, event)
	}
	if found == 0 {
		return nil, refuse(http.StatusNotFound, "No instances found for any event")
	}
	status := http.StatusOK
	if found < len(out) {
		status = http.StatusMultiStatus
	}
	return with(status, map[string]any{"events": out}), nil
}

func copiedMap(m map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, m)
	return out
}

// computeExtensionTexts are the extensions of Nova's API, which have been the
// same in every cloud since 2014.
//
//go:embed nova_extensions.json
var computeExtensionTexts []byte

func computeExtensions() ([]map[string]any, error) {
	var list []map[string]any
	if err := json.Unmarshal(computeExtensionTexts, &list); err != nil {
		return nil, fmt.Errorf("our own list of extensions: %w", err)
	}
	for _, e := range list {
		e["links"], e["namespace"], e["updated"] = []any{}, "http://docs.openstack.org/compute/ext/fake_xml", "2014-12-03T00:00:00Z"
	}
	return list, nil
}

func listComputeExtensions(*call) (*reply, error) {
	list, err := computeExtensions()
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"extensions": list}), nil
}

func showComputeExtension(c *call) (*reply, error) {
	list, err := computeExtensions()
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if e["alias"] == c.PathValue("alias") {
			return ok(map[string]any{"extension": e}), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "The resource could not be found.")
}
