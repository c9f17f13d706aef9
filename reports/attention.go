package reports

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/internal/text"
	"accountsync/sync"
)

// attention lists what somebody has to look at: operations that failed, went stale
// or were not seen, what was withheld and why, and rejected rows.
func (p *printer) attention(r *Run, s *survey) {
	for _, state := range lookStates {
		p.section(func() { p.unsettled(r, state, s.unsettled[state].count) })
	}
	p.section(func() { p.withheld(s.withheldCounts()) })
	p.section(func() { p.rejected(r, s) })
}

// unsettled reports whether the operation needs a look: of an accepted one whose
// task is all there is to see, that task is enough.
func unsettled(op *sync.Operation) bool { return !op.Settled() }

// unsettled lists the operations of one state.
func (p *printer) unsettled(r *Run, state sync.State, count int) {
	p.operations(r, sync.Filter{States: []sync.State{state}}, p.limit(count), unsettled, func(op *sync.Operation) {
		where := text.Clip(op.Key, p.valueWidth())
		if op.Line > 0 {
			where += ", " + lineText(r.Head().Input, op.Line)
		}
		spans := append([]span{{"! " + string(state), stateStyle(state)}}, words(plain, "%s %s:", text.Visible(string(op.Op)), where)...)
		p.line(2, append(spans, outcome(op)...)...)
	})
	p.more(2, count, ResultJSON)
}

// outcome is what the API said to an operation.
func outcome(op *sync.Operation) []span {
	parts := nonEmpty(answer(op), taskShown(op))
	if text := why(op); text != "" {
		parts = append(parts, message(text))
	}
	if op.TrackingID != "" {
		parts = append(parts, "trackingId "+text.Visible(op.TrackingID))
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

// answerInReason are the codes whose words say how the API answered, or how the
// task ended: it is not said twice.
var answerInReason = []sync.Code{sync.CodeNotShown, sync.CodeManual, sync.CodeUnreadable, sync.CodeNoProof, sync.CodeDiffers, sync.CodeNoChange, sync.CodeTaskFailed}

// taskShown is how the task ended, where that is not said otherwise.
func taskShown(op *sync.Operation) string {
	if op.TaskStatus == "" || op.State == sync.Verified || slices.Contains(answerInReason, op.Reason.Code) {
		return ""
	}
	return "task " + text.Visible(op.TaskStatus)
}

// answer is the status of the API's last answer, and after how many attempts it
// came, where that is not said otherwise.
func answer(op *sync.Operation) string {
	var parts []string
	if op.HTTP > 0 && op.State != sync.Verified && !slices.Contains(answerInReason, op.Reason.Code) {
		parts = append(parts, fmt.Sprintf("HTTP %d", op.HTTP))
	}
	if op.Attempts > 1 {
		parts = append(parts, "after "+text.Counted(op.Attempts, "attempt"))
	}
	return strings.Join(parts, " ")
}

// withheld counts the operations that were not sent, by their reasons.
func (p *printer) withheld(reasons map[string]int) {
	const shown = 5
	for _, reason := range mostFirst(reasons, shown) {
		spans := []span{{"! withheld", stateStyle(sync.Withheld)}, {text.Counted(reasons[reason], "operation"), plain}}
		if reason != "" {
			spans[1].text += ":"
			spans = append(spans, words(plain, "%s", message(reason))...)
		}
		p.line(2, spans...)
	}
	if more := len(reasons) - shown; more > 0 {
		p.text(2, "and %s, see %s", text.Counted(more, "more reason"), ResultJSON)
	}
}
