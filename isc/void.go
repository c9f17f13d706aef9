package isc

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"accountsync/account"
)

// Every answer is held against its question. One account of another source, one
// name or id nobody asked for, and nothing of the answer may be believed: not
// what it shows, and still less what it does not.

// The rules an answer can break.
const (
	ruleSource = "the API ignored the filter sourceId: an account of another source came"
	ruleNames  = "the API ignored the filter nativeIdentity: an account came whose nativeIdentity was not asked for"
	ruleIDs    = "the API ignored the filter id: an account came whose id was not asked for"
	ruleNoID   = "the API sent an account without an id"
	ruleLimit  = "the API ignored the limit: more accounts came than were asked for"
	ruleID     = "the API answered with another id than it was asked for"
	ruleTasks  = "the API ignored the filter id: a task came whose id was not asked for"
	ruleName   = "the API ignored the filter name: a source came whose name was not asked for"
	ruleEnded  = "the API ignored the filter completionStatus: a task that has ended came"
)

// void is the Error of an answer that broke a rule.
func (r request) void(rule string) *Error {
	return &Error{
		Method: r.method, Path: r.path, Scope: r.scope, Status: http.StatusOK, Attempts: 1, kind: isVoid,
		Err: errors.New(rule + "; a proxy or cache may stand between"),
	}
}

// question is what the accounts of an answer are held against.
type question struct {
	account.Query
	limit int
	names map[string]bool // the NativeIdentities, nil when all are asked for
	ids   map[string]bool
	came  int
}

func questionOf(q account.Query) *question {
	limit := q.Limit
	if limit == 0 {
		limit = pageLimit
	}
	return &question{Query: q, limit: limit, names: setOf(q.NativeIdentities), ids: setOf(q.IDs)}
}

func setOf(texts []string) map[string]bool {
	if texts == nil {
		return nil
	}
	set := make(map[string]bool, len(texts))
	for _, t := range texts {
		set[t] = t != "" // which no account has
	}
	return set
}

// broken is the rule that the next account of the answer breaks, "" when it fits.
func (q *question) broken(id, sourceID, nativeIdentity string) (rule string) {
	q.came++
	switch {
	case id == "":
		return ruleNoID
	case q.SourceID != "" && sourceID != q.SourceID:
		return ruleSource
	case q.names != nil && !q.names[nativeIdentity] && !containsFolded(q.NativeIdentities, nativeIdentity):
		return ruleNames
	case q.ids != nil && !q.ids[id] && !containsFolded(q.IDs, id):
		return ruleIDs
	case q.came > q.limit:
		return ruleLimit
	}
	return ""
}

// containsFolded compares as the API mostly does, without case. No account has
// an empty name or id.
func containsFolded(texts []string, text string) bool {
	return text != "" && slices.ContainsFunc(texts, func(t string) bool { return strings.EqualFold(t, text) })
}
