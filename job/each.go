package job

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"

	"golang.org/x/sync/errgroup"
)

// member is one sync of several that a command carries out.
type member struct {
	conf *config.Sync
	n    int  // which of them, from 1
	part part // what became of it
}

// Each carries a command out for what the command line asks for or, when
// it names no file, for every sync of the configuration file: each with its own
// plan, guards, lock, books and reports. One fails, the others go on; the exit
// status is the worst.
func Each(env *Env, all *config.Sources, conf *config.Sync, command Command, one func(*Env, *config.Sync, Command) error) error {
	var members []*member
	var err error
	_, named := command.Given("file")
	switch {
	case all.Fleet() && !named:
		syncs, err := all.Syncs()
		if err != nil {
			return err
		}
		for _, s := range syncs {
			members = append(members, &member{conf: s})
		}
	case conf.Source == "" && conf.File != "" && conf.File != "-":
		if members, err = bySource(env.Stop.Draining, conf); err != nil {
			return err
		}
	}
	if members == nil {
		return one(env, conf, command)
	}
	return env.runAll(conf, members, func(env *Env, conf *config.Sync) error { return one(env, conf, command) })
}

// bySource makes a member of each source that the file's column sourceId names;
// none when it has no such column.
func bySource(ctx context.Context, conf *config.Sync) (members []*member, err error) {
	file, err := csvfile.OpenContext(ctx, conf.File, conf.CSV)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids, err := file.Sources()
	for _, id := range ids {
		part := *conf
		part.Name, part.Source, part.CSV.Sources, part.Out = id, id, ids, filepath.Join(conf.Out, config.FolderName(id))
		members = append(members, &member{conf: &part})
	}
	return members, err
}

// runAll carries them out, whatever becomes of each: those that share a
// quota one after the other under one limiter, the others side by side.
func (e *Env) runAll(whole *config.Sync, members []*member, one func(*Env, *config.Sync) error) error {
	domains := map[string][]*member{}
	var order []string
	for i, m := range members {
		m.n = i + 1
		domain := m.conf.Domain()
		if domains[domain] == nil {
			order = append(order, domain)
		}
		domains[domain] = append(domains[domain], m)
	}
	turns := terminal.NewTurns(e.Stdout)
	var pool errgroup.Group
	pool.SetLimit(max(1, whole.Parallel))
	for _, domain := range order {
		pool.Go(func() error {
			d := e.forDomain()
			out := turns.Writer()
			d.Stdout = out
			for _, m := range domains[domain] {
				if e.Stop.Draining.Err() != nil {
					break
				}
				if len(order) > 1 {
					m.conf.NoProgress = true // one live line cannot show several
				}
				d.runMember(m, len(members), one, out)
			}
			return nil
		})
	}
	_ = pool.Wait() // none ends the others
	return e.summarize(whole, members)
}

// runMember carries one out and tells of its end.
func (e *Env) runMember(m *member, of int, one func(*Env, *config.Sync) error, out *terminal.Turn) {
	out.Heading = ""
	if !m.conf.Quiet {
		out.Heading = fmt.Sprintf("\n== %s (%d of %d)\n\n", m.conf.Name, m.n, of)
	}
	err := error(nil)
	if e.Log, err = NewLog(m.conf, e.Stderr, e.RunID); err == nil {
		e.Log = e.Log.With().Str("sync", m.conf.Name).Logger()
	}
	m.part = e.notifyOf(m.conf, func() error {
		defer out.Release()
		if err == nil {
			e.API, err = e.connect(m.conf)
		}
		if err == nil {
			err = one(e, m.conf)
		}
		if done := (*exit.Said)(nil); err != nil && !errors.As(err, &done) {
			exit.Print(e.Stderr, m.conf.Name, err)
		}
		return err
	})
	m.part.done = true
}

// forDomain is what the syncs of one quota domain are given.
func (e *Env) forDomain() *Env {
	d := *e
	d.RunID, d.API = &RunID{}, nil
	return &d
}

// summarize says how each ended. The exit status is the worst.
func (e *Env) summarize(whole *config.Sync, members []*member) error {
	worst := problem.OK
	var ends strings.Builder
	for _, m := range members {
		if !m.part.done {
			worst = problem.Interrupted
			fmt.Fprintf(&ends, "    -  %s (not started)\n", m.conf.Name)
			continue
		}
		worst = problem.Worse(worst, m.part.code)
		fmt.Fprintf(&ends, "  %3d  %s\n", m.part.code, m.conf.Name)
		if e.Notifier != nil {
			e.Notifier.parts = append(e.Notifier.parts, m.part)
		}
	}
	if e.Stop.Draining.Err() != nil {
		worst = problem.Interrupted
	}
	if !whole.Quiet || worst != problem.OK {
		fmt.Fprintf(e.Stdout, "\nExit status of each sync, and of all %d:\n%s", worst, ends.String())
	}
	return &exit.Said{Code: worst}
}
