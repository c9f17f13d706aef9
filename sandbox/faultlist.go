package sandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// What faults make of lists.

// listed is what a fault makes of all the accounts that a list is about.
func (f *Fault) listed(rows []*account) []*account {
	if f.Kind == FaultShortList {
		return rows[:min(len(rows), f.rowsOr(1))]
	}
	return rows
}

// page is what a fault makes of the rows of a page.
func (f *Fault) page(rows []*account) []*account {
	switch f.Kind {
	case FaultShortPage:
		return rows[:max(0, len(rows)-f.rowsOr(4))]
	case FaultOutOfOrder:
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	case FaultRepeatRow:
		if len(rows) > 1 {
			rows = slices.Clone(rows)
			rows[len(rows)-1] = rows[0]
		}
	}
	return rows
}

// totalNone as a Fault.Total leaves X-Total-Count out.
const totalNone = "none"

// setTotal sets X-Total-Count, or what a fault makes of it.
func (f *Fault) setTotal(answer *reply, total int) {
	switch {
	case f.Kind != FaultWrongTotal:
		answer.setTotal(total)
	case f.Total == "":
		answer.setTotal(max(0, total+f.rowsOr(1)))
	case f.Total != totalNone:
		answer.header.Set("X-Total-Count", f.Total)
	}
}

// empty takes the rows out of a list that was answered.
func (f *Fault) empty(answer *reply) *reply {
	emptied := &reply{status: http.StatusOK, header: http.Header{}, body: []byte("[]")}
	if f.Kind == FaultEmptyList && answer.header.Get("X-Total-Count") != "" {
		emptied.header.Set("X-Total-Count", strconv.Itoa(0))
	}
	return emptied
}
