package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"io"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
)

func main() {
	ctx := context.Background()
	t0 := time.Now()
	lap := func(s string) { fmt.Fprintln(os.Stderr, s, time.Since(t0).Round(time.Millisecond)) }
	must := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "ERR", err)
			os.Exit(1)
		}
	}
	c, err := openstack.Open(ctx, openstack.Options{Cloud: os.Args[1]})
	must(err)
	cat, err := c.Catalogue(ctx)
	must(err)
	lap("catalogue")
	s, err := scenario.Load(os.DirFS("scenarios"), os.Args[2], scenario.Options{Schemas: openstack.Schemas()})
	must(err)
	p, err := plan.Build(s.Set, plan.Target{Catalogue: cat, Given: cloud.Given(cat)}, plan.Options{Drill: "scratch", Cloud: "x"})
	must(err)
	data, _ := json.MarshalIndent(p, "", " ")
	os.WriteFile("/tmp/x/plan.json", data, 0o600)
	for _, f := range p.Forecast {
		fmt.Printf("forecast %+v\n", f)
	}
	os.Remove("/tmp/x/journal")
	j, err := deploy.CreateJournal("/tmp/x/journal", "scratch", time.Now)
	must(err)
	r, err := deploy.Run(ctx, deploy.Options{Plan: p, Cloud: c, Journal: j, Stage: "source", Now: time.Now, Tick: time.NewTicker(time.Second).C,
		Content: func(ref resource.Ref) (io.ReadCloser, error) { return io.NopCloser(bundle.Generate(*p.Set.Get(ref).Content)), nil },
		Progress: func(e deploy.Event) { fmt.Fprintln(os.Stderr, e.Step.ID, e.What, e.Why) }})
	must(err)
	lap("deployed")
	for ref, o := range r.Outcomes {
		if o != deploy.Made {
			fmt.Println(ref, o)
		}
	}
	for _, s := range r.Signals {
		fmt.Printf("signal %+v\n", s)
	}
	set, err := inventory.Take(ctx, c, inventory.Options{Drill: "scratch", Keys: r.Keys(), Catalogue: &cat})
	must(err)
	lap("taken")
	data, _ = json.MarshalIndent(set, "", " ")
	os.WriteFile("/tmp/x/set.json", data, 0o600)
	fmt.Println(set.Len())
}
