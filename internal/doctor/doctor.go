// Package doctor examines everything a sync needs before one fails, and only reads.
package doctor

import (
	"context"
	"fmt"
	"io"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/connection"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/journal"
	"accountsync/sync"
)

// doctor is one examination.
type doctor struct {
	Environment
	out    io.Writer
	conf   *config.Sync
	api    *connection.API
	grant  isc.Grant
	probes []isc.Probe
	source account.Source
	schema account.Schema
	table  *csvfile.Table // nil without a file
	code   int            // of the worst finding that fails
}

// Environment is what a command has to be examined with.
type Environment struct {
	Connect   func() (*connection.API, error)
	StateDir  func() (string, error)
	OpenStore func() (*journal.Store, error)
}

// Examine looks at what one sync needs, writes each finding, and returns the
// exit status of the worst that fails. An error is that of the context alone.
func Examine(ctx context.Context, out io.Writer, conf *config.Sync, e Environment) (code int, err error) {
	d := &doctor{Environment: e, out: out, conf: conf}
	if d.signsIn(ctx) {
		d.probe(ctx)
		d.clock()
		if d.findSource(ctx) {
			d.aggregation(ctx)
			d.readSchema(ctx)
			d.bindFile(ctx)
		}
		d.mayWrite()
		d.quota()
	}
	d.state(ctx)
	return d.code, ctx.Err()
}

// The findings.

func (d *doctor) ok(what, format string, args ...any) { d.find("ok", what, "", format, args...) }

func (d *doctor) warn(what, remedy, format string, args ...any) {
	d.find("warn", what, remedy, format, args...)
}

// fail finds an error that a sync would end with.
func (d *doctor) fail(what string, err error) {
	code, hint := exit.Diagnose(err)
	d.failWith(code, what, hint, "%v", err)
}

func (d *doctor) failWith(code int, what, remedy, format string, args ...any) {
	d.find("fail", what, remedy, format, args...)
	d.code = problem.Worse(d.code, code)
}

func (d *doctor) find(verdict, what, remedy, format string, args ...any) {
	if verdict == "ok" && d.conf.Quiet {
		return
	}
	fmt.Fprintf(d.out, "%-4s  %-14s  %s\n", verdict, what, text.Visible(fmt.Sprintf(format, args...)))
	if remedy != "" {
		fmt.Fprintf(d.out, "%22sremedy: %s\n", "", text.Visible(remedy))
	}
}

// signsIn checks the credentials.
func (d *doctor) signsIn(ctx context.Context) bool {
	var err error
	if d.api, err = d.Connect(); err != nil {
		d.fail("configuration", err)
		return false
	}
	if d.grant, err = d.api.SignIn(ctx); err != nil {
		d.fail("sign-in", err)
		return false
	}
	d.ok("sign-in", "%s%s", d.api.Tenant(), life(d.grant))
	d.ok("token", "nothing is known of the personal access token's own end: no answer says it. It ends six months after it was made, unless it was made not to; ISC lists it under your personal access tokens")
	if d.conf.API == "beta" {
		d.warn("API", "use --api v3, v2025 or v1", "beta: SailPoint has deprecated every operation on accounts there")
	} else if d.conf.API == "v1" {
		d.ok("API", "v1: the addresses per service (/accounts/v1)")
	} else {
		d.ok("API", "%s: SailPoint supports these addresses until Q2 2028; their successors are --api v1", d.conf.API)
	}
	return true
}

// life says how long an access token is good, and when this one ends as it says
// itself: nobody verified that.
func life(g isc.Grant) string {
	switch {
	case g.Life > 0 && !g.Ends.IsZero():
		return fmt.Sprintf("; an access token is good for %s, this one until %s by its own exp, and renewed by itself", g.Life, g.Ends.Format(time.RFC3339))
	case g.Life > 0:
		return fmt.Sprintf("; an access token is good for %s and renewed by itself", g.Life)
	case !g.Ends.IsZero():
		return fmt.Sprintf("; this access token is good until %s by its own exp, and renewed when the API refuses it", g.Ends.Format(time.RFC3339))
	}
	return "; the API does not say how long an access token is good, and it is renewed when the API refuses it"
}

// probe looks at everything that can be read without a source.
func (d *doctor) probe(ctx context.Context) {
	d.probes = d.api.Probes(ctx)
	for _, p := range d.probes {
		switch {
		case p.Err != nil && p.Name == isc.TaskStatus && sync.Denied(p.Err):
			_, hint := exit.Diagnose(p.Err)
			d.warn(p.Name, hint, "cannot be read (%v): a sync works all the same, the list of accounts alone decides what is done", p.Err)
		case p.Err != nil:
			d.fail(p.Name, p.Err)
		case p.Total >= 0:
			d.ok(p.Name, "%s can be read: the scope %s is there", text.Number(p.Total), p.Scope)
		default:
			d.ok(p.Name, "can be read: the scope %s is there", p.Scope)
		}
	}
}
