package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/wechsel-project/wechsel/pkg/drill"
	"github.com/wechsel-project/wechsel/pkg/gap"
	"github.com/wechsel-project/wechsel/pkg/report"
)

func (a *app) predictCommand() *cli.Command {
	return &cli.Command{
		Name: "predict", Usage: "say what would break, without creating anything", ArgsUsage: "SCENARIO…",
		Description: `Reads both clouds' catalogues and plans the move. A forecast is not a
measurement: wechsel run measures.

Example:
  wechsel predict web-shop --from my-cloud --to other-cloud`,
		Flags:  append([]cli.Flag{fromFlag(), toFlag(), layersFlag(layersAuto), configFlag(), failOnFlag(), a.clusterProgramFlag()}, reportFlags()...),
		Action: a.predict,
	}
}

func (a *app) predict(c *cli.Context) error {
	names, err := atLeastOne(c, "scenario")
	if err != nil {
		return err
	}
	out, err := reportOutput(c)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, a.predictOne(request{Scenario: name, From: c.String("from"), To: c.String("to"), Config: c.String("config"), Layers: c.String("layers")}, out))
	}
	return errors.Join(errs...)
}

func (a *app) predictOne(r request, out output) error {
	j, err := a.prepare(&r)
	if err != nil {
		return err
	}
	if err := a.sayNotRun(r, out); err != nil {
		return err
	}
	a.sayNotes(j.scenario, out)
	ctx, done := a.interruptible(func() {}, func() { a.Exit(exitInterrupted) })
	defer done()
	source, target, err := a.connectBoth(ctx, r.From, r.To, j.config, wantedBy(j.scenario, nil))
	if err != nil {
		return err
	}
	defer source.close()
	defer target.close()
	from, to := source.Side, target.Side
	workload, err := workloadOf(ctx, j.scenario, source)
	if err != nil {
		return err
	}
	p, err := drill.Predict(ctx, workload, from, to, rules(j.scenario))
	if err != nil {
		return err
	}
	words, err := loadWords(out.lang)
	if err != nil {
		return err
	}
	forecast := report.Forecast(report.About{
		Scenario: j.scenario.Name, Titles: gap.Text(j.scenario.Title), From: from, To: to, Version: version(), Expected: expected(j.scenario, r.To), NotRun: r.NotRun,
	}, p, words)
	if err := forecast.Write(a.Out, out.format, out.style(words)); err != nil {
		return err
	}
	return out.judge(forecast)
}
