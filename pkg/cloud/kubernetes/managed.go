package kubernetes

import (
	"fmt"
	"strings"
)

// isSet reports whether a client has set the field, and not the cluster: it is
// in managedFields under a manager that is no part of the control plane. The
// path is written as there: "f:spec", "f:ports", `k:{"port":80,"protocol":"TCP"}`.
func isSet(o object, path ...string) bool {
	for _, entry := range objects(o, "metadata", "managedFields") {
		if isControlPlane(text(entry, "manager")) || text(entry, "subresource") != "" {
			continue
		}
		fields, _ := entry["fieldsV1"].(object)
		if value(fields, path...) != nil {
			return true
		}
	}
	return false
}

func isControlPlane(manager string) bool {
	return strings.HasPrefix(manager, "kube-") || manager == "cloud-controller-manager" || strings.HasPrefix(manager, "csi-")
}

// portKey is the key of a Service's port in managedFields.
func portKey(port object) string {
	protocol := text(port, "protocol")
	if protocol == "" {
		protocol = "TCP"
	}
	return fmt.Sprintf(`k:{"port":%d,"protocol":%q}`, number(port, "port"), protocol)
}
