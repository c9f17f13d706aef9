package isc

import (
	"fmt"
	"net/url"
	"strings"
)

const tokenPath = "/oauth/token"

// paths are the addresses of the services under one form of the API.
type paths struct {
	accounts, sources, tasks string
	// running lists tasks that have not ended, and schedules has those of a
	// source: not every form has them, and the next one is asked then.
	running, schedules string
	identities         string // never part of v3
}

// forms are the values of Config.API, in the order in which errors list them.
var forms = []struct {
	name string
	paths
}{
	{"v3", paths{"/v3/accounts", "/v3/sources", "/v2025/task-status", "/v2025/task-status", "/v2025/sources", "/v2025/identities"}},          // v3 never had task-status
	{"v2024", paths{"/v2024/accounts", "/v2024/sources", "/v2024/task-status", "/v2025/task-status", "/v2024/sources", "/v2024/identities"}}, // v2024 lists completed tasks only
	{"v2025", paths{"/v2025/accounts", "/v2025/sources", "/v2025/task-status", "/v2025/task-status", "/v2025/sources", "/v2025/identities"}},
	{"v2026", paths{"/v2026/accounts", "/v2026/sources", "/v2026/task-status", "/v2026/task-status", "/v2026/sources", "/v2026/identities"}},
	{"v1", paths{"/accounts/v1", "/sources/v1", "/task-status/v1", "/task-status/v1", "/sources/v1", "/identities/v1"}},
	{"beta", paths{"/beta/accounts", "/beta/sources", "/beta/task-status", "/v2025/task-status", "/v2025/sources", "/beta/identities"}},
}

func pathsOf(api string) (paths, error) {
	if api == "" {
		return forms[0].paths, nil
	}
	names := make([]string, 0, len(forms))
	for _, f := range forms {
		if f.name == api {
			return f.paths, nil
		}
		names = append(names, f.name)
	}
	return paths{}, fmt.Errorf("unknown API version %q: use one of %s", api, strings.Join(names, ", "))
}

// checkPath refuses an id that an address cannot hold safely: whoever carries
// the request may take the dots of .. for a step up, escaped or not, and a
// DELETE must not go to another place than its account.
func (r request) checkPath() error {
	for segment := range strings.SplitSeq(r.path[1:], "/") {
		id, err := url.PathUnescape(segment)
		if err != nil || !safeID(id) {
			return &Error{Method: r.method, Path: r.path, Scope: r.scope, kind: unsendable, Err: fmt.Errorf("the id %q cannot be sent in an address", id)}
		}
	}
	return nil
}

// safeID reports whether the id stays one when an address is made tidy on its way.
func safeID(id string) bool {
	twice, err := url.PathUnescape(id)
	return isTidy(id) && (err != nil || isTidy(twice))
}

func isTidy(id string) bool {
	for name := range strings.SplitSeq(strings.ReplaceAll(id, `\`, "/"), "/") {
		name, _, _ = strings.Cut(name, ";") // what follows is dropped by some
		if name == "" || name == "." || name == ".." {
			return false
		}
	}
	return true
}

// account is the path of one account, and of an action on it when given.
func (p paths) account(id string, action ...string) string {
	return below(p.accounts, id, action...)
}

func below(collection, id string, rest ...string) string {
	path := collection + "/" + url.PathEscape(id)
	for _, r := range rest {
		path += "/" + r
	}
	return path
}
