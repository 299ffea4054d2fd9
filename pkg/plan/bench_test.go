package plan

import (
	"fmt"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A large workload: per server a port, a volume and an attachment.
func BenchmarkBuild(b *testing.B) {
	const servers = 10_000
	set := resource.NewSet(openstack.Schemas(), named(flavor, "SCS-2V-4-20"), named(image, "Debian 12"),
		own(network, "n", specs{}), own(subnet, "sub", specs{"network": ref(network, "n"), "cidr": "10.0.0.0/16"}), own(secGroup, "g", specs{}))
	for i := range servers {
		key := func(kind string) string { return fmt.Sprintf("%s-%05d", kind, i) }
		s, p, v := ref(server, key("s")), ref(port, key("p")), ref(volume, key("v"))
		set.Put(own(port, key("p"), specs{"network": ref(network, "n"), "mac_address": "fa:16:3e:00:00:00", "security_groups": []resource.Value{ref(secGroup, "g")},
			"fixed_ips": []resource.Value{specs{"subnet": ref(subnet, "sub"), "ip_address": "10.0.0.1"}}}))
		set.Put(own(server, key("s"), specs{"flavor": ref(flavor, "SCS-2V-4-20"), "image": ref(image, "Debian-12"), "networks": []resource.Value{specs{"port": p}},
			"availability_zone": "nova", "metadata": specs{"role": "web"}}))
		set.Put(own(volume, key("v"), specs{"size": int64(1), "availability_zone": "nova"}))
		set.Put(childOf(s, own(attachment, key("a"), specs{"instance_uuid": s, "volume_id": v})))
	}
	set = asRead(set, alpha())
	target := target(beta())
	for b.Loop() {
		if _, err := Build(set, target, Options{Cloud: "beta"}); err != nil {
			b.Fatal(err)
		}
	}
}
