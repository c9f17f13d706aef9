package main

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The pipelines of deploy/ci plan with a token that may only read, keep the
// plan for a day, and apply exactly that plan by hand.
func TestPipelines(t *testing.T) {
	t.Parallel()
	all := files(t, "deploy/ci/*.yml")
	type step struct {
		Run  string
		Uses string
		Env  map[string]string
		With map[string]any
	}
	var actions struct {
		On   map[string]any
		Jobs map[string]struct {
			Environment string
			Permissions map[string]string
			Steps       []step
		}
	}
	if err := yaml.Unmarshal([]byte(all["deploy/ci/github-actions.yml"]), &actions); err != nil {
		t.Fatal(err)
	}
	plan, apply := actions.Jobs["plan"], actions.Jobs["apply"]
	if actions.On["pull_request"] == nil || actions.On["workflow_dispatch"] == nil || apply.Environment != "production" || plan.Permissions["contents"] != "read" {
		t.Errorf("the workflow is not as it is to be: %+v", actions)
	}
	for _, s := range plan.Steps {
		if strings.Contains(s.Run, "accountsync apply") || strings.Contains(s.Run, "accountsync sync") || strings.Contains(s.Env["SAIL_CLIENT_SECRET"], "WRITE") {
			t.Errorf("the job that plans may write: %+v", s)
		}
		if strings.HasPrefix(s.Uses, "actions/upload-artifact") && s.With["retention-days"] != 1 {
			t.Errorf("the plan is kept for longer than a day: %+v", s)
		}
	}
	var lab map[string]any
	if err := yaml.Unmarshal([]byte(all["deploy/ci/gitlab-ci.yml"]), &lab); err != nil {
		t.Fatal(err)
	}
	for job, want := range map[string][]string{
		"plan":  {"accountsync plan", "ACCOUNTSYNC_READ_SECRET", "expire_in: 1 day"},
		"apply": {"accountsync apply out/plan-*.json --yes", "ACCOUNTSYNC_WRITE_SECRET", "when: manual", "resource_group: accountsync"},
	} {
		b, err := yaml.Marshal(lab[job])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(string(b), text) {
				t.Errorf("%s lacks %q:\n%s", job, text, b)
			}
		}
		if job == "plan" && (strings.Contains(string(b), "WRITE") || strings.Contains(string(b), "accountsync apply")) {
			t.Errorf("the job that plans may write:\n%s", b)
		}
	}
}
