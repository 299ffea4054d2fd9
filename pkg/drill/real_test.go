//go:build real

package drill

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

// ways are those between the lab's projects, with the simulated twins.
func ways() [][4]string {
	all := [][4]string{{"real-a-2", "real-b-2", "real-a", "real-b"}, {"real-b-2", "real-a-2", "real-b", "real-a"}, {"real-a-2", "real-a", "real-a", "real-a"}}
	if os.Getenv("WECHSEL_ALL") != "" { // make proof-real
		return all
	}
	return all[:1]
}

func realScenarios() []string {
	if os.Getenv("WECHSEL_ALL") != "" {
		return []string{"tiny", "web-shop", "unnamed"}
	}
	return []string{"tiny"}
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

// A drill between two real clouds has the verdict of the drill between their
// simulated twins: the same outcomes and the same gaps. Both projects must be
// empty before, and are after.
func TestRealDrillIsAsOnTheTwins(t *testing.T) {
	for _, name := range realScenarios() {
		for _, way := range ways() {
			t.Run(fmt.Sprintf("%s, %s to %s", name, way[0], way[1]), func(t *testing.T) {
				measured := run(t, realOptions(t, name, way[0], way[1]))
				for _, stage := range measured.Stages {
					t.Logf("%-16s %7.1f s %5d requests", stage.Name, stage.Seconds, stage.Calls)
				}
				twins := newWorld(t, way[2], way[3], 1)
				want, got := verdict(t, run(t, twins.options(t, name))), verdict(t, measured)
				for _, line := range got {
					if !slices.Contains(want, line) {
						t.Errorf("only on the real clouds: %s", line)
					}
				}
				for _, line := range want {
					if !slices.Contains(got, line) {
						t.Errorf("only on the twins: %s", line)
					}
				}
				t.Log("\n" + strings.Join(got, "\n"))
			})
		}
	}
}
