package openstack

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func (n *network) segmentAttributes() []attribute {
	return []attribute{
		{name: "id", may: "vfs"},
		{name: "tenant_id", may: "c", def: unset, conv: asItIs},
		{name: "project_id", may: "c", def: unset, conv: asItIs},
		{name: "network_id", may: "cvfsr", conv: toUUID},
		{name: "physical_network", may: "cvfs", def: unset, conv: orNone(toText(64))},
		{name: "network_type", may: "cvfsr", conv: toText(32)},
		{name: "segmentation_id", may: "cvs", def: unset, conv: orNone(toNumber)},
		{name: "name", may: "cuvfs", def: unset, conv: orNone(toText(255))},
		{name: "description", may: "cuvfs", ext: "standard-attr-segment", def: "", conv: toText(255)},
		{name: "created_at", may: "vs", ext: "standard-attr-segment"},
		{name: "updated_at", may: "vs", ext: "standard-attr-segment"},
		{name: "revision_number", may: "vfs", ext: "standard-attr-segment"},
	}
}

// wire is how a segment is carried: what an administrator says about a network
// as provider:network_type and so on.
type wire struct {
	kind, physical string
	number         int64 // 0: none
}

var wireKeys = []string{"provider:network_type", "provider:physical_network", "provider:segmentation_id"}

// wires reads what the body says about the segments of a new network; nil: the
// cloud chooses.
func (n *network) wires(doc map[string]any) ([]wire, error) {
	read := func(m map[string]any) (wire, bool) {
		w := wire{kind: text(m[wireKeys[0]]), physical: text(m[wireKeys[1]])}
		w.number, _ = asInt(m[wireKeys[2]])
		return w, w != wire{}
	}
	single, given := read(doc)
	list, many := doc["segments"].([]any)
	switch {
	case given && many:
		return nil, invalidInput("Plugin does not support updating provider attributes")
	case given:
		return []wire{single}, nil
	}
	var all []wire
	for _, item := range list {
		m, _ := item.(map[string]any)
		w, _ := read(m)
		all = append(all, w)
	}
	return all, nil
}

// giveSegments makes the segments of a new network.
func (n *network) giveSegments(c *call, net *netObject) error {
	wires, err := n.wires(net.attrs)
	if err != nil {
		return err
	}
	for _, key := range append(slices.Clone(wireKeys), "segments") {
		delete(net.attrs, key)
	}
	if len(wires) == 0 {
		wires = []wire{{kind: cmp.Or(n.cloud.profile.Behaviour.Network.Type, "geneve")}}
	}
	var made []*netObject
	for _, w := range wires {
		s, err := n.segment(c, net.id, w)
		if err != nil {
			for _, s := range made {
				n.drop(c, s)
			}
			return err
		}
		made = append(made, s)
	}
	return nil
}

// rewire changes the number of a VLAN, the one thing about how a network is
// carried that can be changed (neutron's ML2 plugin, _update_segmentation_id).
func (n *network) rewire(net *netObject, change map[string]any) error {
	have := map[string]any{}
	n.viewWires(net.id, have)
	for _, key := range wireKeys[:2] {
		if v := change[key]; v != nil && v != have[key] {
			return invalidInput("Plugin does not support updating the following provider network attributes: %s", strings.Join(wireKeys[:2], ", "))
		}
		delete(change, key)
	}
	number, _ := asInt(change[wireKeys[2]])
	delete(change, wireKeys[2])
	list := n.segments.in(net.id)
	if number == 0 || len(list) != 1 || list[0].attrs["segmentation_id"] == number {
		return nil
	}
	s := list[0]
	if s.text("network_type") != "vlan" {
		return invalidInput("Only VLAN type networks can be updated.")
	}
	w := wire{"vlan", s.text("physical_network"), number}
	if err := checkVLAN(w); err != nil {
		return err
	}
	if _, err := n.chooseWire(w); err != nil {
		return err
	}
	s.attrs["segmentation_id"] = number
	return nil
}

// segment makes one segment; what the wish leaves open is chosen.
func (n *network) segment(c *call, net string, w wire) (*netObject, error) {
	w, err := n.chooseWire(w)
	if err != nil {
		return nil, err
	}
	attrs := map[string]any{"network_id": net, "network_type": w.kind, "physical_network": orNull(w.physical), "segmentation_id": nil, "name": nil, "description": nil}
	if w.number > 0 {
		attrs["segmentation_id"] = w.number
	}
	s := n.object(c, n.segments, "", attrs)
	s.revision = 0
	n.segments.put(s)
	return s, nil
}

// numberRange returns the numbers that the cloud gives to a type of network.
func numberRange(kind string) (first, last int64) {
	if kind == "vlan" {
		return 100, 199
	}
	return 1, 10000
}

func (n *network) chooseWire(w wire) (wire, error) {
	own := cmp.Or(n.cloud.profile.Behaviour.Network.Type, "geneve")
	switch w.kind {
	case "":
		return w, invalidInput("network_type required")
	case "flat":
		return n.flat(w)
	case "local":
		return w, nil
	case "vlan":
		if err := checkVLAN(w); err != nil {
			return w, err
		}
		w.physical = cmp.Or(w.physical, "physnet1")
	case own:
		if w.physical != "" {
			return w, invalidInput("provider:physical_network specified for %s network", w.kind)
		}
	default:
		return w, invalidInput("network_type value '%s' not supported", w.kind)
	}
	taken := n.numbers(w)
	if w.number > 0 {
		if taken[w.number] {
			if w.kind == "vlan" {
				return w, netConflict("VlanIdInUse", "Unable to create the network. The VLAN %d on physical network %s is in use.", w.number, w.physical)
			}
			return w, netConflict("TunnelIdInUse", "Unable to create the network. The tunnel ID %d is in use.", w.number)
		}
		return w, nil
	}
	first, last := numberRange(w.kind)
	w.number = first
	for taken[w.number] {
		w.number++
	}
	if w.number > last {
		return w, refuseAs(http.StatusServiceUnavailable, "NoNetworkAvailable", "Unable to create the network. No available network found in maximum allowed attempts.")
	}
	return w, nil
}

func (n *network) numbers(w wire) map[int64]bool {
	taken := map[int64]bool{}
	for s := range n.segments.objects.All() {
		if s.text("network_type") == w.kind && s.text("physical_network") == w.physical {
			number, _ := s.attrs["segmentation_id"].(int64)
			taken[number] = true
		}
	}
	return taken
}

func (n *network) flat(w wire) (wire, error) {
	switch {
	case w.physical == "":
		return w, invalidInput("physical_network required for flat provider network")
	case w.number > 0:
		return w, invalidInput("segmentation_id prohibited for flat provider network")
	}
	for s := range n.segments.objects.All() {
		if s.text("network_type") == "flat" && s.text("physical_network") == w.physical {
			return w, netConflict("FlatNetworkInUse", "Unable to create the flat network. Physical network %s is in use.", w.physical)
		}
	}
	return w, nil
}

func checkVLAN(w wire) error {
	switch {
	case w.physical != "" && w.physical != "physnet1":
		return invalidInput("physical_network '%s' unknown for VLAN provider network", w.physical)
	case w.physical == "" && w.number > 0:
		return invalidInput("segmentation_id requires physical_network for VLAN provider network")
	case w.number > 4094 || w.number < 0:
		return invalidInput("segmentation_id out of range (1 through 4094)")
	}
	return nil
}

// viewWires shows an administrator how a network is carried.
func (n *network) viewWires(net string, v map[string]any) {
	list := []any{}
	for _, s := range n.segments.in(net) {
		list = append(list, map[string]any{wireKeys[0]: s.attrs["network_type"], wireKeys[1]: s.attrs["physical_network"], wireKeys[2]: s.attrs["segmentation_id"]})
	}
	if len(list) > 1 {
		v["segments"] = list
		for _, key := range wireKeys {
			delete(v, key)
		}
		return
	}
	for _, key := range wireKeys {
		v[key] = nil
		if len(list) == 1 {
			v[key] = list[0].(map[string]any)[key]
		}
	}
}

func (n *network) createSegment(c *call, o *netObject) error {
	net, there := n.networks.objects.Get(o.text("network_id"))
	if !there {
		return n.networks.missing("", o.text("network_id"))
	}
	number, _ := o.attrs["segmentation_id"].(int64)
	w, err := n.chooseWire(wire{o.text("network_type"), o.text("physical_network"), number})
	if err != nil {
		return err
	}
	o.attrs["physical_network"], o.attrs["segmentation_id"] = orNull(w.physical), nil
	if w.number > 0 {
		o.attrs["segmentation_id"] = w.number
	}
	o.project, o.revision = "", 0
	net.touch(c.now)
	return nil
}

func (n *network) removeSegment(_ *call, o *netObject) error {
	for _, s := range n.subnets.in(o.text("network_id")) {
		if s.text("segment_id") == o.id {
			words := fmt.Sprintf("Segment '%s' cannot be deleted: The segment is still associated with subnet(s) %s.", o.id, s.id)
			return netConflict("SegmentInUse", "%s\n%s", words, words) // two parts of the service look
		}
	}
	return nil
}

// checkSegment is for subnets: all of a network's are in segments, or none is.
func (n *network) checkSegment(subnet *netObject) error {
	id := subnet.text("segment_id")
	if id != "" {
		s, there := n.segments.objects.Get(id)
		switch {
		case !there:
			return n.segments.missing("", id)
		case s.text("network_id") != subnet.text("network_id"):
			return refuseAs(http.StatusBadRequest, "NetworkIdsDontMatch", "The subnet's network id, '%s', doesn't match the network_id of segment '%s'", subnet.text("network_id"), id)
		}
	}
	return n.checkAssociated(subnet)
}

func (n *network) checkAssociated(subnet *netObject) error {
	id := subnet.text("segment_id")
	for _, other := range n.subnets.in(subnet.text("network_id")) {
		if other.id != subnet.id && (other.text("segment_id") == "") != (id == "") {
			return refuseAs(http.StatusBadRequest, "SubnetsNotAllAssociatedWithSegments",
				"All of the subnets on network '%s' must either all be associated with segments or all not associated with any segment.", subnet.text("network_id"))
		}
	}
	return nil
}
