package main

import (
	"io"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"

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
	o, err := past.Open(a.env.Stop.Draining, func() (*journal.Store, error) { return a.env.OpenStore(conf) }, args[0])
	if err != nil {
		return err
	}
	defer o.Close()
	ctx, head := a.env.Stop.Draining, o.Run.Head()
	if conf.Source != "" && head.Source.ID != conf.Source && head.Source.Name != conf.Source {
		return problem.Errorf(problem.Usage, "leave --source away", "--source %q: %s %s has only %q", conf.Source, head.Command, head.Run, head.Source.Name)
	}
	hidden, err := past.Masks(conf.Redact, head)
	if err != nil {
		return err
	}
	about, err := o.Run.ForAccount(ctx, args[1])
	if err != nil {
		return o.Unknown(err, len(hidden) > 0)
	}
	if about, err = reports.Redact(ctx, about, hidden); err != nil {
		return exit.OfStore(err)
	}
	return a.buffered(func(w io.Writer) error {
		return reports.Show(ctx, w, &reports.Detail{Run: about, Expires: o.Expires}, a.env.Terminal(conf))
	})
}

// showHistory shows what every run on record did to one account.
func (a *app) showHistory(conf *config.Sync, name string) error {
	st, err := a.env.OpenStore(conf)
	if err != nil {
		return err
	}
	defer st.Close()
	ctx, n := a.env.Stop.Draining, 0
	err = a.buffered(func(w io.Writer) (err error) {
		n, err = reports.History(ctx, w, past.Touched(ctx, st, conf.Source, name, conf.Redact), a.env.Terminal(conf))
		return err
	})
	if err == nil && n == 0 {
		return problem.Errorf(problem.Usage, "keys are spelled as in the CSV; an account id or a native identity serves as well", "no run on record changed %q, or was to", name)
	}
	return err
}
