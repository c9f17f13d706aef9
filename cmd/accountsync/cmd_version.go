package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"

	"accountsync/internal/problem"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// Set by the linker for released binaries: the version without v, the commit, and the time of the commit in RFC 3339.
var release, commit, date string

// versionInfo is what version --json prints.
type versionInfo struct {
	Version  string `json:"version"`          // "(devel)" where nothing is known
	Commit   string `json:"commit,omitempty"` // with +dirty where the work tree held more
	Date     string `json:"date,omitempty"`   // of the commit, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// version is the release, or what the Go toolchain knows of the build.
func version() string { return build().Version }

// build is what the linker was told, filled up with what the Go toolchain wrote into the program.
var build = sync.OnceValue(func() versionInfo {
	v := versionInfo{Version: release, Commit: commit, Date: date, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok && v.Version == "" {
		v.Version = info.Main.Version
	}
	if v.Version == "" {
		v.Version = "(devel)"
	}
	if ok && v.Commit == "" {
		v.Commit, v.Date = vcs(info.Settings)
	}
	return v
})

// vcs is the commit a program was built from and its time, empty where it was not built in a work tree.
func vcs(settings []debug.BuildSetting) (commit, date string) {
	found := map[string]string{}
	for _, s := range settings {
		found[s.Key] = s.Value
	}
	if commit = found["vcs.revision"]; found["vcs.modified"] == "true" {
		commit += "+dirty"
	}
	return commit, found["vcs.time"]
}

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "version prints the version, the Go release it was built with and the platform; with --json also the\ncommit and its date.",
		Example: "  accountsync version\n  accountsync version --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			asJSON, _ := c.Flags().GetBool("json")
			return a.printVersion(asJSON)
		},
	}
	c.Flags().Bool("json", false, "as a JSON object: version, commit, date, go, platform")
	return c
}

func (a *app) printVersion(asJSON bool) error {
	if err := printVersion(a.env.Stdout, build(), asJSON); err != nil {
		return problem.Errorf(problem.CannotWrite, "", "writing to standard output: %w", err)
	}
	return nil
}

func printVersion(out io.Writer, v versionInfo, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintf(out, "accountsync %s %s %s\n", v.Version, v.Go, v.Platform)
		return err
	}
	return json.MarshalWrite(out, v, jsontext.Multiline(true), jsontext.WithIndent("  "))
}
