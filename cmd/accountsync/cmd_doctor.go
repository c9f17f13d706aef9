package main

import (
	"context"
	"fmt"
	"time"

	"accountsync/account"
	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check credentials, scopes, source, schema, quota, clock and state directory; writes nothing to the API",
		Long: "doctor signs in and looks at everything a sync with the same settings needs, before one fails in the night.\n" +
			"It only reads. Each finding is ok, warn or fail, with what to do about it. The exit status is 0, or that of the\n" +
			"worst finding that fails. With several syncs in --config it looks at each.",
		Example: "  accountsync doctor\n" +
			"  accountsync doctor --source \"HR Contractors\" --file contractors.csv\n" +
			"  accountsync doctor --config nightly.yaml",
		Args: cobra.NoArgs,
		RunE: a.runDoctor,
	}
	config.SourceFlag(c.Flags())
	config.ConnectFlags(c.Flags())
	config.CSVFlags(c.Flags())
	config.PlanFlags(c.Flags())
	config.AggregationZoneFlag(c.Flags())
	return c
}

// doctor is one examination.
type doctor struct {
	*app
	conf   *config.Sync
	api    *connection
	grant  isc.Grant
	probes []isc.Probe
	source account.Source
	schema account.Schema
	table  *csvfile.Table // nil without a file
	code   int            // of the worst finding that fails
}

func (a *app) runDoctor(c *cobra.Command, _ []string) error { return a.forEachJob(c, (*app).examine) }

// examine looks at what one sync needs.
func (a *app) examine(_ *cobra.Command, conf *config.Sync) error {
	d := &doctor{app: a, conf: conf, api: a.api}
	if d.signsIn(a.stop.soft) {
		d.probe(a.stop.soft)
		d.clock()
		if d.findSource(a.stop.soft) {
			d.aggregation(a.stop.soft)
			d.readSchema(a.stop.soft)
			d.bindFile()
		}
		d.mayWrite()
		d.quota()
	}
	d.state(a.stop.soft)
	if err := a.stop.soft.Err(); err != nil {
		return err
	}
	if d.code != problem.OK {
		return &ended{d.code}
	}
	return nil
}

// The findings.

func (d *doctor) ok(what, format string, args ...any) { d.find("ok", what, "", format, args...) }

func (d *doctor) warn(what, remedy, format string, args ...any) {
	d.find("warn", what, remedy, format, args...)
}

// fail finds an error that a sync would end with.
func (d *doctor) fail(what string, err error) {
	code, hint := diagnose(err)
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
	fmt.Fprintf(d.stdout, "%-4s  %-14s  %s\n", verdict, what, text.Visible(fmt.Sprintf(format, args...)))
	if remedy != "" {
		fmt.Fprintf(d.stdout, "%22sremedy: %s\n", "", text.Visible(remedy))
	}
}

// signsIn checks the credentials.
func (d *doctor) signsIn(ctx context.Context) bool {
	var err error
	if d.api == nil {
		if d.api, err = d.connectTo(d.conf, nil); err != nil {
			d.fail("configuration", err)
			return false
		}
	}
	if d.grant, err = d.api.SignIn(ctx); err != nil {
		d.fail("sign-in", err)
		return false
	}
	d.ok("sign-in", "%s%s", d.api.tenant, life(d.grant))
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
			_, hint := diagnose(p.Err)
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
