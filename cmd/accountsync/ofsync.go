package main

import (
	"errors"
	"strings"

	"accountsync/config"
	"accountsync/internal/past"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// settingsOf gathers the settings of a command that goes on with a run on record.
// Of a configuration file with syncs they are those of the sync that made it: its
// tenant, its directory of reports.
func (a *app) settingsOf(c *cobra.Command, run string) (*config.Sync, error) {
	all, conf, err := a.gather(c)
	if err != nil || !all.Fleet() {
		return conf, err
	}
	store, err := a.env.OpenStore(conf)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	rec, err := past.Read(a.env.Stop.Draining, store, run)
	if err != nil {
		return nil, err
	}
	return syncOf(all, conf, rec.Head())
}

// openPlan opens a saved plan, and gathers the settings of a command that goes on
// with it, as settingsOf does. Nobody opens it by its name again: another file
// could stand there by then.
func (a *app) openPlan(c *cobra.Command, path string) (plan *sync.PlanFile, conf *config.Sync, err error) {
	all, conf, err := a.gather(c)
	if err != nil {
		return nil, nil, err
	}
	if plan, err = past.OpenPlan(path); err != nil {
		return nil, nil, err
	}
	if conf, err = syncOf(all, conf, &plan.Head); err != nil {
		return nil, nil, errors.Join(err, plan.Close())
	}
	return plan, conf, nil
}

// syncOf are the settings of the sync that made a run or a plan; where the file has
// none of its tenant, or no syncs, those of the command line.
func syncOf(all *config.Sources, conf *config.Sync, head *sync.Head) (*config.Sync, error) {
	if !all.Fleet() {
		return conf, nil
	}
	syncs, err := all.Syncs()
	if err != nil {
		return nil, err
	}
	best, most := conf, 0
	for _, s := range syncs {
		if n := likeness(s, head); n > most {
			best, most = s, n
		}
	}
	return best, nil
}

// likeness is 0 for a sync of another tenant, and largest for the one that made
// the run.
func likeness(s *config.Sync, head *sync.Head) (n int) {
	if !strings.EqualFold(strings.TrimRight(s.Tenant.BaseURL, "/"), strings.TrimRight(head.Tenant, "/")) {
		return 0
	}
	n = 1
	if s.Tenant.ClientID == head.Client {
		n++
	}
	if s.Source == head.Source.ID || s.Source == head.Source.Name {
		n += 2
	}
	return n
}
