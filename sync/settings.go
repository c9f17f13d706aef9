package sync

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"github.com/rs/zerolog"
)

// Settings are what a run is asked to do beyond the terms on its record.
type Settings struct {
	Policy diff.Policy // what becomes of accounts without a row
	Known  Known       // what earlier runs of the source handed on
	Usual  Usual       // what past runs planned, to tell an unusual night
	// OnSchema judges, once the account schema is known, the settings that name
	// attributes, and gives those whose values reports mask. May be nil.
	OnSchema func(account.Schema) (redacted []string, err error)

	// Wait is called before a plan is sealed or, of one that was made before, before
	// it is carried out: it waits for what changes the accounts of the source, and
	// reports whether it did; then they are listed again. May be nil.
	Wait func(head *Head, planned []Count) (waited bool, err error)
	// Planned is called once the plan is on record and no guard blocks it, right
	// before anything is sent. Its error ends the run. May be nil.
	Planned func(Reader) error

	// Paused is how long the API has asked to wait so far, all in all; nil: never.
	Paused func() time.Duration
	// Guarded gives a context whose requests are sent only if check, called right
	// before each, when all waiting for the quota is over, has no error; nil:
	// requests do not wait.
	Guarded func(ctx context.Context, check func() error) context.Context
	// Stop, once done, lets calls under way finish and starts nothing new.
	Stop context.Context
	// Watch is told of progress, from several goroutines at once. May be nil.
	Watch func(Progress)
	Log   zerolog.Logger
}

// Known is what earlier runs of a source handed on.
type Known struct {
	Absences map[string]diff.Absence // the accounts that no row asks for, by account id
	Left     int                     // how many accounts the last complete run left; 0 when none is known
}

// Usual is what past runs of a source planned.
type Usual struct {
	Medians map[diff.Op]float64
	Runs    int
}

// Progress is how far a step of the run is.
type Progress struct {
	Step        string // reading, listing, sending, verifying
	Done, Total int    // Total 0: not known yet
	Failed      int
	Until       time.Time // of verifying: when the last of what does not show yet is given up; zero: nothing is waited for
}

// run is a run at work.
type run struct {
	api       ReadAPI
	rec       Record
	head      *Head
	terms     *Terms
	s         Settings
	halt      halt
	witnesses *witnesses
	latency   latency
	listed    int // accounts that the listing showed, without those found by their names
	total     int // operations to be sent
	waited    bool
	unquiet   error // why it is no time to write
	done      atomic.Int64
}

func newRun(api ReadAPI, rec Record, s Settings) *run {
	if s.Watch == nil {
		s.Watch = func(Progress) {}
	}
	if s.Guarded == nil {
		s.Guarded = func(ctx context.Context, _ func() error) context.Context { return ctx }
	}
	if s.Paused == nil {
		s.Paused = func() time.Duration { return 0 }
	}
	head := *rec.Head()
	return &run{api: api, rec: rec, head: &head, terms: &head.Terms, s: s, halt: halt{stop: s.Stop}, witnesses: newWitnesses()}
}

// note adds a sentence a reader of the record should know, once.
func (r *run) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.head.Notes, s) {
		r.head.Notes = append(r.head.Notes, s)
	}
}
