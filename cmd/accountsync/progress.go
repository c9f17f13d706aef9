package main

import (
	"fmt"
	"sync"
	"time"

	accountsync "accountsync/sync"
)

// progress shows how far a run is: a live line on a terminal, a log line every
// 30 s elsewhere.
type progress struct {
	mu    sync.Mutex
	app   *app
	live  bool
	begun time.Time
	shown time.Time
	wide  int
}

const (
	liveEvery = 100 * time.Millisecond
	logEvery  = 30 * time.Second
)

func (a *app) newProgress(conf config) *progress {
	live := isTerminal(a.stderr) && !conf.NoProgress && !conf.Quiet && lookup(a.environ, "CI") == "" && lookup(a.environ, "TERM") != "dumb"
	now := time.Now()
	return &progress{app: a, live: live, begun: now, shown: now}
}

func (p *progress) watch(e accountsync.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	every := logEvery
	if p.live {
		every = liveEvery
	}
	if now := time.Now(); now.Sub(p.shown) >= every {
		p.shown = now
		p.show(e)
	}
}

func (p *progress) show(e accountsync.Progress) {
	if !p.live {
		p.app.log.Info().Str("step", e.Step).Int("done", e.Done).Int("total", e.Total).Int("failed", e.Failed).Msg("still at it")
		return
	}
	line := fmt.Sprintf("%s %d", e.Step, e.Done)
	if e.Total > 0 {
		line += fmt.Sprintf(" of %d", e.Total)
	}
	if e.Failed > 0 {
		line += fmt.Sprintf(", %d failed", e.Failed)
	}
	line += fmt.Sprintf(", %s", time.Since(p.begun).Round(time.Second))
	fmt.Fprintf(p.app.stderr, "\r%-*s", p.wide, line)
	p.wide = len(line)
}

// end wipes the live line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && p.wide > 0 {
		fmt.Fprintf(p.app.stderr, "\r%-*s\r", p.wide, "")
	}
}
