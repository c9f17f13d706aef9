package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/notify"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// teller tells others of one command, or of one sync of a fleet: a monitor is
// pinged when it begins and when it ends, a webhook is called when it ends with
// anything but 0. Whatever becomes of that, the run goes on and its exit status stays.
type teller struct {
	*app
	client  *notify.Client
	command string
	run     string // the id its first session takes
	taken   bool
	begun   time.Time
	ping    *notify.Receiver
	pinged  string // the setting, to tell a sync's own
	hook    *notify.Receiver

	result *reports.Run // of its session, once it has ended
	next   string
	parts  []part   // of a fleet: its syncs
	rest   []func() // what is done when it has been told
}

// part is what became of one sync of a fleet.
type part struct {
	source string
	code   int
	text   string
	done   bool // it was begun, and ended
}

// telling wraps a command that others are told of.
func (a *app) telling(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		a.teller = a.newTeller(c.Name())
		err := sync.Safely(func() error { return run(c, args) })
		a.teller.end("", err)
		return err
	}
}

func (a *app) newTeller(command string) *teller {
	t := &teller{app: a, client: notify.NewClient("accountsync/" + version()), command: command, begun: time.Now().UTC()}
	t.run = newRunID(t.begun)
	a.run.Store(&t.run)
	return t
}

// listen looks up who is to be told, as far as the settings could be read, and
// says that the command begins.
func (t *teller) listen(all *config.Sources) {
	if t == nil {
		return
	}
	t.ping, t.hook, t.pinged = all.Receivers()
	t.start()
}

// tellingOf tells of one sync of a fleet. The fleet's own ping comes when all
// is over, so that no sync covers what became of another.
func (a *app) tellingOf(conf *config.Sync, one func() error) part {
	whole := a.teller
	if whole == nil {
		return part{source: conf.Name, code: exit.Code(one())}
	}
	t := a.newTeller(whole.command)
	t.hook = conf.Webhook
	if conf.PingURL != whole.pinged {
		t.ping = conf.Ping
	}
	a.teller = t
	defer func() {
		a.teller = whole
		a.run.Store(&whole.run)
	}()
	t.start()
	return t.end(conf.Name, sync.Safely(one))
}

// about takes note of how a session ended.
func (t *teller) about(r *reports.Run, next string) {
	if t != nil {
		t.result, t.next = r, next
	}
}

// after puts off what would close the record until others have been told of
// it; nobody to tell, and it is done at once.
func (t *teller) after(f func()) {
	if t == nil {
		f()
		return
	}
	t.rest = append(t.rest, f)
}

func (t *teller) start() {
	if t.ping != nil {
		t.send("ping", t.ping, func() error { return t.client.PingStart(t.stop.Draining, t.ping, t.run) })
	}
}

// end says how it ended, to both at the same time. It is said after a signal
// as well; a second signal gives up.
func (t *teller) end(source string, err error) part {
	p := part{source: source, code: exit.Code(err), text: t.text(err)}
	told := make(chan struct{})
	go func() {
		defer close(told)
		if t.ping != nil {
			t.send("ping", t.ping, func() error { return t.client.PingEnd(t.stop.LastWord(), t.ping, t.run, p.code, p.text) })
		}
	}()
	if t.hook != nil && p.code != problem.OK && !slices.ContainsFunc(t.parts, func(p part) bool { return p.code != problem.OK }) {
		t.send("webhook", t.hook, func() error { return t.webhook(p.code, err) })
	}
	<-told
	for _, f := range t.rest {
		f()
	}
	return p
}

// webhook posts the head of the result.
func (t *teller) webhook(code int, err error) error {
	var body bytes.Buffer
	ctx := t.stop.LastWord()
	if err := reports.WriteHead(ctx, &body, t.head(code, err), t.next); err != nil {
		return err
	}
	return t.client.Webhook(ctx, t.hook, body.Bytes())
}

// send logs what does not work, and with whom: never the whole address.
func (t *teller) send(kind string, to *notify.Receiver, message func() error) {
	begun := time.Now()
	if err := sync.Safely(message); err != nil {
		t.log.Warn().Dur("took_ms", time.Since(begun)).Msgf("%s %s failed: %v; the run continues", kind, to.Host(), err)
		return
	}
	t.log.Debug().Dur("took_ms", time.Since(begun)).Msgf("%s %s sent", kind, to.Host())
}

// head is the run, or what is known when there is none.
func (t *teller) head(code int, err error) *reports.Run {
	if t.result != nil {
		h := *t.result.Head()
		h.ExitCode = code
		return &reports.Run{Reader: headed{t.result, &h}}
	}
	h := &sync.Head{Run: t.run, Command: t.command, Version: version(), ExitCode: code, Started: t.begun, Finished: time.Now().UTC()}
	h.Error, h.Hint = whatItSays(err)
	return reports.HeadOnly(h)
}

// whatItSays is an error's text and hint, fit for others.
func whatItSays(err error) (text, hint string) {
	var done *exit.Said
	switch {
	case errors.As(err, &done) && done.Code == problem.Interrupted:
		err = context.Canceled
	case err == nil || done != nil:
		return "", ""
	}
	_, hint = exit.Diagnose(err)
	return reports.Impersonal(exit.Text(err)), hint
}

// text is summary.md, or for a fleet those of all syncs, or the error.
func (t *teller) text(err error) string {
	var b strings.Builder
	switch {
	case len(t.parts) > 0:
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n", t.command, exit.Code(err))
		for _, p := range t.parts {
			fmt.Fprintf(&b, "- exit %d: %s\n", p.code, p.source)
		}
		for _, p := range t.parts {
			fmt.Fprintf(&b, "\n%s", p.text)
		}
	case t.result != nil:
		_ = reports.WriteSummary(context.Background(), &b, t.result) // a Builder takes everything
	default:
		said, hint := whatItSays(err)
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n%s\n", t.command, exit.Code(err), strings.TrimSpace(said+"\n\n"+hint))
	}
	return b.String()
}

// announced is the id of a run that begins: the one that others were told, or
// a new one.
func (t *teller) announced(begun time.Time) (run string) {
	if t == nil || t.taken {
		return newRunID(begun)
	}
	t.taken = true
	return t.run
}
