package reports

import (
	"fmt"
	"strings"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// markText is a hazard as it stands beside its operation.
func markText(w diff.Warning) string {
	switch w {
	case diff.WarnDelete:
		return "! may be refused"
	case diff.WarnProvisioned:
		return "! provisioned by ISC"
	case diff.WarnMovedBack:
		return "! may be moved back"
	}
	return "! " + text.Visible(string(w))
}

// warningText says in full what operations are warned of.
func warningText(w diff.Warning, h *sync.Head) string {
	switch w {
	case diff.WarnDelete:
		return fmt.Sprintf("SailPoint documents DELETE for DelimitedFile sources only; this source is of type %s and may answer 400", text.Visible(h.Source.Type))
	case diff.WarnProvisioned:
		return "the account was provisioned by ISC, and as soon as it is moved it is possible for ISC to create a new account for the previous identity"
	case diff.WarnMovedBack:
		return "the account is given to another identity with account.manuallyCorrelated false, and ISC may move it back; write true, or leave that cell empty"
	}
	return text.Visible(string(w))
}

// marks are what is to be looked at twice of an operation.
func marks(op *sync.Operation) []string {
	var all []string
	if mark := identityMark(op); mark != "" {
		all = append(all, mark)
	}
	for _, w := range op.Warnings {
		all = append(all, markText(w))
	}
	return all
}

// allMarks is marks as one text.
func allMarks(op *sync.Operation) string { return strings.Join(marks(op), " ") }

// warnings says once of each hazard how many operations have it, and in full what it means.
func (s *survey) warnings() []string {
	var texts []string
	for _, w := range diff.Warnings {
		if n := s.warned[w]; n > 0 {
			texts = append(texts, fmt.Sprintf("%s: %s", text.Counted(n, "operation"), warningText(w, s.Head)))
		}
	}
	return texts
}
