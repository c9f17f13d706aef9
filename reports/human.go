package reports

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/sync"
)

// human lists what somebody has to look at: operations that failed, went stale
// or were not seen, what was withheld and why, and rejected rows.
func (p *printer) human(s *sync.Source) {
	for _, state := range []sync.State{sync.Failed, sync.Stale, sync.Accepted} {
		p.section(func() { p.unsettled(state, unsettledIn(s, state)) })
	}
	p.section(func() { p.withheld(inState(s, sync.Withheld)) })
	p.section(func() { p.rejected(s) })
}

func inState(s *sync.Source, state sync.State) []*sync.Operation {
	var ops []*sync.Operation
	for _, op := range s.Operations {
		if op.State == state {
			ops = append(ops, op)
		}
	}
	return ops
}

// unsettledIn are those of a state that need a look: of an accepted operation
// whose task is all there is to see, that task is enough.
func unsettledIn(s *sync.Source, state sync.State) []*sync.Operation {
	return slices.DeleteFunc(inState(s, state), (*sync.Operation).Settled)
}

// unsettled lists the operations of one state.
func (p *printer) unsettled(state sync.State, ops []*sync.Operation) {
	for _, op := range ops[:p.limit(len(ops))] {
		where := clip(op.Key, p.valueWidth())
		if op.Line > 0 {
			where += ", " + lineText(op.Line)
		}
		spans := append([]span{{"! " + string(state), stateStyle(state)}}, words(plain, "%s %s:", visible(string(op.Op)), where)...)
		p.line(2, append(spans, outcome(op)...)...)
	}
	p.more(2, len(ops), ResultJSON)
}

// outcome is what the API said to an operation.
func outcome(op *sync.Operation) []span {
	parts := nonEmpty(answer(op))
	if op.TaskStatus != "" {
		parts = append(parts, "task "+visible(op.TaskStatus))
	}
	if text := why(op); text != "" {
		parts = append(parts, message(text))
	}
	if op.TrackingID != "" {
		parts = append(parts, "trackingId "+visible(op.TrackingID))
	}
	var spans []span
	for i, part := range parts {
		if i < len(parts)-1 {
			part += ","
		}
		spans = append(spans, words(plain, "%s", part)...)
	}
	return spans
}

// answer is the status of the API's last answer, and after how many attempts it
// came.
func answer(op *sync.Operation) string {
	var parts []string
	if op.HTTP > 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", op.HTTP))
	}
	if op.Attempts > 1 {
		parts = append(parts, "after "+counted(op.Attempts, "attempt"))
	}
	return strings.Join(parts, " ")
}

// withheld counts the operations that were not sent, by their reasons.
func (p *printer) withheld(ops []*sync.Operation) {
	reasons := map[string]int{}
	for _, op := range ops {
		reasons[message(op.Reason)]++
	}
	const shown = 5
	for _, reason := range mostFirst(reasons, shown) {
		spans := []span{{"! withheld", stateStyle(sync.Withheld)}, {counted(reasons[reason], "operation"), plain}}
		if reason != "" {
			spans[1].text += ":"
			spans = append(spans, words(plain, "%s", reason)...)
		}
		p.line(2, spans...)
	}
	if more := len(reasons) - shown; more > 0 {
		p.text(2, "and %s more, see %s", counted(more, "reason"), ResultJSON)
	}
}
