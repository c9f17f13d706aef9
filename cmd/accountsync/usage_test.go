package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accountsync/internal/problem"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag of every command stands in its help, once.
func TestHelpShowsEveryFlagOnce(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		var shown []string
		for _, g := range grouped(c) {
			g.flags.VisitAll(func(f *pflag.Flag) { shown = append(shown, f.Name) })
		}
		slices.Sort(shown)
		var want []string
		c.Flags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(shown, want) {
			t.Errorf("%s shows %q, has %q", c.CommandPath(), shown, want)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// config check shows all that plan, sync and apply can be told, each with the
// value that counts and where it comes from.
func TestConfigCheckShowsEverySetting(t *testing.T) {
	t.Parallel()
	const one = "source: Staff\nrequire-approvals: 2\nallowed-signers: signers.txt\n"
	const fleet = "require-approvals: 2\nallowed-signers: signers.txt\nsyncs: [{source: Staff, file: staff.csv}]\n"
	for name, c := range map[string]struct{ text, line string }{"one": {one, "2"}, "fleet": {fleet, "1"}} {
		path := filepath.Join(t.TempDir(), "settings.yaml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		environ := []string{"HOME=" + t.TempDir(), "SAIL_BASE_URL=https://acme.api.identitynow.com", "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=s"}
		if code := run(t.Context(), environ, []string{"config", "check", "--config", path}, nil, &stdout, &stderr); code != problem.OK {
			t.Fatalf("%s: config check ends with %d\n%s", name, code, &stderr)
		}
		shown := map[string][]string{}
		for line := range strings.Lines(stdout.String()) {
			if strings.HasPrefix(line, "== ") {
				continue
			}
			cells := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1)
			if len(cells) != 3 || cells[1] == "" || cells[1] == "-" {
				t.Errorf("%s: no name, value and origin: %q", name, line)
			}
			shown[cells[0]] = cells[1:]
		}
		if got, want := shown["require-approvals"], []string{"2", path + ":" + c.line}; !slices.Equal(got, want) {
			t.Errorf("%s: require-approvals is shown as %q, want %q", name, got, want)
		}
		if got := shown["allowed-signers"]; len(got) == 0 || got[0] != "signers.txt" {
			t.Errorf("%s: allowed-signers is shown as %q", name, got)
		}
		root := (&app{}).root()
		for _, command := range []string{"plan", "sync", "apply"} {
			c, _, err := root.Find([]string{command})
			if err != nil {
				t.Fatal(err)
			}
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if shown[f.Name] == nil && !slices.Contains([]string{"help", "yes", "detailed-exitcode"}, f.Name) {
					t.Errorf("%s: config check does not show --%s of %s", name, f.Name, command)
				}
			})
		}
	}
}
