package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show PLAN|RUN KEY, or show --history KEY",
		Short: "Show what a plan or a run holds of one account, in full",
		Long: "show prints everything that a saved plan or a past run holds of one account: each operation with its line,\n" +
			"reason and state, every value before and after, and of a run how it was sent and what came back.\n" +
			"A rejected or kept row is shown as such. Nothing is cut. The first argument is a saved plan or, where there\n" +
			"is no file of that name, a run: its id, a unique beginning of it, or last. The second one is the account's\n" +
			"key; an account id or a native identity serves as well. With --verbose the other attributes of an account\n" +
			"that is on record whole, as after a failed operation, are listed too. What the run masked stays masked.",
		Example: "  accountsync show accountsync-out/plan-20261123T020000Z-7f3a.json C1007\n  accountsync show last C1007 --verbose\n" +
			"  accountsync show --history C1007\n" +
			"  accountsync show 20261123T02 C1007 --redact birthDate",
		Args: func(c *cobra.Command, args []string) error {
			if history, _ := c.Flags().GetBool("history"); history {
				return cobra.ExactArgs(1)(c, args)
			}
			return cobra.ExactArgs(2)(c, args)
		},
		RunE: a.runShow,
	}
	config.SourceFlag(c.Flags())
	config.StateFlags(c.Flags())
	config.RenderFlags(c.Flags())
	c.Flags().Bool("history", false, "show what every run on record did to the account, the newest first")
	return c
}

func (a *app) runShow(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	if history, _ := c.Flags().GetBool("history"); history {
		return a.showHistory(conf, args[0])
	}
	o, err := a.openPast(conf, args[0])
	if err != nil {
		return err
	}
	defer o.close()
	ctx, head := a.stop.Draining, o.run.Head()
	if conf.Source != "" && head.Source.ID != conf.Source && head.Source.Name != conf.Source {
		return problem.Errorf(problem.Usage, "leave --source away", "--source %q: %s %s has only %q", conf.Source, head.Command, head.Run, head.Source.Name)
	}
	hidden, err := masks(conf, head)
	if err != nil {
		return err
	}
	about, err := o.run.ForAccount(ctx, args[1])
	if err != nil {
		return o.unknown(err, len(hidden) > 0)
	}
	if about, err = reports.Redact(ctx, about, hidden); err != nil {
		return exit.OfStore(err)
	}
	return a.buffered(func(w io.Writer) error {
		return reports.Show(ctx, w, &reports.Detail{Run: about, Expires: o.expires}, a.terminal(conf))
	})
}

// showHistory shows what every run on record did to one account.
func (a *app) showHistory(conf *config.Sync, name string) error {
	st, err := a.openStore(conf)
	if err != nil {
		return err
	}
	defer st.Close()
	ctx, n := a.stop.Draining, 0
	err = a.buffered(func(w io.Writer) (err error) {
		n, err = reports.History(ctx, w, a.touched(ctx, st, conf, name), a.terminal(conf))
		return err
	})
	if err == nil && n == 0 {
		return problem.Errorf(problem.Usage, "keys are spelled as in the CSV; an account id or a native identity serves as well", "no run on record changed %q, or was to", name)
	}
	return err
}

// touched are the runs that did something to an account, or were to, the newest
// first, as anybody may see them.
func (a *app) touched(ctx context.Context, st *journal.Store, conf *config.Sync, name string) iter.Seq2[*reports.Run, error] {
	return func(yield func(*reports.Run, error) bool) {
		runs, err := st.Runs(ctx, journal.RunFilter{Source: conf.Source, Writes: true})
		if err != nil {
			yield(nil, exit.OfStore(err))
			return
		}
		for _, summary := range runs {
			if !summary.Sealed {
				continue
			}
			run, err := a.touching(ctx, st, conf, summary.Run, name)
			if run == nil && err == nil {
				continue
			}
			if !yield(run, err) || err != nil {
				return
			}
		}
	}
}

// touching is a run's part of one account, nil when it has none.
func (a *app) touching(ctx context.Context, st *journal.Store, conf *config.Sync, run, name string) (*reports.Run, error) {
	rec, err := a.read(ctx, st, run)
	if err != nil {
		return nil, err
	}
	one, err := (&reports.Run{Reader: rec}).Touched(ctx, name)
	if one == nil || err != nil {
		return nil, exit.OfStore(err)
	}
	hidden, err := masks(conf, rec.Head())
	if err != nil {
		return nil, err
	}
	one, err = reports.Redact(ctx, one, hidden)
	return one, exit.OfStore(err)
}

// past is a plan or a run that is over, to be looked at.
type past struct {
	run     *reports.Run
	expires time.Time // of a plan
	whole   string    // the command that shows all of it
	closers []func()
}

func (o *past) close() {
	for _, end := range o.closers {
		end()
	}
}

// openPast opens a saved plan or, when there is no file of that name, a run.
func (a *app) openPast(conf *config.Sync, name string) (*past, error) {
	if info, err := os.Stat(name); err == nil && !info.IsDir() || strings.HasSuffix(name, ".json") {
		return a.openPastPlan(name)
	}
	st, err := a.openStore(conf)
	if err != nil {
		return nil, err
	}
	o := &past{closers: []func(){func() { _ = st.Close() }}}
	rec, err := a.read(a.stop.Draining, st, name)
	if err != nil {
		o.close()
		return nil, err
	}
	o.whole = "accountsync report " + rec.Head().Run
	return o, o.open(a, rec)
}

func (a *app) openPastPlan(path string) (*past, error) {
	plan, err := openPlan(path)
	if err != nil {
		return nil, err
	}
	_ = plan.Close()
	file, err := reports.OpenPlan(path)
	if err != nil {
		return nil, problem.Errorf(problem.BadCSV, "", "%w", err)
	}
	o := &past{closers: []func(){func() { _ = file.Close() }}, expires: file.Head().Expires,
		whole: "result.csv beside the plan, which has a line for every row and account"}
	return o, o.open(a, file.Run.Reader)
}

// open gives the run its input back, for the rows that have no operation.
func (o *past) open(a *app, rec sync.Reader) (err error) {
	var end func()
	if o.run, end, err = a.reopen(a.stop.Draining, rec); err != nil {
		o.close()
		return err
	}
	o.closers = append(o.closers, end)
	return nil
}

// unknown says what to do about a name that tells no account. Keys are not named
// where values are masked: one may be one of them.
func (o *past) unknown(err error, hidden bool) error {
	var name *reports.NameError
	if !errors.As(err, &name) {
		return problem.Errorf(problem.NoInput, "", "reading the input again: %w", err)
	}
	if hidden {
		name.Near, name.Keys = "", nil
	}
	head := o.run.Head()
	return problem.Errorf(problem.Usage, "keys are spelled as in the CSV; for all there is see "+o.whole, "%s %s: %w", head.Command, head.Run, name)
}
