package drill

import (
	"slices"
	"testing"

	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// A row is one way in which OpenStack clouds differ, with the kinds of gaps
// that show it, or why these five services cannot show it.
type row struct {
	what  string
	kinds []string
	why   string
}

// taxonomy is what is known from providers' documents and from the issues of
// those who have moved between them. The numbers are those of shown.row.
func taxonomy() map[int]row {
	return map[int]row{
		1:  {what: "flavor name absent", kinds: []string{"compute/flavor-absent", "compute/flavor-replaced"}},
		2:  {what: "flavor of the same name differs", kinds: []string{"compute/flavor-differs"}},
		3:  {what: "flavors without a disk", kinds: []string{"compute/root-volume-added"}},
		4:  {what: "flavor smaller than the image needs", kinds: []string{"compute/flavor-too-small"}},
		5:  {what: "extra specs that tenants do not see", kinds: []string{"compute/no-valid-host"}},
		6:  {what: "image absent", kinds: []string{"image/absent", "image/replaced"}},
		7:  {what: "several images of one name", kinds: []string{"image/ambiguous"}},
		8:  {what: "image properties differ", kinds: []string{"image/properties-differ"}},
		9:  {what: "upload of images forbidden", kinds: []string{"image/upload-forbidden"}},
		10: {what: "disk format not accepted", kinds: []string{"image/format-refused"}},
		11: {what: "import methods differ", why: "bytes are uploaded, which every Glance takes"},
		12: {what: "size of images capped", kinds: []string{"image/too-large"}},
		13: {what: "external network has another name", kinds: []string{"network/external-name"}},
		14: {what: "several or no external networks", kinds: []string{"network/external-ambiguous", "network/external-absent"}},
		15: {what: "no servers on the external network", kinds: []string{"compute/external-attach-forbidden"}},
		16: {what: "floating address cannot be had again", kinds: []string{"network/address-not-kept"}},
		17: {what: "no routers", kinds: []string{"network/feature-absent"}},
		18: {what: "properties that need an extension", kinds: []string{"network/extension-absent"}},
		19: {what: "properties reserved for administrators", kinds: []string{"network/attribute-forbidden"}},
		20: {what: "MTU differs", kinds: []string{"network/mtu-smaller", "network/provider-mtu-smaller"}},
		21: {what: "subnets: resolvers, IPv6", kinds: []string{"network/resolver-replaced", "network/outside-without-ipv6"}},
		22: {what: "address ranges overlap with the provider's", kinds: []string{"network/address-conflict"}},
		23: {what: "default security group differs", kinds: []string{"network/default-group-copied"}},
		24: {what: "security rules not supported", kinds: []string{"network/rule-refused"}},
		25: {what: "port security, further address pairs", kinds: []string{"network/extension-absent", "network/port-security"}},
		26: {what: "floating IPs of ports that are down", why: "shows only in packets: a probe inside the servers is needed"},
		27: {what: "availability zones have other names", kinds: []string{"compute/zone-renamed", "storage/zone-differs", "network/zone-differs"}},
		28: {what: "volumes must be in the server's zone", kinds: []string{"compute/zone-mismatch"}},
		29: {what: "volume types", kinds: []string{"storage/volume-type-default", "storage/volume-type-replaced"}},
		30: {what: "encryption and multiattach not offered", kinds: []string{"storage/encrypted-content", "storage/encryption-lost", "storage/multiattach-lost"}},
		31: {what: "volumes in use cannot be read", kinds: []string{"storage/volume-in-use"}},
		32: {what: "no backups of volumes", why: "no resource of a workload is a backup; the bytes travel as images"},
		33: {what: "volume sizes", kinds: []string{"storage/size-refused"}},
		34: {what: "quotas smaller", kinds: []string{"compute/quota-exceeded", "network/quota-exceeded", "storage/quota-exceeded"}},
		35: {what: "policies of server groups", kinds: []string{"compute/server-group-policy"}},
		36: {what: "microversions", kinds: []string{"compute/microversion-absent"}},
		37: {what: "types of keypairs", kinds: []string{"compute/keypair-refused"}},
		38: {what: "user data cannot be read back", kinds: []string{"compute/user-data-unread"}},
		39: {what: "block device mapping", kinds: []string{"compute/block-device-refused"}},
		40: {what: "load balancer absent", why: "needs Octavia"},
		41: {what: "features of load balancers", why: "needs Octavia"},
		42: {what: "role needed for a service", kinds: []string{"identity/role-missing"}},
		43: {what: "DNS service absent", why: "needs Designate"},
		44: {what: "key manager absent", why: "needs Barbican"},
		45: {what: "object storage differs", why: "needs Swift and S3"},
		46: {what: "orchestration absent", why: "nothing of a workload needs it: templates are read here"},
		47: {what: "shape of the catalogue, regions", why: "a cloud that cannot be opened ends the drill with an error that says so"},
		48: {what: "logins that end or are restricted", why: "end the drill with an error that says so; it can be resumed"},
		49: {what: "rate limits", why: "is waited for, and costs only time"},
		50: {what: "accepted first, and failed later", kinds: []string{"compute/server-failed", "storage/volume-failed"}},
		51: {what: "QoS absent; trunks, VPN and firewalls are not moved", kinds: []string{"network/qos-absent", "network/extension-absent"}},
		52: {what: "console, rescue, resize disabled", why: "an operator's actions, and no part of a workload"},
		53: {what: "config drive", kinds: []string{"compute/config-drive"}},
		54: {what: "certificates of the endpoints", why: "a cloud that cannot be opened ends the drill with an error that says so"},
	}
}

func TestTaxonomyIsShown(t *testing.T) {
	byRow := map[int][]string{53: {"compute/config-drive"}} // TestTwoInventories
	for _, s := range allShown() {
		byRow[s.row] = slices.Concat(byRow[s.row], s.want, s.unfit, s.facts)
	}
	all := taxonomy()
	for n := 1; n <= 54; n++ {
		r := all[n]
		if (r.why == "") == (len(r.kinds) == 0) {
			t.Errorf("%d %s: either kinds, or a reason why there are none", n, r.what)
		}
		for _, kind := range r.kinds {
			if !slices.Contains(byRow[n], kind) {
				t.Errorf("%d %s: nothing shows %s", n, r.what, kind)
			}
		}
	}
	if len(all) != 54 {
		t.Errorf("there are %d rows", len(all))
	}
}

// TestTwoInventories shows what no profile can differ in.
func TestTwoInventories(t *testing.T) {
	w := differentWorld(t, nil, nil)
	o := w.options(t, "tiny")
	loaded, _ := shown{workload: localServer}.load(t)
	o.Workload = loaded.Set
	r := run(t, o)
	for kind, change := range map[string]func(server *resource.Resource){
		"compute/config-drive": func(s *resource.Resource) { s.Spec["config_drive"] = true },
		"compute/power-state":  func(s *resource.Resource) { s.Spec["power"] = "off" },
	} {
		target := r.Target.Clone()
		change(target.Get(resource.Ref{Type: "OS::Nova::Server", Key: "server"}))
		result := diff.Compare(r.Source, target, r.Plan.Mapping, diff.Options{Joined: true})
		var got []string
		for _, g := range classify(t, result.Signals) {
			if !ofEveryExit(g) {
				got = append(got, g.Kind)
			}
		}
		if !slices.Equal(got, []string{kind}) {
			t.Errorf("got %q, want %s", got, kind)
		}
	}
}
