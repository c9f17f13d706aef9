package main

import (
	"runtime/debug"
	"testing"
)

func TestVCS(t *testing.T) {
	t.Parallel()
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "4d21587"}, {Key: "vcs.time", Value: "2026-11-29T20:00:00Z"}, {Key: "vcs.modified", Value: "false"}}
	if commit, date := vcs(settings); commit != "4d21587" || date != "2026-11-29T20:00:00Z" {
		t.Errorf("clean: %q, %q", commit, date)
	}
	settings[2].Value = "true"
	if commit, _ := vcs(settings); commit != "4d21587+dirty" {
		t.Errorf("modified: %q", commit)
	}
	if commit, date := vcs(nil); commit != "" || date != "" {
		t.Errorf("no work tree: %q, %q", commit, date)
	}
}
