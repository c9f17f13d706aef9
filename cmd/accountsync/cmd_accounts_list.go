package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"accountsync/account"
	"accountsync/accounts"
	"accountsync/config"
	"accountsync/internal/connection"
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
	l := lister{app: a, conf: conf}
	if err := l.asked(c); err != nil {
		return err
	}
	if l.api, err = a.env.Connect(conf); err != nil {
		return err
	}
	if conf.Source != "" {
		source, err := l.api.Source(a.env.Stop.Draining, conf.Source)
		if err != nil {
			return fmt.Errorf("looking up the source: %w", err)
		}
		l.query.SourceID = source.ID
	}
	list := l.some
	if all, _ := c.Flags().GetBool("all"); all {
		list = l.all
	}
	return l.refused(list(a.env.Stop.Draining))
}

// lister lists accounts.
type lister struct {
	*app
	conf   *config.Sync
	api    *connection.API
	query  account.Query
	limit  int
	count  bool
	chosen bool // by --filters or --sorters
	shown  *table.Writer
}

// asked reads what to list, and how to show it.
func (l *lister) asked(c *cobra.Command) (err error) {
	f := c.Flags()
	l.query.Filters, _ = f.GetString("filters")
	if f.Changed("filters") && strings.TrimSpace(l.query.Filters) == "" {
		return problem.Errorf(problem.Usage, "leave it out to list all accounts", "--filters is empty")
	}
	l.warnUndocumented("--filters", accounts.Undocumented(l.conf.API, l.query.Filters))
	sorters, _ := f.GetString("sorters")
	var odd []string
	l.query.Sorters, odd = accounts.WithID(l.conf.API, sorters)
	l.warnUndocumented("--sorters", odd)
	l.chosen = f.Changed("filters") || f.Changed("sorters")
	l.limit, _ = f.GetInt("limit")
	l.count, _ = f.GetBool("count")
	l.query.Offset, _ = f.GetInt("offset")
	level, _ := f.GetString("detail-level")
	l.query.DetailLevel = strings.ToUpper(level)
	switch all, _ := f.GetBool("all"); {
	case all && f.Changed("limit"):
		return problem.Errorf(problem.Usage, "give one of them", "--all and --limit contradict each other")
	case all && (f.Changed("offset") || !l.count):
		return problem.Errorf(problem.Usage, "", "--all lists from the first account on and needs the API's count: leave --offset and --count out")
	case l.query.Offset < 0:
		return problem.Errorf(problem.Usage, "", "--offset %d: 0 or more", l.query.Offset)
	case level != "" && l.query.DetailLevel != "SLIM" && l.query.DetailLevel != "FULL":
		return problem.Errorf(problem.Usage, "", "--detail-level %q: write SLIM or FULL", level)
	case l.limit < 1:
		return problem.Errorf(problem.Usage, "", "--limit %d: at least 1", l.limit)
	case l.conf.Workers < 1:
		return problem.Errorf(problem.Usage, "", "--workers %d: at least 1", l.conf.Workers)
	}
	l.shown, err = l.newTable(c, accountColumns...)
	return err
}

// some shows the first accounts.
func (l *lister) some(ctx context.Context) error {
	const page = 250
	total := -1
	for more := true; more && l.shown.Count() < l.limit; {
		q := l.query
		q.Offset, q.Limit, q.Count = l.query.Offset+l.shown.Count(), min(page, l.limit-l.shown.Count()), l.count && l.shown.Count() == 0
		before := l.shown.Count()
		got, err := l.api.Shown(ctx, q)
		if err != nil {
			return err
		}
		if before == 0 {
			total = got.Total
		}
		for a, err := range got.Accounts {
			if err == nil {
				err = l.shown.Add(a.Text)
			}
			if err != nil {
				return err
			}
		}
		more = l.shown.Count() > before && (total < 0 || l.query.Offset+l.shown.Count() < total)
	}
	if err := l.shown.Finish(l.env.Stderr); err != nil {
		return err
	}
	switch n := l.shown.Count(); {
	case l.query.Offset > 0 && total >= 0:
		l.say("%s from the %s on, of %s", accounts.Counted(n), text.Number(l.query.Offset+1)+".", accounts.Counted(total))
	case total > n:
		l.say("%s of %s; --all lists every one of them", text.Number(n), accounts.Counted(total))
	default:
		l.say("%s", accounts.Counted(n))
	}
	return nil
}

// all shows every account, and says whether that is proven.
func (l *lister) all(ctx context.Context) error {
	conf := l.conf
	conf.NoProgress = conf.NoProgress || terminal.Is(l.env.Stdout) // the accounts themselves show how far it is
	bar := l.env.Progress(conf, l.api)
	settings := sync.ListOptions{Workers: l.conf.Workers, Watch: bar.Watch, Log: l.env.Log}
	pages := &texts{API: l.api}
	proof, err := sync.Walk(ctx, pages, l.query, settings, func(*account.Account) error { return l.shown.Add(pages.text) })
	bar.End()
	if err != nil {
		_ = l.shown.Flush() // the error tells more
		return err
	}
	if err := l.shown.Finish(l.env.Stderr); err != nil {
		return err
	}
	if !proof.Proven {
		return problem.Errorf(problem.Partial, "list again when the accounts are at rest", "%s, NOT proven complete: %s", accounts.Counted(l.shown.Count()), proof.Doubt)
	}
	l.say("%s, proven complete: as many as the API counts before and after, each once", accounts.Counted(l.shown.Count()))
	return nil
}

// say tells people what was shown.
func (l *lister) say(format string, args ...any) {
	if !l.conf.Quiet {
		fmt.Fprintf(l.env.Stderr, format+"\n", args...)
	}
}

// texts is a sync.ReadAPI that lists accounts as the API shows them: the accounts
// it yields hold their ids alone, and text is the whole of the last one.
type texts struct {
	*connection.API
	text string
}

// Accounts fetches a page.
func (t *texts) Accounts(ctx context.Context, q account.Query) (account.Page, error) {
	page, err := t.Shown(ctx, q)
	if err != nil {
		return account.Page{}, err
	}
	accounts := func(yield func(*account.Account, error) bool) {
		for a, err := range page.Accounts {
			t.text = a.Text
			if !yield(&account.Account{ID: a.ID}, err) {
				return
			}
		}
	}
	return account.Page{Total: page.Total, Accounts: accounts}, nil
}

// warnUndocumented says what is sent although no document lists it.
func (l *lister) warnUndocumented(flag string, odd []string) {
	if len(odd) > 0 {
		fmt.Fprintf(l.env.Stderr, "accountsync: warning: %s: the documents of the API %s do not list %s; sent all the same\n",
			flag, l.conf.API, shownWords(odd))
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
	return problem.Errorf(problem.Usage, accounts.Grammar(l.conf.API),
		"the API refused --filters or --sorters: %w", err)
}
