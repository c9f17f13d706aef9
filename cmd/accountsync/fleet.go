package main

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

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// job is one sync of several that a command carries out.
type job struct {
	conf *config.Sync
	n    int  // which of them, from 1
	part part // what became of it
}

// forEachJob carries out a command for what the command line asks for or, when
// it names no file, for every sync of the configuration file: each with its own
// plan, guards, lock, books and reports. One fails, the others go on; the exit
// status is the worst.
func (a *app) forEachJob(c *cobra.Command, one func(*app, *cobra.Command, *config.Sync) error) error {
	all, conf, err := a.gather(c)
	if err != nil {
		return err
	}
	var jobs []*job
	switch {
	case all.Fleet() && !c.Flags().Changed("file"):
		syncs, err := all.Syncs()
		if err != nil {
			return err
		}
		for _, s := range syncs {
			jobs = append(jobs, &job{conf: s})
		}
	case conf.Source == "" && conf.File != "" && conf.File != "-":
		if jobs, err = bySource(a.stop.Draining, conf); err != nil {
			return err
		}
	}
	if jobs == nil {
		return one(a, c, conf)
	}
	return a.runJobs(c, conf, jobs, one)
}

// bySource makes a job of each source that the file's column sourceId names;
// none when it has no such column.
func bySource(ctx context.Context, conf *config.Sync) (jobs []*job, err error) {
	file, err := csvfile.OpenContext(ctx, conf.File, conf.CSV)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids, err := file.Sources()
	for _, id := range ids {
		part := *conf
		part.Name, part.Source, part.CSV.Sources, part.Out = id, id, ids, filepath.Join(conf.Out, config.FolderName(id))
		jobs = append(jobs, &job{conf: &part})
	}
	return jobs, err
}

// runJobs carries the jobs out, whatever becomes of each: those that share a
// quota one after the other under one limiter, the others side by side.
func (a *app) runJobs(c *cobra.Command, whole *config.Sync, jobs []*job, one func(*app, *cobra.Command, *config.Sync) error) error {
	domains := map[string][]*job{}
	var order []string
	for i, j := range jobs {
		j.n = i + 1
		domain := j.conf.Domain()
		if domains[domain] == nil {
			order = append(order, domain)
		}
		domains[domain] = append(domains[domain], j)
	}
	turns := terminal.NewTurns(a.stdout)
	var pool errgroup.Group
	pool.SetLimit(max(1, whole.Parallel))
	for _, domain := range order {
		pool.Go(func() error {
			d := a.forDomain()
			out := turns.Writer()
			d.stdout = out
			for _, j := range domains[domain] {
				if a.stop.Draining.Err() != nil {
					break
				}
				if len(order) > 1 {
					j.conf.NoProgress = true // one live line cannot show several
				}
				d.runJob(c, j, len(jobs), one, out)
			}
			return nil
		})
	}
	_ = pool.Wait() // no job ends the others
	return a.summarize(whole, jobs)
}

// runJob carries one job out and tells of its end.
func (a *app) runJob(c *cobra.Command, j *job, of int, one func(*app, *cobra.Command, *config.Sync) error, out *terminal.Turn) {
	out.Heading = ""
	if !j.conf.Quiet {
		out.Heading = fmt.Sprintf("\n== %s (%d of %d)\n\n", j.conf.Name, j.n, of)
	}
	err := error(nil)
	if a.log, err = newLog(j.conf, a.stderr, a.run); err == nil {
		a.log = a.log.With().Str("sync", j.conf.Name).Logger()
	}
	j.part = a.tellingOf(j.conf, func() error {
		defer out.Release()
		if err == nil {
			a.api, err = a.connectTo(j.conf, a.api)
		}
		if err == nil {
			err = one(a, c, j.conf)
		}
		if done := (*exit.Said)(nil); err != nil && !errors.As(err, &done) {
			exit.Print(a.stderr, j.conf.Name, err)
		}
		return err
	})
	j.part.done = true
}

// forDomain is the app for the syncs of one quota domain.
func (a *app) forDomain() *app {
	d := *a
	d.run, d.api = &runID{}, nil
	return &d
}

// summarize says how each job ended. The exit status is the worst.
func (a *app) summarize(whole *config.Sync, jobs []*job) error {
	worst := problem.OK
	var ends strings.Builder
	for _, j := range jobs {
		if !j.part.done {
			worst = problem.Interrupted
			fmt.Fprintf(&ends, "    -  %s (not started)\n", j.conf.Name)
			continue
		}
		worst = problem.Worse(worst, j.part.code)
		fmt.Fprintf(&ends, "  %3d  %s\n", j.part.code, j.conf.Name)
		if a.teller != nil {
			a.teller.parts = append(a.teller.parts, j.part)
		}
	}
	if a.stop.Draining.Err() != nil {
		worst = problem.Interrupted
	}
	if !whole.Quiet || worst != problem.OK {
		fmt.Fprintf(a.stdout, "\nExit status of each sync, and of all %d:\n%s", worst, ends.String())
	}
	return &exit.Said{Code: worst}
}
