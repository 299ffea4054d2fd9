package main

import (
	"fmt"
	"runtime/debug"

	apimachineryversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/component-base/compatibility"
)

// An emulated version tells its own release where the real one tells that of the
// program: a server of 1.36 that serves the API of 1.34 says in gitVersion
// "v1.34.0+emulated.by.v1.36.3", since that is what clients (kubectl, Helm charts)
// decide by. Nothing else of it differs.
type emulated struct {
	compatibility.EffectiveVersion
}

// Info is what /version answers.
func (v emulated) Info() *apimachineryversion.Info {
	info := *v.EffectiveVersion.Info()
	info.GitVersion, info.GitCommit, info.GitTreeState = release(), "", ""
	if as := v.EmulationVersion(); as.Minor() != v.BinaryVersion().Minor() {
		info.Major, info.Minor = fmt.Sprint(as.Major()), fmt.Sprint(as.Minor())
		info.GitVersion = fmt.Sprintf("v%d.%d.0+emulated.by.%s", as.Major(), as.Minor(), release())
	}
	return &info
}

// release is the version of Kubernetes that the program was built with. Kubernetes
// itself knows it by flags of its own linker scripts only.
func release() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range build.Deps {
			if m.Path == "k8s.io/kubernetes" {
				return m.Version
			}
		}
	}
	return "v0.0.0"
}
