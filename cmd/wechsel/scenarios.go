package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/cloud/openstack"
	"github.com/wechsel-project/wechsel/pkg/plan"
	"github.com/wechsel-project/wechsel/pkg/scenario"
	"github.com/wechsel-project/wechsel/pkg/suggest"
	"github.com/wechsel-project/wechsel/scenarios"
)

const configFile = "wechsel.yaml"

// loadConfig reads the user's names for clouds; without a file there are none.
func loadConfig(name string) (*scenario.Config, error) {
	given := name != ""
	data, err := os.ReadFile(firstOf(name, configFile))
	if errors.Is(err, fs.ErrNotExist) && !given {
		return &scenario.Config{}, nil
	}
	if err != nil {
		return nil, &usage{err}
	}
	config, err := scenario.LoadConfig(firstOf(name, configFile), data)
	if err != nil {
		return nil, &usage{err}
	}
	return config, nil
}

// loadScenario reads a scenario as the cloud from wants it; without one, as
// the scenario's own default does.
func loadScenario(name, from string, config *scenario.Config) (*scenario.Scenario, error) {
	s, err := readScenario(name, scenario.Options{Schemas: openstack.Schemas(), From: from,
		Parameters: func(from string) (map[string]any, error) { return parametersOf(from, config) }})
	if err != nil {
		return nil, &usage{err}
	}
	return s, nil
}

// parametersOf are the values that a cloud has for scenarios' parameters: the
// user's, and below them those of a simulated cloud's profile.
func parametersOf(name string, config *scenario.Config) (map[string]any, error) {
	out := map[string]any{}
	if strings.HasPrefix(name, simulated) {
		p, err := loadProfile(name)
		if err != nil {
			return nil, err
		}
		for parameter, value := range p.Parameters {
			out[parameter] = value
		}
	}
	maps.Copy(out, config.Clouds[name].Values())
	return out, nil
}

// readScenario takes a folder or a file if there is one of this name, else
// what the binary carries.
func readScenario(name string, o scenario.Options) (*scenario.Scenario, error) {
	if _, err := os.Stat(name); err == nil {
		return scenario.Load(os.DirFS(filepath.Dir(name)), filepath.Base(name), o)
	}
	known, err := carried()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(known, name) {
		return nil, errors.New("there is no scenario, folder or file " + name + suggest.Nearest(name, known) + "; `wechsel list` shows the scenarios that the program carries")
	}
	return scenario.Load(scenarios.FS(), name, o)
}

// carried are the names of the scenarios in the binary.
func carried() ([]string, error) {
	entries, err := fs.ReadDir(scenarios.FS(), ".")
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func rules(s *scenario.Scenario) []plan.Rule {
	out := make([]plan.Rule, len(s.Rules))
	for i, r := range s.Rules {
		out[i] = plan.Rule(r)
	}
	return out
}

// expected are the kinds of gaps that the scenario knows for this target.
func expected(s *scenario.Scenario, to string) []string {
	var kinds []string
	for _, e := range s.Expect {
		if e.To == "" || e.To == to {
			kinds = append(kinds, e.Gap)
		}
	}
	return kinds
}
