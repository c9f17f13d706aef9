// Command accountsync makes the accounts of a SailPoint ISC source equal to a
// CSV file, and proves it.
package main

import (
	"context"
	"errors"
	"io"
	"os"

	"accountsync/internal/exit"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"
	"accountsync/job"
	"accountsync/sync"
)

func main() {
	neverExit2()
	if os.Getenv("GOGC") == "" {
		collectOften()
	}
	os.Exit(run(context.Background(), os.Environ(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// app is one execution of the program: what it was given, and nothing global.
type app struct{ env *job.Env }

// run is the program. It returns the exit status.
func run(ctx context.Context, environ, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	console := &terminal.Console{Out: stderr}
	stop := signals.Listen(ctx, console)
	defer stop.Close()
	a := &app{job.NewEnv(version(), environ, stdin, stdout, console, stop)}
	return a.execute(args)
}

// execute carries out one command line.
func (a *app) execute(args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	err := sync.Safely(func() error { return root.ExecuteContext(a.env.Stop.Draining) })
	if said := (*exit.Said)(nil); err != nil && !errors.As(err, &said) {
		exit.Print(a.env.Stderr, "", err)
	}
	return exit.Code(err)
}
