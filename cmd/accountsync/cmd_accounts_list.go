package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"accountsync/account"
	"accountsync/accounts"
	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/table"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) listCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List accounts",
		Long: "list shows accounts as the API shows them: the first ones, or with --all every one of them, however many.\n" +
			"--filters and --sorters go to the API, which judges them; what its documents do not list for this --api is\n" +
			"sent with a warning. id is added to the sorters, since pages would else repeat and miss accounts. A list of all is held against\n" +
			"the total the API gives before and after; when they differ it says so, and the exit status is 3.",
		Example: "  accountsync accounts list --source \"HR Contractors\" --all --output csv\n" +
			"  accountsync accounts list --filters 'uncorrelated eq true and modified ge 2026-01-01T00:00:00Z' --sorters -modified\n" +
			"  accountsync accounts list --all --output json --column id --column nativeIdentity --column attributes.city",
		Args: cobra.NoArgs,
		RunE: a.runList,
	}
	f := c.Flags()
	config.SourceFlag(f)
	config.ConnectFlags(f)
	f.String("filters", "", "only accounts that meet this `expression`, in the API's grammar")
	f.String("sorters", "", "order of the accounts: `fields` separated by commas, - for descending (default id)")
	f.Bool("all", false, "every account, page by page")
	f.Int("limit", 250, "how many, without --all")
	f.Int("offset", 0, "how many to pass over first, without --all")
	f.Bool("count", true, "ask the API how many there are")
	f.String("detail-level", "", "SLIM or FULL: how much of each account the API sends (default: what it sends unasked)")
	showFlags(f)
	return c
}

// accountColumns are what a table of accounts shows unless asked otherwise.
var accountColumns = []string{"id", "nativeIdentity", "name", "sourceName", "disabled", "locked", "identityId"}

func (a *app) runList(c *cobra.Command, _ []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	l, err := a.newLister(c, conf)
	if err != nil {
		return err
	}
	api, source, err := a.connect(conf)
	if err != nil {
		return err
	}
	l.query.SourceID = source
	ctx := a.env.Stop.Draining
	if l.all {
		conf.NoProgress = conf.NoProgress || terminal.Is(a.env.Stdout) // the accounts themselves show how far it is
		bar := a.env.Progress(conf, api)
		proof, err := accounts.ListAll(ctx, api.Client, l.query, sync.ListOptions{Workers: conf.Workers, Watch: bar.Watch, Log: a.env.Log}, l.shown.Add)
		bar.End()
		return l.refused(l.saidOfAll(proof, err))
	}
	total, err := accounts.List(ctx, api.Client, l.query, l.limit, l.count, l.shown.Add)
	return l.refused(l.saidOfSome(total, err))
}

// lister is what to list, and how to show it.
type lister struct {
	stderr io.Writer
	quiet  bool
	api    string // --api
	query  account.Query
	limit  int
	count  bool
	all    bool
	chosen bool // by --filters or --sorters
	shown  *table.Writer
}

// newLister reads what to list, and how to show it.
func (a *app) newLister(c *cobra.Command, conf *config.Sync) (*lister, error) {
	f := c.Flags()
	l := &lister{stderr: a.env.Stderr, quiet: conf.Quiet, api: conf.API, chosen: f.Changed("filters") || f.Changed("sorters")}
	l.query.Filters, _ = f.GetString("filters")
	sorters, _ := f.GetString("sorters")
	l.limit, _ = f.GetInt("limit")
	l.count, _ = f.GetBool("count")
	l.all, _ = f.GetBool("all")
	l.query.Offset, _ = f.GetInt("offset")
	level, _ := f.GetString("detail-level")
	l.query.DetailLevel = strings.ToUpper(level)
	switch {
	case f.Changed("filters") && strings.TrimSpace(l.query.Filters) == "":
		return nil, problem.Errorf(problem.Usage, "leave it out to list all accounts", "--filters is empty")
	case l.all && f.Changed("limit"):
		return nil, problem.Errorf(problem.Usage, "give one of them", "--all and --limit contradict each other")
	case l.all && (f.Changed("offset") || !l.count):
		return nil, problem.Errorf(problem.Usage, "", "--all lists from the first account on and needs the API's count: leave --offset and --count out")
	case l.query.Offset < 0:
		return nil, problem.Errorf(problem.Usage, "", "invalid --offset %d: write 0 or more", l.query.Offset)
	case level != "" && l.query.DetailLevel != "SLIM" && l.query.DetailLevel != "FULL":
		return nil, problem.Errorf(problem.Usage, "", "invalid --detail-level %q: write SLIM or FULL", level)
	case l.limit < 1:
		return nil, problem.Errorf(problem.Usage, "", "invalid --limit %d: write 1 or more", l.limit)
	case conf.Workers < 1:
		return nil, problem.Errorf(problem.Usage, "", "invalid --workers %d: write 1 or more", conf.Workers)
	}
	l.warnUndocumented("--filters", accounts.Undocumented(l.api, l.query.Filters))
	var odd []string
	l.query.Sorters, odd = accounts.WithID(l.api, sorters)
	l.warnUndocumented("--sorters", odd)
	var err error
	l.shown, err = a.newTable(c, accountColumns...)
	return l, err
}

// saidOfSome ends the table and says how many of the accounts it shows.
func (l *lister) saidOfSome(total int, err error) error {
	if err == nil {
		err = l.shown.Finish(l.stderr)
	}
	switch n := l.shown.Count(); {
	case err != nil:
	case l.query.Offset > 0 && total >= 0:
		l.say("%s from the %s on, of %s", text.Counted(n, "account"), text.Number(l.query.Offset+1)+".", text.Counted(total, "account"))
	case total > n:
		l.say("%s of %s; --all lists every one of them", text.Number(n), text.Counted(total, "account"))
	default:
		l.say("%s", text.Counted(n, "account"))
	}
	return err
}

// saidOfAll ends the table and says whether it is proven to show all accounts.
func (l *lister) saidOfAll(proof sync.Listing, err error) error {
	if err != nil {
		_ = l.shown.Flush() // the error tells more
		return err
	}
	if err := l.shown.Finish(l.stderr); err != nil {
		return err
	}
	if !proof.Proven {
		return problem.Errorf(problem.Partial, "list again when the accounts are at rest", "%s, NOT verified complete: %s", text.Counted(l.shown.Count(), "account"), proof.Doubt)
	}
	l.say("%s, verified complete: as many as the API counts before and after, each once", text.Counted(l.shown.Count(), "account"))
	return nil
}

// say tells people what was shown.
func (l *lister) say(format string, args ...any) {
	if !l.quiet {
		fmt.Fprintf(l.stderr, format+"\n", args...)
	}
}

// warnUndocumented says what is sent although no document lists it.
func (l *lister) warnUndocumented(flag string, odd []string) {
	if len(odd) > 0 {
		fmt.Fprintf(l.stderr, "accountsync: warning: %s: the documents of the API %s do not list %s; sent all the same\n",
			flag, l.api, shownWords(odd))
	}
}

// shownWords are words of somebody else in quotes, which cannot act on a terminal.
func shownWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(quoted, ", ")
}

// refused says what the API takes, where it answered 400 to what was asked for
// with --filters or --sorters.
func (l *lister) refused(err error) error {
	var e *isc.Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest || !l.chosen {
		return err
	}
	return problem.Errorf(problem.Usage, accounts.Grammar(l.api),
		"the API refused --filters or --sorters: %w", err)
}
