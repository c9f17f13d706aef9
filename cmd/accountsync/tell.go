package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"accountsync/internal/problem"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// The settings that name receivers.
const (
	pingSetting    = "ping-url"
	webhookSetting = "webhook"
)

var receiverSettings = []string{pingSetting, webhookSetting}

// teller tells others of one command, or of one sync of a fleet: a monitor is
// pinged when it begins and when it ends, a webhook is called when it ends with
// anything but 0. Whatever becomes of that, the run goes on and its exit status stays.
type teller struct {
	*app
	messenger *messenger
	command   string
	run       string // the id its first session takes
	taken     bool
	begun     time.Time
	ping      *receiver
	pinged    string // the setting, to tell a sync's own
	hook      *receiver

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
	t := &teller{app: a, messenger: newMessenger(), command: command, begun: time.Now().UTC()}
	t.run = newRunID(t.begun)
	a.run.Store(&t.run)
	return t
}

// listen looks up who is to be told, as far as the settings could be read, and
// says that the command begins.
func (t *teller) listen(all *layers) {
	if t == nil {
		return
	}
	t.ping, t.pinged = all.receiver(pingSetting)
	t.hook, _ = all.receiver(webhookSetting)
	if all.narrowed() && all.origin(nil, pingSetting) == all.file.origin {
		t.ping = nil // it stands for all syncs of the file, and this is only one of them
	}
	t.start()
}

// tellingOf tells of one sync of a fleet. The fleet's own ping comes when all
// is over, so that no sync covers what became of another.
func (a *app) tellingOf(conf config, one func() error) error {
	whole := a.teller
	if whole == nil {
		return one()
	}
	t := a.newTeller(whole.command)
	t.hook, _ = parseReceiver(webhookSetting, conf.Webhook)
	if conf.PingURL != whole.pinged {
		t.ping, _ = parseReceiver(pingSetting, conf.PingURL)
	}
	a.teller = t
	defer func() {
		a.teller = whole
		a.run.Store(&whole.run)
	}()
	t.start()
	err := sync.Safely(one)
	whole.parts = append(whole.parts, t.end(conf.Source, err))
	return err
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
		t.send(t.ping, func() error { return t.messenger.pingStart(t.stop.soft, t.ping, t.run) })
	}
}

// end says how it ended, to both at the same time. It is said after a signal
// as well; a second signal gives up.
func (t *teller) end(source string, err error) part {
	p := part{source: source, code: exitCode(err), text: t.text(err)}
	told := make(chan struct{})
	go func() {
		defer close(told)
		if t.ping != nil {
			t.send(t.ping, func() error { return t.messenger.pingEnd(t.stop.last, t.ping, t.run, p.code, p.text) })
		}
	}()
	if t.hook != nil && p.code != problem.OK && !slices.ContainsFunc(t.parts, func(p part) bool { return p.code != problem.OK }) {
		t.send(t.hook, func() error { return t.messenger.callWebhook(t.stop.last, t.hook, t.head(p.code, err), t.next) })
	}
	<-told
	for _, f := range t.rest {
		f()
	}
	return p
}

// send says what does not work, and to whom: never the whole address.
func (t *teller) send(to *receiver, message func() error) {
	begun := time.Now()
	line := t.log.Debug()
	err := sync.Safely(message)
	if err != nil {
		line = t.log.Warn().Str("why", err.Error())
	}
	line.Str("setting", to.setting).Str("host", to.url.Host).Dur("took_ms", time.Since(begun)).Msg(toldOrNot(err))
}

func toldOrNot(err error) string {
	if err != nil {
		return "others could not be told of this run; it goes on"
	}
	return "others were told of this run"
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
	var done *ended
	switch {
	case errors.As(err, &done) && done.code == problem.Interrupted:
		err = context.Canceled
	case err == nil || done != nil:
		return "", ""
	}
	_, hint = diagnose(err)
	return reports.Impersonal(wording(err)), hint
}

// text is summary.md, or for a fleet those of all syncs, or the error.
func (t *teller) text(err error) string {
	var b strings.Builder
	switch {
	case len(t.parts) > 0:
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n", t.command, exitCode(err))
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
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n%s\n", t.command, exitCode(err), strings.TrimSpace(said+"\n\n"+hint))
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
