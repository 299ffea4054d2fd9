package profile

// DefaultQuota returns the limit that OpenStack itself sets for a resource
// (Nova's, Neutron's and Cinder's defaults in Zed), named as in [Catalogue];
// -1, no limit, for one that is not known.
func DefaultQuota(resource string) int64 {
	if limit, known := defaultQuota()[resource]; known {
		return limit
	}
	return -1
}

func defaultQuota() map[string]int64 {
	return map[string]int64{
		"compute.instances": 10, "compute.cores": 20, "compute.ram": 51200, "compute.key_pairs": 100,
		"compute.metadata_items": 128, "compute.server_groups": 10, "compute.server_group_members": 10,
		"compute.injected_files": 5, "compute.injected_file_content_bytes": 10240, "compute.injected_file_path_bytes": 255,
		"network.network": 100, "network.subnet": 100, "network.port": 500, "network.router": 10, "network.floatingip": 50,
		"network.security_group": 10, "network.security_group_rule": 100, "network.rbac_policy": 10, "network.subnetpool": -1,
		"block-storage.volumes": 10, "block-storage.snapshots": 10, "block-storage.gigabytes": 1000, "block-storage.backups": 10,
		"block-storage.backup_gigabytes": 1000, "block-storage.groups": 10, "block-storage.per_volume_gigabytes": -1,
	}
}
