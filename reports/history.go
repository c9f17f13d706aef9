package reports

import (
	"cmp"
	"context"
	"io"
	"iter"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Touched is what the run did to one account, known by its key, its id or its
// native identity; nil when the run planned nothing for it.
func (r *Run) Touched(ctx context.Context, name string) (*Run, error) {
	for op, err := range r.Operations(ctx, sync.Filter{Name: name, Limit: 1}) {
		if err != nil {
			return nil, err
		}
		return &Run{Reader: accountReader{r.Reader, op.Key}}, nil
	}
	return nil, nil
}

// History writes what runs did to one account, each run with the operations of
// the account: their states, and every value before and after. It gives the
// number of runs.
func History(ctx context.Context, w io.Writer, runs iter.Seq2[*Run, error], opt Options) (n int, err error) {
	p := newPrinter(ctx, w, opt)
	for r, err := range runs {
		if err != nil {
			return n, cmp.Or(p.end(), err)
		}
		n++
		h := r.Head()
		p.section(func() {
			p.line(0, append(words(bold, "%s %s", h.Started.UTC().Format(timeShown), "UTC"), words(plain, "%s %s, %s", text.Visible(h.Command), text.Visible(h.Run), text.Visible(sourceName(h)))...)...)
			p.approval(2, h)
			for op, err := range r.Operations(ctx, sync.Filter{}) {
				if err != nil {
					p.err = cmp.Or(p.err, err)
					return
				}
				p.touched(op)
			}
		})
	}
	return n, p.end()
}

// touched shows one operation of the history of an account.
func (p *printer) touched(op *sync.Operation) {
	sign, color := symbol(op.Op)
	spans := []span{{sign + " " + text.Visible(string(op.Op)), color}, {text.Clip(op.Key, p.valueWidth()), bold}, {string(op.State), stateStyle(op.State)}}
	if said := why(op); said != "" && (op.State != sync.Verified || op.Removal()) {
		spans = append(spans, words(plain, "(%s)", message(said))...)
	}
	p.line(2, spans...)
	p.fields(op.Changes, func(f diff.Field) string { return fieldText(f, "->", p.valueWidth()) })
	if op.Removal() && len(op.Changes) == 0 && len(held(op)) > 0 {
		p.takes(held(op))
	}
}
