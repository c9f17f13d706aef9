package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"accountsync/internal/problem"

	"github.com/spf13/cobra"
)

// release is set by the linker for released binaries.
var release string

// version is the release, or what the Go toolchain knows of the build.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  accountsync version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "accountsync %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if err != nil {
				return problem.Errorf(problem.CannotWrite, "", "writing to standard output: %w", err)
			}
			return nil
		},
	}
}
