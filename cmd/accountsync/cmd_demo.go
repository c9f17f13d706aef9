package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/job"
	"accountsync/samples"
	"accountsync/sandbox"

	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a demo on an embedded sandbox: plan, sync, sync again",
		Long: "demo starts the sandbox on a free loopback port, writes a sample CSV, and runs the very commands an\n" +
			"admin would: plan, sync, and sync once more, which finds nothing to do. It needs no tenant.",
		Example: "  accountsync demo\n  accountsync demo --out /tmp/demo",
		Args:    cobra.NoArgs,
		RunE:    a.runDemo,
	}
	c.Flags().StringP("out", "o", "accountsync-demo", "`DIR` for the sample CSV and the reports")
	return c
}

const demoSource = "HR Contractors"

func (a *app) runDemo(c *cobra.Command, _ []string) error {
	out, _ := c.Flags().GetString("out")
	input := filepath.Join(out, "contractors.csv")
	if err := writeSample(input); err != nil {
		return problem.Wrap(problem.CannotWrite, err, "name another directory with --out")
	}
	seed := sandbox.DefaultSeed()
	url, end, err := sandbox.New(seed).Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the sandbox cannot listen: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = end(ctx) // the demo is over: nothing waits for the sandbox
	}()
	environ := a.demoEnvironment(url, seed.Clients[0])
	fmt.Fprintf(a.env.Stdout, "A stand-in ISC API listens on %s; its source %q has %d accounts.\n", url, demoSource, len(seed.Sources[0].Accounts))
	return a.demoSteps(environ, input, out)
}

// demoSteps runs the commands an admin would type, and says which they are.
func (a *app) demoSteps(environ []string, input, out string) error {
	common := []string{"--source", demoSource, "--file", input, "--removal", "delete", "--out", out, "--state", filepath.Join(out, "state")}
	for _, step := range []struct{ command, why string }{
		{"plan", "What would change?"},
		{"sync", "Do it."},
		{"sync", "And again: nothing is left to do."},
	} {
		args := append([]string{step.command}, common...)
		fmt.Fprintf(a.env.Stdout, "\n== %s\n$ accountsync %s\n\n", step.why, text.ShellLine(args...))
		inner := &app{job.NewEnv(version(), environ, a.env.Stdin, a.env.Stdout, a.env.Stderr, a.env.Stop)}
		if code := inner.execute(args); code != problem.OK {
			return &exit.Said{Code: code}
		}
	}
	return nil
}

// demoEnvironment is the environment without any tenant's credentials.
func (a *app) demoEnvironment(url string, client sandbox.Client) []string {
	var environ []string
	for _, kv := range a.env.Environ {
		if !strings.HasPrefix(kv, "SAIL_") && !strings.HasPrefix(kv, "ACCOUNTSYNC_") {
			environ = append(environ, kv)
		}
	}
	return append(environ, "SAIL_BASE_URL="+url, "SAIL_CLIENT_ID="+client.ID, "SAIL_CLIENT_SECRET="+client.Secret)
}

func writeSample(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, samples.Contractors, 0o600)
}
