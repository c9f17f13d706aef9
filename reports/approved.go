package reports

import (
	"context"
	"io"
	"strings"

	"accountsync/internal/text"
	"accountsync/sync"
)

// Review writes what somebody should know who is to approve a plan: which one it
// is, who made it, what it would do, and what to look at first.
func Review(ctx context.Context, w io.Writer, r *Run, opt Options) error {
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	p := newPrinter(ctx, w, opt)
	p.section(func() {
		p.text(0, "%s %s, made %s UTC by %s, for %s", text.Visible(s.Command), text.Visible(s.Run), s.Started.UTC().Format(timeShown), makers(s.Head), text.Visible(s.Tenant))
		p.text(0, "expires %s UTC", s.Expires.UTC().Format(timeShown))
	})
	p.section(func() { p.sourceHead(s.Head) })
	p.section(func() { p.planFoot(s) })
	return p.end()
}

// makers are the names of who made a plan.
func makers(h *sync.Head) string {
	if len(h.MadeBy) == 0 {
		return "somebody unknown"
	}
	return text.Visible(strings.Join(h.MadeBy, ", "))
}

// approved are those who approved the plan that a run carries out.
func approved(h *sync.Head) (names []string) {
	if h.Approved != nil {
		for _, one := range h.Approved.By {
			names = append(names, one.By)
		}
	}
	return names
}

// approvedBy names who approved the plan that a run carries out, and who made it;
// of a plan, how many are to approve it; "" where nobody is asked.
func approvedBy(h *sync.Head) string {
	switch {
	case h.Approved != nil:
		return text.Visible(strings.Join(approved(h), ", ")) + "; made by " + makers(h)
	case h.Terms.Approvals.Required > 0:
		return "nobody yet: " + text.Counted(h.Terms.Approvals.Required, "approval") + " required; made by " + makers(h)
	}
	return ""
}
