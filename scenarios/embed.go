// Package scenarios carries the scenarios that come with wechsel: a folder
// each, with scenario.yaml and a HOT template.
package scenarios

import "embed"

// FS returns the folders.
func FS() embed.FS { return files }

//go:embed */*.yaml
var files embed.FS
