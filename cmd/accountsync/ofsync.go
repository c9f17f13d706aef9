package main

import (
	"strings"

	"accountsync/config"
	"accountsync/internal/past"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// settingsOf gathers the settings of a command that goes on with what was made
// before, a run on record or a saved plan. Of a configuration file with syncs
// they are those of the sync that made it: its tenant, its directory of reports.
func (a *app) settingsOf(c *cobra.Command, made func(*config.Sync) (*sync.Head, error)) (*config.Sync, error) {
	all, conf, err := a.gather(c)
	if err != nil || !all.Fleet() {
		return conf, err
	}
	head, err := made(conf)
	if err != nil {
		return nil, err
	}
	syncs, err := all.Syncs()
	if err != nil {
		return nil, err
	}
	var best *config.Sync
	most := 0
	for _, s := range syncs {
		if n := likeness(s, head); n > most {
			best, most = s, n
		}
	}
	if best == nil {
		return conf, nil
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

// headOf finds the head of a run on record.
func (a *app) headOf(name string) func(*config.Sync) (*sync.Head, error) {
	return func(conf *config.Sync) (*sync.Head, error) {
		store, err := a.env.OpenStore(conf)
		if err != nil {
			return nil, err
		}
		defer store.Close()
		rec, err := past.Read(a.env.Stop.Draining, store, name)
		if err != nil {
			return nil, err
		}
		return rec.Head(), nil
	}
}

// headOfPlan finds the head of a saved plan.
func headOfPlan(path string) func(*config.Sync) (*sync.Head, error) {
	return func(*config.Sync) (*sync.Head, error) {
		plan, err := past.OpenPlan(path)
		if err != nil {
			return nil, err
		}
		defer plan.Close()
		return &plan.Head, nil
	}
}
