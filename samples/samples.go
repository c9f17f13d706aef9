// Package samples holds inputs people can run; the demo carries them along.
package samples

import _ "embed"

// Contractors is a desired-state CSV for the sandbox's source "HR Contractors".
//
//go:embed contractors.csv
var Contractors []byte
