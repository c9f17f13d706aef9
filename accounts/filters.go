package accounts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The API judges --filters and --sorters: its versions differ in what they take,
// and their documents are not always right. What the documents of the version at
// hand do not list is sent all the same, with a warning.

// filterFields are the documented fields of GET /accounts and the operators they take.
var filterFields = map[string]string{
	"id": "eq in sw", "identityId": "eq in sw", "name": "eq in sw", "nativeIdentity": "eq in sw", "sourceId": "eq in sw",
	"uncorrelated": "eq", "manuallyCorrelated": "eq", "entitlements": "eq", "hasEntitlements": "eq", "origin": "eq in",
	"identity.name": "eq in sw", "identity.correlated": "eq", "identity.identityState": "eq in",
	"source.displayableName": "eq in", "source.authoritative": "eq", "source.connectionType": "eq in",
	"recommendation.method": "eq in isnull", "created": "eq ge gt le lt", "modified": "eq ge gt le lt",
}

// sortFields are the documented sorters of GET /accounts.
var sortFields = []string{"id", "name", "created", "modified", "sourceId", "identityId", "nativeIdentity", "uuid", "manuallyCorrelated", "entitlements",
	"origin", "identity.name", "identity.identityState", "identity.correlated", "source.displayableName", "source.authoritative", "source.connectionType"}

// operatorsOf are the documented operators of a field under a version of the API.
func operatorsOf(api, field string) []string {
	ops := strings.Fields(filterFields[field])
	if api == "beta" && field == "created" {
		ops = slices.DeleteFunc(ops, func(op string) bool { return op == "lt" })
	}
	return ops
}

// sortersOf are the documented sorters under a version of the API.
func sortersOf(api string) []string {
	if api == "beta" {
		return append(slices.Clone(sortFields), "hasEntitlements", "sourceOwner.name")
	}
	return sortFields
}

var (
	quotedValue = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	})
	fieldAndWords = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)([^\s(),"]+)\s+(eq|ne|ca|co|sw|gt|ge|lt|le|in|pr|isnull)(?:[\s("]|$)`)
	})
)

// Undocumented are the fields and operators of a filter that the documents of
// this version of the API do not list.
func Undocumented(api, filter string) (odd []string) {
	for _, found := range fieldAndWords().FindAllStringSubmatch(quotedValue().ReplaceAllString(filter, `""`), -1) {
		field, op := found[1], found[2]
		ops := operatorsOf(api, field)
		switch {
		case len(ops) == 0:
			odd = append(odd, field)
		case !slices.Contains(ops, op):
			odd = append(odd, field+" "+op)
		}
	}
	return odd
}

// WithID are sorters with id behind, so that pages neither repeat nor miss
// accounts that are equal in the others, and those of them that the documents of
// this version of the API do not list.
func WithID(api, text string) (sorters string, odd []string) {
	var names []string
	for part := range strings.SplitSeq(text, ",") {
		name := strings.TrimPrefix(strings.TrimSpace(part), "-")
		names = append(names, name)
		if name != "" && !slices.Contains(sortersOf(api), name) {
			odd = append(odd, name)
		}
	}
	switch {
	case strings.TrimSpace(text) == "":
		return "id", nil
	case slices.Contains(names, "id"):
		return text, odd
	}
	return text + ",id", odd
}

// Grammar says what the API takes as filter and as sorters.
func Grammar(api string) string {
	return fmt.Sprintf(`a filter is written name eq "Ada" or id in ("1", "2"), its fields are %s; sorters are %s`,
		strings.Join(slices.Sorted(maps.Keys(filterFields)), ", "), strings.Join(sortersOf(api), ", "))
}
