//go:build real

package drill

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// A realDrill is a scenario on its way between the lab's projects.
type realDrill struct{ name, from, to, fromTwin, toTwin string }

// realDrills are all of them (make test-real), or tiny and one that a printed
// seed draws.
func realDrills(t *testing.T) []realDrill {
	t.Helper()
	var all []realDrill
	for _, name := range onServers() {
		all = append(all, realDrill{name, "real-a-2", "real-b-2", "real-a", "real-b"}, realDrill{name, "real-b-2", "real-a-2", "real-b", "real-a"},
			realDrill{name, "real-a-2", "real-a", "real-a", "real-a"})
	}
	if os.Getenv("WECHSEL_ALL") != "" {
		return all
	}
	return []realDrill{all[0], all[1+seeded(t).IntN(len(all)-1)]}
}

func realSide(t *testing.T, name string) Side {
	t.Helper()
	c, err := openstack.Open(t.Context(), openstack.Options{Cloud: name, Files: []string{cloudsFile(t)}})
	if err != nil {
		t.Fatalf("%v (start the lab with make lab-up)", err)
	}
	return Side{Name: name, Cloud: c, Calls: c.Calls}
}

// realOptions are those of a drill between two projects of the lab.
func realOptions(t *testing.T, name, from, to string) Options {
	t.Helper()
	s, err := scenario.Load(scenarios.FS(), name, scenario.Options{Schemas: openstack.Schemas()})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Second)
	t.Cleanup(tick.Stop)
	return Options{
		ID: "r" + time.Now().UTC().Format("150405"), Dir: t.TempDir(), Workload: s.Set, UserData: s.UserData,
		From: realSide(t, from), To: realSide(t, to), Bytes: true, Now: time.Now, Tick: tick.C,
	}
}

// On the real cloud too, each single change is seen as exactly that change.
func TestRealNoBlindness(t *testing.T) {
	ports := map[string]string{"compute": "8774", "network": "9696", "volume": "8776", "identity": "5000"}
	u := &user{t: t, computeVersion: "2.79", url: func(path string) string {
		service, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		return "http://127.0.0.12:" + ports[service] + "/" + rest
	}}
	u.logIn("demo2", "lab", "demo2")
	o := realOptions(t, "web-shop", "real-a-2", "real-b-2")
	mutate(t, o, u, func() { <-o.Tick })
}

// On the real cloud too, no property that a tenant chooses is overlooked. The
// drill goes to a project of the same cloud, and takes minutes.
func TestProofNothingIsOverlooked(t *testing.T) {
	o, l := realOptions(t, "vm-zoo", "real-a-2", "real-a"), &liar{}
	var err error
	if o.To.Cloud, err = openstack.Open(t.Context(), openstack.Options{Cloud: "real-a", Files: []string{cloudsFile(t)},
		Transport: cloud.NewTransport(cloud.TransportOptions{Base: l})}); err != nil {
		t.Fatal(err)
	}
	lieAboutAll(t, o, l)
}

func twinsOf(t *testing.T, d realDrill) *world {
	t.Helper()
	if d.fromTwin == d.toTwin {
		return newWorldOfOne(t, d.fromTwin, 1)
	}
	return newWorld(t, d.fromTwin, d.toTwin, 1)
}

// A drill between two real clouds has the verdict of the drill between their
// simulated twins: the same outcomes and the same gaps. Both projects must be
// empty before, and an administrator finds the same ids and the same use of
// quota in them after.
func TestRealDrillIsAsOnTheTwins(t *testing.T) {
	for _, d := range realDrills(t) {
		t.Run(fmt.Sprintf("%s, %s to %s", d.name, d.from, d.to), func(t *testing.T) {
			twins := twinsOf(t, d)
			o, asOnTwins := realOptions(t, d.name, d.from, d.to), twins.options(t, d.name)
			o.Workload, o.UserData = asOnTwins.Workload, asOnTwins.UserData // with the names that things have on this source
			lab := labOf(t, d.from, d.to)
			before := lab.estates(t)
			measured := run(t, o)
			lab.sameAs(t, before)
			for _, stage := range measured.Stages {
				t.Logf("%-16s %7.1f s %5d requests", stage.Name, stage.Seconds, stage.Calls)
			}
			if d.fromTwin == d.toTwin {
				onlyUnread(t, measured)
			}
			simulated := twins.options(t, d.name)
			simulated.From.MTU, simulated.To.MTU = o.From.MTU, o.To.MTU // what a real cloud does not tell its tenants cannot be foretold
			want, got := verdict(t, run(t, simulated)), verdict(t, measured)
			sameLines(t, "on the real clouds", "on the twins", got, want)
			t.Log("\n" + strings.Join(got, "\n"))
		})
	}
}
