// Package scenarios carries the scenarios that come with wechsel: a folder
// each, with scenario.yaml, a HOT template, manifests and charts.
package scenarios

import "embed"

// FS returns the folders.
func FS() embed.FS { return files }

//go:embed all:*/*
var files embed.FS
