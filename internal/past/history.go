package past

import (
	"context"
	"iter"

	"accountsync/internal/exit"
	"accountsync/journal"
	"accountsync/reports"
)

// Touched are the runs that did something to an account, or were to, the newest
// first, as anybody may see them.
func Touched(ctx context.Context, st *journal.Store, source, name string, redact []string) iter.Seq2[*reports.Run, error] {
	return func(yield func(*reports.Run, error) bool) {
		runs, err := st.Runs(ctx, journal.RunFilter{Source: source, Writes: true})
		if err != nil {
			yield(nil, exit.OfStore(err))
			return
		}
		for _, summary := range runs {
			if !summary.Sealed {
				continue
			}
			run, err := touching(ctx, st, summary.Run, name, redact)
			if run == nil && err == nil {
				continue
			}
			if !yield(run, err) || err != nil {
				return
			}
		}
	}
}

// touching is a run's part of one account, nil when it has none.
func touching(ctx context.Context, st *journal.Store, run, name string, redact []string) (*reports.Run, error) {
	rec, err := Read(ctx, st, run)
	if err != nil {
		return nil, err
	}
	one, err := (&reports.Run{Reader: rec}).Touched(ctx, name)
	if one == nil || err != nil {
		return nil, exit.OfStore(err)
	}
	hidden, err := Masks(redact, rec.Head())
	if err != nil {
		return nil, err
	}
	one, err = reports.Redact(ctx, one, hidden)
	return one, exit.OfStore(err)
}
