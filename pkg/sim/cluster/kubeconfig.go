package cluster

// Kubeconfig is the content of a kubeconfig for clusters by name, ready to be
// marshalled as JSON or YAML: a context for each, the first one current.
func Kubeconfig(names []string, clusters map[string]*Cluster) map[string]any {
	var servers, users, contexts []any
	for _, name := range names {
		c := clusters[name]
		servers = append(servers, map[string]any{"name": name, "cluster": map[string]any{
			"server": c.Server, "certificate-authority-data": []byte(c.CertificateAuthority),
		}})
		users = append(users, map[string]any{"name": name, "user": map[string]any{"token": c.Token}})
		contexts = append(contexts, map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": name}})
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": names[0],
		"clusters": servers, "users": users, "contexts": contexts,
	}
}
