package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"accountsync/csvfile"
	"accountsync/internal/problem"

	"github.com/spf13/cobra"
)

// each carries out a command for what the command line asks for or, when it
// names no file, for every sync of the configuration file in turn: under one
// limiter, each with its own plan, guards, lock, books and reports. One fails,
// the others go on; the exit status is the worst.
func (a *app) each(c *cobra.Command, one func(*cobra.Command, config) error) error {
	all, conf, err := a.gather(c)
	if err != nil {
		return err
	}
	var confs []config
	switch {
	case len(all.syncs) > 0 && !c.Flags().Changed("file"):
		confs, err = a.fleet(all, conf)
	case conf.Source == "" && conf.File != "" && conf.File != "-":
		confs, err = a.bySource(conf)
	}
	if err != nil {
		return err
	}
	if confs == nil {
		return one(c, conf)
	}
	if a.api, err = a.connect(conf); err != nil {
		return err
	}
	return a.inTurn(c, conf, confs, one)
}

// bySource gives a configuration for each source that the file's column
// sourceId names; none when it has no such column.
func (a *app) bySource(conf config) (confs []config, err error) {
	options, err := conf.options()
	if err != nil {
		return nil, err
	}
	file, err := csvfile.Open(conf.File, options)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids, err := file.Sources()
	for _, id := range ids {
		part := conf
		part.Source, part.sources, part.Out = id, ids, filepath.Join(conf.Out, folderName(id))
		confs = append(confs, part)
	}
	return confs, err
}

// fleet gives the configuration of every sync; --source picks one.
func (a *app) fleet(all *layers, whole config) (confs []config, err error) {
	folders := map[string]string{}
	for i := range all.syncs {
		conf, err := all.config(&all.syncs[i])
		if err != nil {
			return nil, err
		}
		named := all.syncs[i].keys.String("source")
		if all.flags.Changed("source") && named != whole.Source {
			continue
		}
		folder := folderName(conf.Source)
		if other, taken := folders[folder]; taken {
			return nil, problem.Errorf(problem.Config, "name each source once", "%s: the reports of %q and %q would go into one directory", all.syncs[i].origin, other, conf.Source)
		}
		folders[folder] = conf.Source
		conf.Out = filepath.Join(conf.Out, folder)
		confs = append(confs, conf)
	}
	if confs == nil {
		return nil, problem.Errorf(problem.Config, "", "%s: no sync has the source %q", all.file.origin, whole.Source)
	}
	return confs, nil
}

// inTurn carries the syncs out one after the other, whatever becomes of each.
func (a *app) inTurn(c *cobra.Command, whole config, confs []config, one func(*cobra.Command, config) error) error {
	worst := problem.OK
	var ends strings.Builder
	for i, conf := range confs {
		if !conf.Quiet {
			fmt.Fprintf(a.stdout, "\n== %s (%d of %d)\n\n", conf.Source, i+1, len(confs))
		}
		err := a.tellingOf(conf, func() error { return one(c, conf) })
		var done *ended
		if err != nil && !errors.As(err, &done) {
			complain(a.stderr, fmt.Errorf("%s: %w", conf.Source, err))
		}
		code := exitCode(err)
		worst = problem.Worse(worst, code)
		fmt.Fprintf(&ends, "  %3d  %s\n", code, conf.Source)
		if a.stop.soft.Err() != nil {
			worst = problem.Interrupted
			break
		}
	}
	if !whole.Quiet || worst != problem.OK {
		fmt.Fprintf(a.stdout, "\nExit status of each sync, and of all %d:\n%s", worst, ends.String())
	}
	return &ended{worst}
}

// exitCode is the exit status of what a command returned.
func exitCode(err error) int {
	var done *ended
	if errors.As(err, &done) {
		return done.code
	}
	code, _ := diagnose(err)
	return code
}

// folderName is a source's name as a directory's.
func folderName(name string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return unicode.ToLower(r)
		}
		return '-'
	}, name)
	if s = strings.Trim(s, "-"); s == "" {
		return "source"
	}
	return s
}
