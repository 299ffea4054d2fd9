package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/wechsel-project/wechsel/pkg/bundle"
	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/deploy"
	"github.com/wechsel-project/wechsel/pkg/diff"
	"github.com/wechsel-project/wechsel/pkg/inventory"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/profile"
	"github.com/wechsel-project/wechsel/pkg/resource"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/scenarios"
)

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Println("ERROR", err)
		panic(err)
	}
	return v
}

type memlog struct {
	mu sync.Mutex
	r  []deploy.Record
}

func (m *memlog) Append(r deploy.Record) error { m.mu.Lock(); defer m.mu.Unlock(); m.r = append(m.r, r); return nil }
func (m *memlog) Records() []deploy.Record     { m.mu.Lock(); defer m.mu.Unlock(); return append([]deploy.Record{}, m.r...) }

type sink struct {
	bytes.Buffer
	f func([]byte)
}

func (s *sink) Close() error { s.f(s.Bytes()); return nil }

type side struct {
	c    cloud.Cloud
	cat  profile.Catalogue
	name string
}

func main() {
	name, an, bn := os.Args[1], os.Args[2], os.Args[3]
	bytesToo := len(os.Args) > 4
	ctx := context.Background()
	open := func(n string) side {
		c := must(openstack.Open(ctx, openstack.Options{Cloud: n, Files: []string{"/work/main/fixtures/lab/openstack/state/clouds.yaml"}}))
		return side{c, must(c.Catalogue(ctx)), n}
	}
	a, b := open(an), open(bn)
	s := must(scenario.Load(scenarios.FS(), name, scenario.Options{Schemas: openstack.Schemas()}))
	drill := "pl" + fmt.Sprint(time.Now().Unix()%100000)
	tick := time.NewTicker(500 * time.Millisecond)
	run := func(sd side, stage string, p *plan.Plan, content func(resource.Ref) (io.ReadCloser, error), sk func(resource.Ref) (io.WriteCloser, error)) *deploy.Result {
		data := must(json.Marshal(p))
		again := &plan.Plan{}
		if err := json.Unmarshal(data, again); err != nil {
			panic(err)
		}
		r, err := deploy.Run(ctx, deploy.Options{Plan: again, Cloud: sd.c, Journal: &memlog{}, Stage: stage, Content: content, Sink: sk, Now: time.Now, Tick: tick.C,
			Progress: func(e deploy.Event) {
				if e.What == "refused" || e.What == "lost" || e.What == "untested" {
					fmt.Println(stage, e.Step.ID, e.What, e.Why)
				}
			}})
		if err != nil {
			fmt.Println("RUN", stage, err)
		}
		for _, g := range r.Signals {
			fmt.Println(stage, "signal", g.Code, g.Ref, g.Path, g.Effect, g.Message)
		}
		return r
	}
	clean := func(sd side) {
		r, err := deploy.Cleanup(ctx, deploy.CleanupOptions{Cloud: sd.c, Drill: drill, Now: time.Now, Tick: tick.C, Name: sd.name})
		fmt.Println("cleanup", sd.name, len(r.Deleted), r.Left, err)
	}
	defer clean(b)
	defer clean(a)
	gen := func(p *plan.Plan) func(resource.Ref) (io.ReadCloser, error) {
		return func(r resource.Ref) (io.ReadCloser, error) {
			return io.NopCloser(bundle.Generate(*p.Set.Get(r).Content)), nil
		}
	}
	pa := must(plan.Build(s.Set, plan.Target{Catalogue: a.cat, Given: cloud.Given(a.cat)}, plan.Options{Drill: drill, Cloud: a.name}))
	ra := run(a, "source", pa, gen(pa), nil)
	ia := must(inventory.Take(ctx, a.c, inventory.Options{Drill: drill, Keys: ra.Keys(), Catalogue: &a.cat}))
	files := map[resource.Ref][]byte{}
	if bytesToo {
		pr := must(plan.Reads(ia, plan.Target{Catalogue: a.cat, Given: cloud.Given(a.cat)}, plan.Options{Drill: drill, Cloud: a.name}))
		fmt.Println("reads", len(pr.Steps), pr.Needs)
		var mu sync.Mutex
		run(a, "read", pr, nil, func(r resource.Ref) (io.WriteCloser, error) {
			return &sink{f: func(d []byte) { mu.Lock(); files[r] = append([]byte{}, d...); mu.Unlock() }}, nil
		})
		for r, d := range files {
			x := ia.Get(r)
			x.Content = &resource.Content{Size: 1, File: "x", Format: "qcow2"}
			fmt.Println("read", r, len(d))
		}
	}
	if f, err := os.Create("/tmp/plantry/a.json"); err == nil {
		d := must(json.MarshalIndent(ia, "", " "))
		f.Write(d)
		f.Close()
	}
	pb := must(plan.Build(ia, plan.Target{Catalogue: b.cat, Given: cloud.Given(b.cat)}, plan.Options{Drill: drill, Cloud: b.name}))
	for _, d := range pb.Mapping.Decisions {
		fmt.Println("  ", d.Ref, d.Path, d.Rule, d.Effect, d.From, d.To, d.Args)
	}
	for _, c := range pb.Forecast {
		fmt.Println("  !", c.Code, c.Ref, c.Path, c.Effect, c.Args)
	}
	rb := run(b, "target", pb, func(r resource.Ref) (io.ReadCloser, error) {
		img := pb.Set.Get(r)
		for _, of := range img.DerivedFrom {
			if d, ok := files[of]; ok {
				return io.NopCloser(bytes.NewReader(d)), nil
			}
		}
		return io.NopCloser(bytes.NewReader(files[r])), nil
	}, nil)
	ib := must(inventory.Take(ctx, b.c, inventory.Options{Drill: drill, Keys: rb.Keys(), Catalogue: &b.cat}))
	for x := range ib.All() { // content as on A, for this try
		if y := ia.Get(x.Ref); y != nil && y.Content != nil {
			c := *y.Content
			x.Content = &c
		}
	}
	lost, untested := map[resource.Ref]bool{}, map[resource.Ref]bool{}
	for r, o := range rb.Outcomes {
		lost[r] = o == deploy.Lost
		untested[r] = o == deploy.Untested
	}
	res := diff.Compare(ia, ib, pb.Mapping, diff.Options{Joined: true, Lost: lost, Untested: untested, Refusals: rb.Signals})
	for _, c := range res.Changes {
		fmt.Println("  ~", c.Verdict, c.Ref, c.Path, c.Rule, c.Effect, c.Source, "->", c.Target)
	}
	fmt.Println(res.Outcomes)
}
