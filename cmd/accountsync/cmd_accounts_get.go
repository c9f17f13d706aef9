package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accountsync/account"
	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/table"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
)

func (a *app) getCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "get ACCOUNT...",
		Short: "Show accounts",
		Long: "get shows accounts as the API shows them, in the order in which they are named.\n\n" + namesHelp + "\n\n" +
			"An account that is not there is named on standard error, and the exit status is 3.",
		Example: "  accountsync accounts get 2c9180835d38ca0c015d606b50851b1e --output json\n" +
			"  accountsync accounts get --source \"HR Contractors\" C1007 C1008 --column nativeIdentity --column attributes.city\n" +
			"  cut -d, -f1 leavers.csv | accountsync accounts get --source \"HR Contractors\" -",
		RunE: func(c *cobra.Command, args []string) error {
			return a.runGet(c, args, (*getter).accounts, accountColumns...)
		},
	}
	getFlags(c.Flags())
	return c
}

func (a *app) entitlementsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "entitlements ACCOUNT...",
		Short: "Show the entitlements that accounts hold",
		Long: "entitlements shows what accounts hold, one entitlement a row.\n\n" + namesHelp + "\n\n" +
			"An account that is not there is named on standard error, and the exit status is 3.",
		Example: "  accountsync accounts entitlements --source \"HR Contractors\" C1007\n" +
			"  accountsync accounts entitlements --from ids.txt --output csv",
		RunE: func(c *cobra.Command, args []string) error {
			if limit, _ := c.Flags().GetInt("limit"); limit < 0 {
				return problem.Errorf(problem.Usage, "", "--limit %d: 0 for all of them, or how many", limit)
			}
			if offset, _ := c.Flags().GetInt("offset"); offset < 0 {
				return problem.Errorf(problem.Usage, "", "--offset %d: 0 or more", offset)
			}
			return a.runGet(c, args, (*getter).entitlements, "account", "attribute", "value", "name", "privileged")
		},
	}
	getFlags(c.Flags())
	c.Flags().Int("limit", 0, "how many of each account; 0: all")
	c.Flags().Int("offset", 0, "how many of each account to pass over first")
	c.Flags().Bool("count", false, "say on standard error how many each account holds, as the API counts them")
	return c
}

// getFlags are for commands that show accounts by their names.
func getFlags(f *pflag.FlagSet) {
	config.SourceFlag(f)
	config.ConnectFlags(f)
	namesFlags(f)
	showFlags(f)
}

// getter gets accounts by their names.
type getter struct {
	*app
	conf     *config.Sync
	api      *connection
	sourceID string // "" when no source was named
	shown    *table.Writer
	missing  int
	offset   int  // of the first entitlement of each account
	limit    int  // entitlements of each account, 0: all
	count    bool // the entitlements of each account
}

func (a *app) runGet(c *cobra.Command, args []string, show func(*getter, context.Context, []name) error, columns ...string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	g := &getter{app: a, conf: conf}
	g.offset, _ = c.Flags().GetInt("offset") // a command without the flag has 0
	g.limit, _ = c.Flags().GetInt("limit")
	g.count, _ = c.Flags().GetBool("count")
	if conf.Workers < 1 {
		return problem.Errorf(problem.Usage, "", "--workers %d: at least 1", conf.Workers)
	}
	names, err := a.someNames(c, args)
	if err != nil {
		return err
	}
	if err := needSource(conf, names); err != nil {
		return err
	}
	if g.shown, err = a.newTable(c, columns...); err != nil {
		return err
	}
	if g.api, err = a.connectTo(conf, nil); err != nil {
		return err
	}
	if conf.Source != "" {
		source, err := g.api.Source(a.stop.soft, conf.Source)
		if err != nil {
			return fmt.Errorf("looking up the source: %w", err)
		}
		g.sourceID = source.ID
	}
	return g.run(a.stop.soft, names, show)
}

// needSource refuses native identities where no source is named.
func needSource(conf *config.Sync, names []name) error {
	for _, n := range names {
		if conf.Source == "" && !sync.IsID(n.text) {
			return problem.Errorf(problem.Usage, "name the source with --source, or the account by its id", "%s is not an id, and native identities are known by their source only", quotedName(n))
		}
	}
	return nil
}

// run shows the accounts, as many at a time as fit on a page.
func (g *getter) run(ctx context.Context, names []name, show func(*getter, context.Context, []name) error) error {
	const atOnce = 250
	for some := range slices.Chunk(names, atOnce) {
		err := show(g, ctx, some)
		if err == nil {
			err = g.shown.Flush()
		}
		if err != nil {
			return err
		}
	}
	if err := g.shown.Finish(g.stderr); err != nil {
		return err
	}
	if g.missing > 0 {
		return problem.Errorf(problem.Partial, "check the spelling, and --source", "%s of %s accounts are not there", text.Number(g.missing), text.Number(len(names)))
	}
	return nil
}

// accounts shows accounts.
func (g *getter) accounts(ctx context.Context, names []name) error {
	found, err := g.find(ctx, names)
	if err != nil {
		return err
	}
	for i, n := range names {
		if found[i].Text == "" {
			g.lacks(n)
		} else if err := g.shown.Add(found[i].Text); err != nil {
			return err
		}
	}
	return nil
}

// lacks tells of an account that is not there.
func (g *getter) lacks(n name) {
	g.missing++
	where := ""
	if n.line > 0 {
		where = fmt.Sprintf(" (line %d)", n.line)
	}
	fmt.Fprintf(g.stderr, "accountsync: no account %s%s\n", quotedName(n), where)
}

func quotedName(n name) string { return `"` + text.Visible(n.text) + `"` }

// find looks accounts up: by native identity where a source is named, and those
// it does not know by id. What is not found stays empty.
func (g *getter) find(ctx context.Context, names []name) ([]isc.Shown, error) {
	found := make([]isc.Shown, len(names))
	if g.sourceID != "" {
		byNative, err := g.natives(ctx, names)
		if err != nil {
			return nil, err
		}
		for i, n := range names {
			found[i] = byNative[n.text]
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(g.conf.Workers)
	for i, n := range names {
		if found[i].Text == "" && sync.IsID(n.text) {
			group.Go(func() (err error) {
				found[i], err = g.byID(ctx, n.text)
				return err
			})
		}
	}
	return found, group.Wait()
}

// natives finds accounts of the source by their native identities.
func (g *getter) natives(ctx context.Context, names []name) (map[string]isc.Shown, error) {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = n.text
	}
	byNative := map[string]isc.Shown{}
	for _, some := range g.api.Batch(g.sourceID, texts) {
		page, err := g.api.Shown(ctx, account.Query{SourceID: g.sourceID, NativeIdentities: some})
		if err != nil {
			return nil, err
		}
		for a, err := range page.Accounts {
			if err != nil {
				return nil, err
			}
			byNative[account.MemberText(a.Text, "nativeIdentity")] = a
		}
	}
	return byNative, nil
}

// byID gets an account; one that is not there, or of another source, is empty.
func (g *getter) byID(ctx context.Context, id string) (isc.Shown, error) {
	found, err := g.api.ShownByID(ctx, id)
	var e *isc.Error
	switch {
	case errors.As(err, &e) && e.NotFound():
		return isc.Shown{}, nil
	case err == nil && g.sourceID != "" && account.MemberText(found.Text, "sourceId") != g.sourceID:
		return isc.Shown{}, nil
	}
	return found, err
}

// entitlements shows what accounts hold.
func (g *getter) entitlements(ctx context.Context, names []name) error {
	found, err := g.find(ctx, names)
	if err != nil {
		return err
	}
	held := make([]holding, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(g.conf.Workers)
	for i := range names {
		if found[i].Text != "" {
			group.Go(func() (err error) {
				held[i], err = g.holds(ctx, found[i].ID)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, n := range names {
		if found[i].Text == "" {
			g.lacks(n)
			continue
		}
		for _, e := range held[i].entitlements {
			if err := g.entitlement(found[i], e); err != nil {
				return err
			}
		}
		if g.count && !g.conf.Quiet {
			fmt.Fprintf(g.stderr, "%s: %s\n", text.Visible(n.text), held[i].text())
		}
	}
	return nil
}

// holding is what of one account's entitlements was asked for.
type holding struct {
	entitlements []isc.Entitlement
	all          int // as the API counts them, -1 when it does not say
}

func (h holding) text() string {
	if h.all < 0 {
		return "the API does not say how many entitlements there are, " + text.Number(len(h.entitlements)) + " shown"
	}
	return text.Number(len(h.entitlements)) + " of " + text.Number(h.all) + " entitlements"
}

// holds lists the entitlements of one account that were asked for, to the page
// that has none.
func (g *getter) holds(ctx context.Context, id string) (holding, error) {
	const page = 250
	h := holding{all: -1}
	for {
		most, have := page, len(h.entitlements)
		if g.limit > 0 {
			most = min(page, g.limit-have)
		}
		if most == 0 {
			return h, nil
		}
		got, all, err := g.api.Entitlements(ctx, id, g.offset+have, most, g.count && have == 0)
		if have == 0 {
			h.all = all
		}
		if err != nil || len(got) == 0 {
			return h, err
		}
		h.entitlements = append(h.entitlements, got...)
	}
}

// entitlement shows one entitlement and whose it is.
func (g *getter) entitlement(of isc.Shown, e isc.Entitlement) error {
	object, err := json.Marshal(struct {
		Account   string `json:"account"` // native identity
		AccountID string `json:"accountId"`
		isc.Entitlement
	}{account.MemberText(of.Text, "nativeIdentity"), of.ID, e})
	if err != nil {
		return err
	}
	return g.shown.Add(string(object))
}
