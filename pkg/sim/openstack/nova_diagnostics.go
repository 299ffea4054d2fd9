package openstack

import "net/http"

// showDiagnostics tells an administrator what the hypervisor measures: always
// the same of a machine that never ran.
func showDiagnostics(c *call, s *server) (*reply, error) {
	if err := c.permit("os_compute_api:os-server-diagnostics"); err != nil {
		return nil, err
	}
	if s.host == "" {
		return nil, refuse(http.StatusConflict, "Instance %s is not ready", s.id)
	}
	if vm := s.state(c.now).vm; vm != "active" {
		return nil, refuse(http.StatusConflict, "Cannot 'get_diagnostics' instance %s while it is in vm_state %s", s.id, vm)
	}
	if !c.version.since(2, 48) {
		return ok(map[string]any{"cpu0_time": 17300000000, "memory": s.flavor.RAM << 10, "vda_errors": -1, "vda_read": 262144, "vda_read_req": 112, "vda_write": 5778432,
			"vda_write_req": 488, "vnet1_rx": 2070139, "vnet1_rx_drop": 0, "vnet1_rx_errors": 0, "vnet1_rx_packets": 26701, "vnet1_tx": 140208, "vnet1_tx_drop": 0,
			"vnet1_tx_errors": 0, "vnet1_tx_packets": 662}), nil
	}
	cpus, nics, disks := []any{}, []any{}, []any{}
	for i := range s.flavor.VCPUs {
		cpus = append(cpus, map[string]any{"id": i, "time": 17300000000, "utilisation": 15})
	}
	for _, p := range c.portsOf(s) {
		nics = append(nics, map[string]any{"mac_address": p.text("mac_address"), "rx_octets": 2070139, "rx_errors": 0, "rx_drop": 0, "rx_packets": 26701, "rx_rate": 300,
			"tx_octets": 140208, "tx_errors": 0, "tx_drop": 0, "tx_packets": 662, "tx_rate": 600})
	}
	for range max(1, len(s.disks)) {
		disks = append(disks, map[string]any{"read_bytes": 262144, "read_requests": 112, "write_bytes": 5778432, "write_requests": 488, "errors_count": 0})
	}
	return ok(map[string]any{"state": "running", "driver": "libvirt", "hypervisor": "kvm", "hypervisor_os": "linux", "uptime": int64(c.now.Sub(s.launched).Seconds()),
		"config_drive": s.drive != "", "num_cpus": len(cpus), "num_nics": len(nics), "num_disks": len(disks), "disk_details": disks, "cpu_details": cpus,
		"nic_details": nics, "memory_details": map[string]any{"maximum": s.flavor.RAM, "used": 0}}), nil
}
