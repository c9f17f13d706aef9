package config_test

import (
	"os"
	"strings"
	"testing"

	"accountsync/config"

	"github.com/spf13/pflag"
)

// TestApprovalsAreAFloor: what a file or a variable asks for, nothing over it
// makes less strict.
func TestApprovalsAreAFloor(t *testing.T) {
	for name, c := range map[string]struct {
		file, env, flags string
		want             int    // approvals
		problem          string // "" where there is none
	}{
		"nobody asks":           {},
		"the file alone":        {file: "require-approvals: 2\nallowed-signers: a\n", want: 2},
		"a flag asks for more":  {file: "require-approvals: 2\n", flags: "--require-approvals=3", want: 3},
		"a flag asks for less":  {file: "require-approvals: 2\n", flags: "--require-approvals=1", problem: "--require-approvals 1: main.yaml:1 says 2"},
		"a flag asks for none":  {file: "require-approvals: 2\n", flags: "--require-approvals=0", problem: "--require-approvals 0: main.yaml:1 says 2"},
		"a variable for less":   {file: "require-approvals: 2\n", env: "ACCOUNTSYNC_REQUIRE_APPROVALS=1", problem: "ACCOUNTSYNC_REQUIRE_APPROVALS 1: main.yaml:1 says 2"},
		"a flag below variable": {env: "ACCOUNTSYNC_REQUIRE_APPROVALS=2", flags: "--require-approvals=1", problem: "--require-approvals 1: ACCOUNTSYNC_REQUIRE_APPROVALS says 2"},
		"other signers":         {file: "allowed-signers: a\n", flags: "--allowed-signers=b", problem: "--allowed-signers b: main.yaml:1 says a"},
		"no signers":            {file: "allowed-signers: a\n", flags: "--allowed-signers=", problem: "--allowed-signers : main.yaml:1 says a"},
		"the same signers":      {file: "allowed-signers: a\n", flags: "--allowed-signers=a"},
		"a flag alone":          {flags: "--require-approvals=2", want: 2},
	} {
		t.Run(name, func(t *testing.T) {
			flags := pflag.NewFlagSet("", pflag.ContinueOnError)
			config.ConfigFlag(flags)
			config.ApprovalFlags(flags)
			t.Chdir(t.TempDir())
			write(t, "main.yaml", c.file)
			if err := flags.Parse(append([]string{"--config", "main.yaml"}, strings.Fields(c.flags)...)); err != nil {
				t.Fatal(err)
			}
			all, err := config.Read(flags, nil, strings.Fields(c.env))
			if err != nil {
				t.Fatal(err)
			}
			got, err := all.Whole()
			switch {
			case c.problem == "" && err != nil, c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
				t.Errorf("problem %v, want %q", err, c.problem)
			case c.problem == "" && got.RequireApprovals != c.want:
				t.Errorf("%d approvals, want %d", got.RequireApprovals, c.want)
			}
		})
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
