package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operation is one documented operation: how it is reached, what it needs, what it does.
type operation struct {
	method  string
	path    string // canonical, the same under every version, * for an id
	scope   string
	query   []string // the query parameters it knows
	media   string   // the content type of its body; none when empty
	preview bool     // needs X-SailPoint-Experimental under the dated versions
	delay   func(Latency) Duration
	serve   func(*Server, *call) (*reply, *problem)
}

const (
	jsonMedia  = "application/json"
	patchMedia = "application/json-patch+json"
)

var (
	paging    = []string{"limit", "offset", "count"}
	listQuery = append(slices.Clone(paging), "filters", "sorters")
)

// operations is the whole API. The path of a token request has no version and stands apart (see auth.go).
var operations = []*operation{
	{http.MethodGet, "/accounts", "idn:accounts:read", append(slices.Clone(listQuery), "detailLevel"), "", false, listDelay, (*Server).listAccounts},
	{http.MethodPost, "/accounts", "idn:accounts:manage", nil, jsonMedia, false, writeDelay, (*Server).createAccount},
	{http.MethodGet, "/accounts/*", "idn:accounts:read", nil, "", false, readDelay, (*Server).getAccount},
	{http.MethodPut, "/accounts/*", "idn:accounts:manage", nil, jsonMedia, false, writeDelay, (*Server).putAccount},
	{http.MethodPatch, "/accounts/*", "idn:accounts:manage", nil, patchMedia, false, writeDelay, (*Server).patchAccount},
	{http.MethodDelete, "/accounts/*", "idn:accounts:manage", nil, "", false, writeDelay, (*Server).deleteAccount},
	{http.MethodGet, "/accounts/*/entitlements", "idn:accounts:read", paging, "", false, readDelay, (*Server).accountEntitlements},
	{http.MethodPost, "/accounts/*/enable", "idn:accounts-state:manage", nil, jsonMedia, false, writeDelay, (*Server).enableAccount},
	{http.MethodPost, "/accounts/*/disable", "idn:accounts-state:manage", nil, jsonMedia, false, writeDelay, (*Server).disableAccount},
	{http.MethodPost, "/accounts/*/unlock", "idn:accounts-state:manage", nil, jsonMedia, false, writeDelay, (*Server).unlockAccount},
	{http.MethodPost, "/accounts/*/reload", "idn:accounts-state:manage", nil, "", false, writeDelay, (*Server).reloadAccount},
	{http.MethodGet, "/identities", "idn:identity:read", append(slices.Clone(listQuery), "defaultFilter"), "", false, readDelay, (*Server).listIdentities},
	{http.MethodGet, "/identities/*", "idn:identity:read", nil, "", false, readDelay, (*Server).getIdentity},
	{http.MethodGet, "/sources", "idn:sources:read", append(slices.Clone(listQuery), "for-subadmin", "includeIDNSource"), "", false, readDelay, (*Server).listSources},
	{http.MethodGet, "/sources/*", "idn:sources:read", nil, "", false, readDelay, (*Server).getSource},
	{http.MethodGet, "/sources/*/schemas", "idn:source-schema:read", []string{"include-types", "include-names"}, "", false, readDelay, (*Server).listSchemas},
	{http.MethodGet, "/sources/*/schedules", "idn:sources:read", nil, "", false, readDelay, (*Server).listSchedules},
	{http.MethodGet, "/task-status", "idn:task-management:read", listQuery, "", true, readDelay, (*Server).listTasks},
	{http.MethodGet, "/task-status/pending-tasks", "idn:task-management:read", paging, "", true, readDelay, (*Server).listPendingTasks},
	{http.MethodGet, "/task-status/*", "idn:task-management:read", nil, "", true, readDelay, (*Server).getTask},
}

func listDelay(l Latency) Duration  { return l.List }
func readDelay(l Latency) Duration  { return l.Read }
func writeDelay(l Latency) Duration { return l.Write }

// versions are the prefixes of the legacy paths; the per-service form carries v1 behind the service.
var versions = []string{"v3", "v2024", "v2025", "v2026", "beta"}

// route is a request's path taken apart.
type route struct {
	version   string // v3, v2024, v2025, v2026, beta or v1
	canonical string // the path without version, ids kept, a slash in one as %2F
	id        string // what stands for the first *
}

// parseRoute understands /v3/accounts/ID and /accounts/v1/ID alike.
func parseRoute(escaped string) (route, bool) {
	segments := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" {
			return route{}, false
		}
		segments[i] = plain
	}
	if len(segments) < 2 {
		return route{}, false
	}
	r := route{version: segments[0]}
	switch {
	case slices.Contains(versions, segments[0]):
		segments = segments[1:]
	case segments[1] == "v1":
		r.version = "v1"
		segments = slices.Delete(segments, 1, 2)
	default:
		return route{}, false
	}
	if len(segments) > 1 {
		r.id = segments[1]
		segments[1] = strings.ReplaceAll(r.id, "/", "%2F")
	}
	r.canonical = "/" + strings.Join(segments, "/")
	return r, true
}

// missing are the versions that never had an operation.
var missing = map[string][]string{
	"/task-status":               {"v3"},
	"/task-status/*":             {"v3"},
	"/task-status/pending-tasks": {"v3", "v1"},
	"/sources/*/schedules":       {"v3", "beta"},
	"/identities":                {"v3"},
	"/identities/*":              {"v3"},
}

// find gives the operation of a path and method, or the methods the path has.
func (r route) find(method string) (op *operation, allow string) {
	var allowed []string
	for _, op := range operations {
		if !pathMatches(op.path, r.canonical) || slices.Contains(missing[op.path], r.version) {
			continue
		}
		if op.method == method {
			return op, ""
		}
		allowed = append(allowed, op.method)
	}
	return nil, strings.Join(allowed, ", ")
}

// pathMatches matches segment by segment; * stands for any one segment.
func pathMatches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != have[i] {
			return false
		}
	}
	return true
}
