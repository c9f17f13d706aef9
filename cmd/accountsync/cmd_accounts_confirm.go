package main

import (
	"fmt"
	"strings"

	"accountsync/accounts"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// mayAsk refuses an order that destroys where nobody can be asked and nobody
// said yes beforehand.
func (a *app) mayAsk(c *cobra.Command, o order) error {
	if yes, _ := c.Flags().GetBool("yes"); !o.destroys || yes || a.canAsk(c) {
		return nil
	}
	return problem.Errorf(problem.Usage, "there is no terminal to ask on: --yes confirms beforehand", "%s: confirmation needed: add --yes", c.CommandPath())
}

// canAsk reports whether somebody sits at a terminal, on which no names come in.
func (a *app) canAsk(c *cobra.Command) bool {
	from, _ := c.Flags().GetString("from")
	return from != "-" && terminal.CanAsk(a.stdin, a.stderr)
}

// confirm asks before an order that destroys, by count and source; no is the default.
func (s *session) confirm(c *cobra.Command, o order, rec sync.Reader) error {
	n, keys := 0, []string{}
	for op, err := range rec.Operations(s.stop.Draining, sync.Filter{}) {
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
	if yes, _ := c.Flags().GetBool("yes"); !o.destroys || yes || n == 0 {
		return nil
	}
	return s.ask(fmt.Sprintf("%s %s of source %s?", capitalized(string(o.op)), keysOf(n, keys), accounts.Name{Text: s.head.Source.Name}.Quoted()))
}

// ask asks a question on the terminal; no is the default.
func (s *session) ask(question string) error {
	s.bar.End()
	yes, err := terminal.Ask(s.stop.Draining, s.stdin, s.stderr, question)
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
	return accountsText(n) + " (" + list + ")"
}

func capitalized(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
