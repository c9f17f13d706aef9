package reports

import (
	"fmt"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// warningMark is a warning as it stands beside its operation.
func warningMark(w diff.Warning) string {
	switch w {
	case diff.WarnDelete:
		return "! may be refused"
	case diff.WarnProvisioned:
		return "! provisioned by ISC"
	case diff.WarnMovedBack:
		return "! may be moved back"
	}
	return "! " + visible(string(w))
}

// warningText says in full what the operations of a source are warned of.
func warningText(w diff.Warning, s *sync.Source) string {
	switch w {
	case diff.WarnDelete:
		return fmt.Sprintf("SailPoint documents DELETE for DelimitedFile sources only; this source is of type %s and may answer 400", visible(s.Source.Type))
	case diff.WarnProvisioned:
		return "the account was provisioned by ISC, and as soon as it is moved it is possible for ISC to create a new account for the previous identity"
	case diff.WarnMovedBack:
		return "the account is given to another identity with account.manuallyCorrelated false, and ISC may move it back; write true, or leave that cell empty"
	}
	return visible(string(w))
}

// marks are what is to be looked at twice of an operation.
func marks(op *sync.Operation) []string {
	var all []string
	if mark := identityMark(op); mark != "" {
		all = append(all, mark)
	}
	for _, w := range op.Warnings {
		all = append(all, warningMark(w))
	}
	return all
}

// allMarks is marks as one text.
func allMarks(op *sync.Operation) string { return strings.Join(marks(op), " ") }

// warnings says once of each warning how many operations have it, and in full what it means.
func warnings(s *sync.Source) []string {
	count := map[diff.Warning]int{}
	for _, op := range s.Operations {
		for _, w := range op.Warnings {
			count[w]++
		}
	}
	var texts []string
	for _, w := range diff.Warnings {
		if n := count[w]; n > 0 {
			texts = append(texts, fmt.Sprintf("%s: %s", counted(n, "operation"), warningText(w, s)))
		}
	}
	return texts
}
