package terminal

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"accountsync/internal/text"
	accountsync "accountsync/sync"

	"github.com/rs/zerolog"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Progress shows how far a command is: a live line on a terminal, a log line
// every 30 s elsewhere.
type Progress struct {
	Live   bool
	stderr *Console
	log    zerolog.Logger
	paused func() Pause // how long nobody can send; nil: not known

	mu    sync.Mutex
	pace  pace
	shown time.Time // when a log line was written
	bar   *mpb.Bar
}

const logEvery = 30 * time.Second

// NewProgress makes one that shows nothing yet. Paused says how long nobody can
// send; it may be nil.
func NewProgress(stderr *Console, log zerolog.Logger, live bool, paused func() Pause) *Progress {
	return &Progress{Live: live, stderr: stderr, log: log, paused: paused, shown: time.Now()}
}

// Pause is for how long nobody can send from now on.
type Pause struct {
	Length time.Duration
	Asked  time.Duration // as the API asked, 0 when it is a pause of our own
}

// text is the pause in words, "" when there is none.
func (p Pause) text() string {
	switch {
	case p.Asked > 0:
		return fmt.Sprintf("waiting %s as the API asked (Retry-After)", text.Wait(p.Asked))
	case p.Length > 0:
		return fmt.Sprintf("pausing %s after a refusal", text.Wait(p.Length))
	}
	return ""
}

// Watch takes note of how far a step is.
func (p *Progress) Watch(e accountsync.Progress) {
	now := time.Now()
	p.mu.Lock()
	p.pace.at(now, e)
	pace := p.pace
	due := !p.Live && now.Sub(p.shown) >= logEvery
	if due {
		p.shown = now
	}
	if p.Live && p.bar == nil {
		p.begin()
	}
	bar := p.bar
	p.mu.Unlock()
	if due {
		pace.log(p.log, p.pause())
	}
	if bar != nil { // not under the lock: the line takes it when it is drawn
		bar.SetTotal(int64(max(pace.Total, pace.Done+1)), false)
		bar.SetCurrent(int64(pace.Done))
	}
}

func (p *Progress) pause() Pause {
	if p.paused == nil {
		return Pause{}
	}
	return p.paused()
}

// begin begins the live line, drawn with signs that every terminal has.
func (p *Progress) begin() {
	line := mpb.New(mpb.WithOutput(p.stderr.Out))
	style := mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]")
	p.bar = line.New(0, style, mpb.BarWidth(24),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return p.step() })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return p.rest() })))
	p.stderr.hold(line)
}

func (p *Progress) step() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%-9s", p.pace.Step)
}

func (p *Progress) rest() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pace.text(p.pause())
}

// End wipes the live line. It comes again when there is more to show.
func (p *Progress) End() {
	p.mu.Lock()
	bar := p.bar
	p.bar = nil
	p.mu.Unlock()
	if bar != nil {
		bar.Abort(true)
		p.stderr.release()
	}
}

// pace is how far a step is and how fast it goes.
type pace struct {
	accountsync.Progress
	begun time.Time // the step
	from  int       // what was done of it then
	last  time.Time
}

// at takes the next news. Workers tell them in no order: only what is further counts.
func (p *pace) at(now time.Time, e accountsync.Progress) {
	if e.Step != p.Step || e.Total < p.Total {
		*p = pace{Progress: e, begun: now, from: e.Done}
	}
	p.Done, p.Total, p.Failed, p.Until, p.last = max(p.Done, e.Done), e.Total, max(p.Failed, e.Failed), e.Until, now
}

// perSecond is how much of the step was done a second, 0 when that cannot be said yet.
func (p *pace) perSecond() float64 {
	took := p.last.Sub(p.begun).Seconds()
	if took < 1 {
		return 0
	}
	return float64(p.Done-p.from) / took
}

// left is how long the rest of the step takes at this pace, 0 when that cannot be said.
func (p *pace) left() time.Duration {
	rate := p.perSecond()
	if rate == 0 || p.Total <= p.Done {
		return 0
	}
	return time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second)).Round(time.Second)
}

// text is the news in words, the most important first: a narrow terminal cuts
// the end off.
func (p *pace) text(held Pause) string {
	done := text.Number(p.Done)
	if p.Total > 0 {
		done += " of " + text.Number(p.Total)
	}
	words := []string{done}
	if wait := p.waits(); wait > 0 {
		words[0] = fmt.Sprintf("%s of %s not in the list yet, up to %s", text.Number(p.Total-p.Done), text.Number(p.Total), text.Wait(wait))
	}
	if p.Failed > 0 {
		words = append(words, text.Number(p.Failed)+" failed")
	}
	if waits := held.text(); waits != "" {
		words = append(words, waits)
	}
	if left := p.left(); left > 0 && p.Until.IsZero() {
		words = append(words, left.String()+" left")
	}
	if rate := p.perSecond(); rate > 0 {
		words = append(words, rounded(rate)+"/s")
	}
	return strings.Join(words, ", ")
}

// waits is how long what was sent may still take to show, 0 when nothing is
// waited for.
func (p *pace) waits() time.Duration {
	if p.Until.IsZero() || p.Done >= p.Total {
		return 0
	}
	return max(0, time.Until(p.Until))
}

// rounded is a rate as precisely as a reader wants it.
func rounded(rate float64) string {
	if rate >= 10 {
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.1f", rate)
}

func (p *pace) log(log zerolog.Logger, held Pause) {
	line := log.Info().Str("step", p.Step).Int("done", p.Done).Int("total", p.Total).Int("failed", p.Failed)
	if rate := p.perSecond(); rate > 0 {
		line = line.Float64("per_second", float64(int(rate*10))/10)
	}
	if wait := p.waits(); wait > 0 {
		line = line.Int("not_in_list_yet", p.Total-p.Done).Stringer("up_to", text.RoundedUp(wait))
	} else if left := p.left(); left > 0 {
		line = line.Stringer("left", left)
	}
	if held.Length > 0 {
		line = line.Stringer("paused_for", text.RoundedUp(held.Length)).Bool("asked", held.Asked > 0)
	}
	line.Msg("progress")
}
