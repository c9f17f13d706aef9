package job

import (
	"fmt"
	"strings"

	"accountsync/account"
	"accountsync/accounts"
	"accountsync/config"
	"accountsync/diff"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Change is what one command asks for of the accounts it names.
type Change struct {
	Op       diff.Op
	Names    []accounts.Name // the accounts; none where the file with the attributes names them
	Options  account.Unlock  // what the API is told beyond the account
	Force    bool            // send it even if the account already is as asked
	Destroys bool            // ask first
	Yes      bool            // was said beforehand
	Piped    bool            // the names come in on standard input: nobody can be asked
	// Requests are the fields of each account, and further accounts that they
	// name. Nil where the operation has none.
	Requests func(of accounts.Target) ([]sync.Request, error)
}

// Write changes single accounts the way of a sync: look up what is named, judge,
// ask, send, verify, report.
func Write(env *Env, conf *config.Sync, command Command, c Change) error {
	if err := rules(conf).Refuse("accountsync " + command.Name); err != nil {
		return err
	}
	terms := terms(conf)
	terms.Action = c.Options
	var settings sync.Settings
	policy, err := conf.Policy()
	if err != nil {
		return err
	}
	settings.Policy.Protect = policy.Protect
	if err := accounts.NeedSource(conf.Source, c.Names); err != nil {
		return err
	}
	if c.Destroys && !c.Yes && (c.Piped || !terminal.CanAsk(env.Stdin, env.Stderr)) {
		return problem.Errorf(problem.Usage, "there is no terminal to ask on: --yes confirms beforehand", "accountsync %s: confirmation needed: add --yes", command.Name)
	}
	j, err := open(env, conf, command)
	if err != nil {
		return err
	}
	defer j.close()
	j.head.Writes = true
	err = j.write(c, terms, settings)
	return j.finish(err)
}

// write looks up what the change names, and carries it out.
func (j *Job) write(c Change, terms sync.Terms, settings sync.Settings) error {
	of, err := j.target(c.Names)
	if err != nil {
		return err
	}
	if err := j.mask(of.Schema, nil); err != nil {
		return err
	}
	requests, err := c.requests(of)
	if err != nil {
		return err
	}
	if err := j.put(terms); err != nil {
		return err
	}
	j.kept = &sync.FromRequests{API: j.api, Schema: of.Schema, Requests: requests}
	settings.Planned = func(rec sync.Reader) error { return j.confirm(c, rec) }
	return j.carryOut(j.kept, settings)
}

// requests are what is asked for of each account.
func (c Change) requests(of accounts.Target) ([]sync.Request, error) {
	if c.Requests != nil {
		return c.Requests(of)
	}
	requests := make([]sync.Request, len(c.Names))
	for i, n := range c.Names {
		requests[i] = sync.Request{Op: c.Op, Name: n.Text, Line: n.Line, Force: c.Force}
	}
	return requests, nil
}

// target is the source named, else that of the first account that is there.
func (j *Job) target(names []accounts.Name) (of accounts.Target, err error) {
	source := j.conf.Source
	if source == "" {
		if source, err = j.sourceOf(names); err != nil {
			return of, err
		}
	}
	if err = j.source(source, true); err != nil {
		return of, err
	}
	of.Source = j.head.Source
	if of.Schema, err = j.api.Schema(j.env.Stop.Draining, of.Source.ID); err != nil {
		return of, fmt.Errorf("reading the account schema of source %q: %w", of.Source.Name, err)
	}
	return of, nil
}

// sourceOf is the id of the source of accounts named by their ids.
func (j *Job) sourceOf(names []accounts.Name) (string, error) {
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = n.Text
	}
	for _, q := range j.api.ByID(ids) {
		page, err := j.api.Accounts(j.env.Stop.Draining, q)
		if err != nil {
			return "", fmt.Errorf("looking up the accounts: %w", err)
		}
		for a, err := range page.Accounts {
			if err != nil || a.SourceID != "" {
				return a.SourceID, err
			}
		}
	}
	return "", problem.Errorf(problem.Failure, "check the ids, or name the accounts by their native identities and the source with --source", "no account has such an id")
}

// confirm asks before a change that destroys, by count and source; no is the default.
func (j *Job) confirm(c Change, rec sync.Reader) error {
	n, keys := 0, []string{}
	for op, err := range rec.Operations(j.env.Stop.Draining, sync.Filter{}) {
		if err != nil {
			return exit.OfStore(err)
		}
		if op.State != sync.Withheld || op.Reason.Code == sync.CodeNotPossible {
			continue
		}
		if n++; n <= fewKeys {
			keys = append(keys, text.Visible(op.Key))
		}
	}
	if !c.Destroys || c.Yes || n == 0 {
		return nil
	}
	return j.ask(fmt.Sprintf("%s %s of source %s?", capitalized(string(c.Op)), keysOf(n, keys), accounts.Name{Text: j.head.Source.Name}.Quoted()))
}

// ask asks a question on the terminal; no is the default.
func (j *Job) ask(question string) error {
	j.bar.End()
	yes, err := terminal.Ask(j.env.Stop.Draining, j.env.Stdin, j.env.Stderr, question)
	if err == nil && !yes {
		err = problem.Errorf(problem.Failure, "", "cancelled; nothing was sent")
	}
	return err
}

// fewKeys is how many accounts a question names.
const fewKeys = 5

// keysOf counts the accounts and names the first few.
func keysOf(n int, keys []string) string {
	list := strings.Join(keys, ", ")
	if more := n - len(keys); more > 0 {
		list += fmt.Sprintf(" and %s more", text.Number(more))
	}
	return text.Counted(n, "account") + " (" + list + ")"
}

func capitalized(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
