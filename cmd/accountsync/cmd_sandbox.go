package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"time"

	"accountsync/internal/problem"
	"accountsync/sandbox"

	"github.com/spf13/cobra"
)

func (a *app) sandboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a stand-in ISC API, to try things out without a tenant",
		Long: "sandbox serves the accounts, sources, schemas, task status and sign-in parts of the ISC API from memory,\n" +
			"with the documented rate limit and, when the seed asks for them, bad days. Nothing is kept when it ends.",
		Example: "  accountsync sandbox\n  accountsync sandbox --seed seed.json --addr 127.0.0.1:8080",
		Args:    cobra.NoArgs,
		RunE:    a.runSandbox,
	}
	c.Flags().String("seed", "", "JSON `FILE` with clients, sources, accounts and faults (default: a small built-in one)")
	c.Flags().String("addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 picks a free one")
	return c
}

func (a *app) runSandbox(c *cobra.Command, _ []string) error {
	seed := sandbox.DefaultSeed()
	if path, _ := c.Flags().GetString("seed"); path != "" {
		var err error
		if seed, err = sandbox.LoadSeed(path); err != nil {
			return badSeed(err)
		}
	}
	addr, _ := c.Flags().GetString("addr")
	url, end, err := sandbox.New(seed).Start(addr)
	if err != nil {
		return cannotListen(err)
	}
	fmt.Fprintf(a.env.Stdout, "A stand-in ISC API listens on %s\n\n  export SAIL_BASE_URL=%s\n", url, url)
	for _, client := range seed.Clients[:min(1, len(seed.Clients))] {
		fmt.Fprintf(a.env.Stdout, "  export SAIL_CLIENT_ID=%s SAIL_CLIENT_SECRET=%s\n", client.ID, client.Secret)
	}
	for _, source := range seed.Sources {
		accounts := len(source.Accounts)
		if source.Generate != nil {
			accounts = source.Generate.Count
		}
		fmt.Fprintf(a.env.Stdout, "\n  source %q (%s, %d accounts)", source.Name, cmp.Or(source.ConnectionType, "file"), accounts)
	}
	fmt.Fprint(a.env.Stdout, "\n\nCtrl-C ends it.\n")
	<-a.env.Stop.Draining.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return end(ctx)
}

func badSeed(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return problem.Errorf(problem.NoInput, "name the seed with --seed, or leave it out for the built-in one", "%w", err)
	}
	return problem.Errorf(problem.Config, "sandbox/README.md says what a seed holds", "%w", err)
}

// cannotListen tells an address nobody could listen on from one that is taken.
func cannotListen(err error) error {
	code := problem.Usage
	if taken := (*net.OpError)(nil); errors.As(err, &taken) {
		code = problem.Failure
	}
	return problem.Errorf(code, "choose another address with --addr", "the sandbox cannot listen: %w", err)
}
