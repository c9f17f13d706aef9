package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"accountsync/accounts"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"
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
	in, isFile := a.stdin.(*os.File)
	from, _ := c.Flags().GetString("from")
	if !isFile || from == "-" || !term.IsTerminal(int(in.Fd())) {
		return false
	}
	_, closeScreen, err := a.screen()
	if err == nil {
		closeScreen()
	}
	return err == nil
}

// screen is where a question is seen: standard error, or the terminal itself
// when that goes elsewhere.
func (a *app) screen() (w io.Writer, closeScreen func(), err error) {
	if f, ok := terminalOf(a.stderr); ok {
		return f, func() {}, nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	return tty, func() { _ = tty.Close() }, err
}

// confirm asks before an order that destroys, by count and source; no is the default.
func (s *session) confirm(c *cobra.Command, o order, rec sync.Reader) error {
	n, keys := 0, []string{}
	for op, err := range rec.Operations(s.stop.soft, sync.Filter{}) {
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
	s.bar.end()
	screen, closeScreen, err := s.screen()
	if err != nil {
		return err
	}
	defer closeScreen()
	fmt.Fprint(screen, question+" [y/N] ")
	answer, err := readAnswer(s.stop.soft, s.stdin)
	if err != nil {
		return err
	}
	if answer != "y" && answer != "yes" {
		return problem.Errorf(problem.Failure, "", "cancelled; nothing was sent")
	}
	return nil
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

// readAnswer reads a line in lower case; the end of the input is an empty one.
func readAnswer(ctx context.Context, in io.Reader) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n')
		lines <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case line := <-lines:
		return line, nil
	case <-ctx.Done():
		return "", context.Canceled
	}
}
