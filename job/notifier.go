package job

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
)

// Notifier tells others of one command, or of one sync of a fleet: a monitor is
// pinged when it begins and when it ends, a webhook is called when it ends with
// anything but 0. Whatever becomes of that, the run goes on and its exit status stays.
type Notifier struct {
	env     *Env
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

// Notify carries out a command that others are told of.
func (e *Env) Notify(command string, run func() error) error {
	e.Notifier = e.newNotifier(command)
	err := sync.Safely(run)
	e.Notifier.end("", err)
	return err
}

func (e *Env) newNotifier(command string) *Notifier {
	n := &Notifier{env: e, client: notify.NewClient("accountsync/" + e.Version), command: command, begun: time.Now().UTC()}
	n.run = newRunID(n.begun)
	e.RunID.Store(&n.run)
	return n
}

// Listen looks up who is to be told, as far as the settings could be read, and
// says that the command begins.
func (n *Notifier) Listen(all *config.Sources) {
	if n == nil {
		return
	}
	n.ping, n.hook, n.pinged = all.Receivers()
	n.start()
}

// notifyOf tells of one sync of a fleet. The fleet's own ping comes when all
// is over, so that no sync covers what became of another.
func (e *Env) notifyOf(conf *config.Sync, one func() error) part {
	whole := e.Notifier
	if whole == nil {
		return part{source: conf.Name, code: exit.Code(one())}
	}
	n := e.newNotifier(whole.command)
	n.hook = conf.Webhook
	if conf.PingURL != whole.pinged {
		n.ping = conf.Ping
	}
	e.Notifier = n
	defer func() {
		e.Notifier = whole
		e.RunID.Store(&whole.run)
	}()
	n.start()
	return n.end(conf.Name, sync.Safely(one))
}

// about takes note of how a session ended.
func (n *Notifier) about(r *reports.Run, next string) {
	if n != nil {
		n.result, n.next = r, next
	}
}

// after puts off what would close the record until others have been told of
// it; nobody to tell, and it is done at once.
func (n *Notifier) after(f func()) {
	if n == nil {
		f()
		return
	}
	n.rest = append(n.rest, f)
}

func (n *Notifier) start() {
	if n.ping != nil {
		n.send("ping", n.ping, func() error { return n.client.PingStart(n.env.Stop.Draining, n.ping, n.run) })
	}
}

// end says how it ended, to both at the same time. It is said after a signal
// as well; a second signal gives up.
func (n *Notifier) end(source string, err error) part {
	p := part{source: source, code: exit.Code(err), text: n.text(err)}
	told := make(chan struct{})
	go func() {
		defer close(told)
		if n.ping != nil {
			n.send("ping", n.ping, func() error { return n.client.PingEnd(n.env.Stop.LastWord(), n.ping, n.run, p.code, p.text) })
		}
	}()
	if n.hook != nil && p.code != problem.OK && !slices.ContainsFunc(n.parts, func(p part) bool { return p.code != problem.OK }) {
		n.send("webhook", n.hook, func() error { return n.webhook(p.code, err) })
	}
	<-told
	for _, f := range n.rest {
		f()
	}
	return p
}

// webhook posts the head of the result.
func (n *Notifier) webhook(code int, err error) error {
	var body bytes.Buffer
	ctx := n.env.Stop.LastWord()
	if err := reports.WriteHead(ctx, &body, n.head(code, err), n.next); err != nil {
		return err
	}
	return n.client.Webhook(ctx, n.hook, body.Bytes())
}

// send logs what does not work, and with whom: never the whole address.
func (n *Notifier) send(kind string, to *notify.Receiver, message func() error) {
	begun := time.Now()
	if err := sync.Safely(message); err != nil {
		n.env.Log.Warn().Dur("took_ms", time.Since(begun)).Msgf("%s %s failed: %v; the run continues", kind, to.Host(), err)
		return
	}
	n.env.Log.Debug().Dur("took_ms", time.Since(begun)).Msgf("%s %s sent", kind, to.Host())
}

// head is the run, or what is known when there is none.
func (n *Notifier) head(code int, err error) *reports.Run {
	if n.result != nil {
		h := *n.result.Head()
		h.ExitCode = code
		return &reports.Run{Reader: headed{n.result, &h}}
	}
	h := &sync.Head{Run: n.run, Command: n.command, Version: n.env.Version, ExitCode: code, Started: n.begun, Finished: time.Now().UTC()}
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
func (n *Notifier) text(err error) string {
	var b strings.Builder
	switch {
	case len(n.parts) > 0:
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n", n.command, exit.Code(err))
		for _, p := range n.parts {
			fmt.Fprintf(&b, "- exit %d: %s\n", p.code, p.source)
		}
		for _, p := range n.parts {
			fmt.Fprintf(&b, "\n%s", p.text)
		}
	case n.result != nil:
		_ = reports.WriteSummary(context.Background(), &b, n.result) // a Builder takes everything
	default:
		said, hint := whatItSays(err)
		fmt.Fprintf(&b, "## accountsync %s: exit %d\n\n%s\n", n.command, exit.Code(err), strings.TrimSpace(said+"\n\n"+hint))
	}
	return b.String()
}

// announced is the id of a run that begins: the one that others were told, or
// a new one.
func (n *Notifier) announced(begun time.Time) (run string) {
	if n == nil || n.taken {
		return newRunID(begun)
	}
	n.taken = true
	return n.run
}
