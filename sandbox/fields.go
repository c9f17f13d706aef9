package sandbox

import (
	"cmp"
	"maps"
	"strings"
	"time"
)

// accountFields are the documented fields of GET /accounts and what each of them takes.
var accountFields = map[string]field[*account]{
	"id":                     {ops: "eq in sw", text: has(func(a *account) string { return a.id })},
	"identityId":             {ops: "eq in sw", text: ofIdentity(func(p *identity) string { return p.id })},
	"name":                   {ops: "eq in sw", text: has(func(a *account) string { return a.name })},
	"nativeIdentity":         {ops: "eq in sw", text: has(func(a *account) string { return a.native })},
	"sourceId":               {ops: "eq in sw", text: has(func(a *account) string { return a.source.id })},
	"uncorrelated":           {ops: "eq", flag: func(a *account) bool { return a.identity == nil }},
	"manuallyCorrelated":     {ops: "eq", flag: func(a *account) bool { return a.manual }},
	"entitlements":           {ops: "eq", list: (*account).entitlementValues},
	"hasEntitlements":        {ops: "eq", flag: func(a *account) bool { return a.entitled }},
	"identity.correlated":    {ops: "eq", flag: func(a *account) bool { return a.identity != nil }},
	"identity.name":          {ops: "eq in sw", text: ofIdentity(func(p *identity) string { return p.name })},
	"identity.identityState": {ops: "eq in", text: ofIdentity(func(p *identity) string { return p.state })},
	"source.authoritative":   {ops: "eq", flag: func(a *account) bool { return a.source.Authoritative }},
	"source.displayableName": {ops: "eq in", text: has(func(a *account) string { return a.source.Name })},
	"source.connectionType":  {ops: "eq in", text: has(func(a *account) string { return a.source.ConnectionType })},
	"origin":                 {ops: "eq in", text: has((*account).origin)},
	"recommendation.method": {ops: "eq in isnull", text: func(a *account) (string, bool) {
		return a.more().recommendation, a.more().recommendation != ""
	}},
	"created":  {ops: "eq ge gt le lt", time: func(a *account) time.Time { return time.UnixMilli(a.created) }},
	"modified": {ops: "eq ge gt le lt", time: func(a *account) time.Time { return time.UnixMilli(a.modified) }},
}

// has gets a text that is always there.
func has[T any](get func(T) string) func(T) (string, bool) {
	return func(row T) (string, bool) { return get(row), true }
}

// ofIdentity gets a text of the account's identity, which may be missing.
func ofIdentity(get func(*identity) string) func(*account) (string, bool) {
	return func(a *account) (string, bool) {
		if a.identity == nil {
			return "", false
		}
		return get(a.identity), true
	}
}

// accountSorters are the documented sort fields of GET /accounts.
var accountSorters = map[string]func(a, b *account) int{
	"id":                     byID,
	"name":                   byText("name"),
	"created":                func(a, b *account) int { return cmp.Compare(a.created, b.created) },
	"modified":               func(a, b *account) int { return cmp.Compare(a.modified, b.modified) },
	"sourceId":               byText("sourceId"),
	"identityId":             byText("identityId"),
	"identity.id":            byText("identityId"), // in former editions of the documentation
	"nativeIdentity":         byText("nativeIdentity"),
	"uuid":                   func(a, b *account) int { return strings.Compare(fold(a.more().uuid), fold(b.more().uuid)) },
	"manuallyCorrelated":     byFlag("manuallyCorrelated"),
	"entitlements":           func(a, b *account) int { return cmp.Compare(len(a.entitlementValues()), len(b.entitlementValues())) },
	"origin":                 byText("origin"),
	"identity.name":          byText("identity.name"),
	"identity.identityState": byText("identity.identityState"),
	"identity.correlated":    byFlag("identity.correlated"),
	"source.displayableName": byText("source.displayableName"),
	"source.authoritative":   byFlag("source.authoritative"),
	"source.connectionType":  byText("source.connectionType"),
}

// accountFieldsOf are the fields under a version of the API.
func accountFieldsOf(version string) map[string]field[*account] {
	if version == "beta" {
		return betaAccountFields
	}
	return accountFields
}

// betaAccountFields lack created lt.
var betaAccountFields = with(accountFields, "created", field[*account]{ops: "eq ge gt le", time: accountFields["created"].time})

// accountSortersOf are the sort fields under a version of the API.
func accountSortersOf(version string) map[string]func(a, b *account) int {
	if version == "beta" {
		return betaAccountSorters
	}
	return accountSorters
}

var betaAccountSorters = with(with(accountSorters, "hasEntitlements", byFlag("hasEntitlements")), "sourceOwner.name",
	func(a, b *account) int { return strings.Compare(fold(a.source.owner.name), fold(b.source.owner.name)) })

// with is a copy of a map with one more entry, or another.
func with[V any](entries map[string]V, name string, value V) map[string]V {
	more := maps.Clone(entries)
	more[name] = value
	return more
}

// byText sorts by a text field without regard to case; rows that lack it come first.
func byText(name string) func(a, b *account) int {
	get := accountFields[name].text
	return func(a, b *account) int {
		left, _ := get(a)
		right, _ := get(b)
		return strings.Compare(fold(left), fold(right))
	}
}

func byFlag(name string) func(a, b *account) int {
	get := accountFields[name].flag
	return func(a, b *account) int { return compareFlags(get(a), get(b)) }
}

func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// sourceFields are the documented fields of GET /sources.
var sourceFields = map[string]field[*source]{
	"id":                     {ops: "eq in ge gt le lt ne isnull sw", text: has(func(s *source) string { return s.id })},
	"name":                   {ops: "co eq in sw ge gt ne isnull", text: has(func(s *source) string { return s.Name })},
	"type":                   {ops: "eq in ge gt ne isnull sw", text: has(func(s *source) string { return s.Type })},
	"owner.id":               {ops: "eq in ge gt le lt ne isnull sw", text: has(func(s *source) string { return s.owner.id })},
	"features":               {ops: "ca co", list: func(s *source) []string { return s.Features }},
	"created":                {ops: "eq ge gt in le lt ne isnull", time: sourceCreated},
	"modified":               {ops: "eq ge gt in le lt ne isnull", time: sourceCreated},
	"managementWorkgroup.id": {ops: "eq ge gt in le lt ne isnull sw", text: absent},
	"description":            {ops: "eq sw", text: has(func(s *source) string { return s.Description })},
	"authoritative":          {ops: "eq ne isnull", flag: func(s *source) bool { return s.Authoritative }},
	"healthy":                {ops: "isnull", flag: func(*source) bool { return true }},
	"status":                 {ops: "eq in ge gt le lt ne isnull sw", text: has(func(*source) string { return "SOURCE_STATE_HEALTHY" })},
	"connectionType":         {ops: "eq ge gt in le lt ne isnull sw", text: has(func(s *source) string { return s.ConnectionType })},
	"connectorName":          {ops: "eq ge gt in ne isnull sw", text: has(func(s *source) string { return s.Type })},
	"category":               {ops: "co eq ge gt in le lt ne sw", text: absent},
}

func sourceCreated(s *source) time.Time { return time.UnixMilli(s.created) }

// absent is a field that no source of the sandbox has.
func absent(*source) (string, bool) { return "", false }

// sourceSorters are the documented sort fields of GET /sources; what no source has, or all have alike, orders nothing.
var sourceSorters = map[string]func(a, b *source) int{
	"id":                            func(a, b *source) int { return cmp.Compare(a.id, b.id) },
	"name":                          func(a, b *source) int { return cmp.Compare(fold(a.Name), fold(b.Name)) },
	"type":                          func(a, b *source) int { return cmp.Compare(fold(a.Type), fold(b.Type)) },
	"created":                       func(a, b *source) int { return cmp.Compare(a.created, b.created) },
	"modified":                      func(a, b *source) int { return cmp.Compare(a.created, b.created) },
	"description":                   func(a, b *source) int { return cmp.Compare(fold(a.Description), fold(b.Description)) },
	"owner.name":                    func(a, b *source) int { return cmp.Compare(fold(a.owner.name), fold(b.owner.name)) },
	"owner.id":                      func(a, b *source) int { return cmp.Compare(a.owner.id, b.owner.id) },
	"authoritative":                 func(a, b *source) int { return compareFlags(a.Authoritative, b.Authoritative) },
	"connectionType":                func(a, b *source) int { return cmp.Compare(a.ConnectionType, b.ConnectionType) },
	"connectorName":                 func(a, b *source) int { return cmp.Compare(fold(a.Type), fold(b.Type)) },
	"healthy":                       alike,
	"status":                        alike,
	"accountCorrelationConfig.id":   alike,
	"accountCorrelationConfig.name": alike,
	"managerCorrelationRule.type":   alike,
	"managerCorrelationRule.id":     alike,
	"managerCorrelationRule.name":   alike,
	"managementWorkgroup.id":        alike,
}

func alike(*source, *source) int { return 0 }

// taskFieldsOf are the fields of GET /task-status under a version of the API: from v2025 on completionStatus can be
// asked for null, from v2026 on (and under v1) the launcher can be asked for.
func taskFieldsOf(version string) map[string]field[*task] {
	status := field[*task]{ops: "eq in", text: func(t *task) (string, bool) { return t.status, t.done }}
	if listsRunning(version) {
		status.ops = "eq in isnull"
	}
	fields := map[string]field[*task]{
		"id":               {ops: "eq in", text: has(func(t *task) string { return t.id })},
		"sourceId":         {ops: "eq in", text: has(func(t *task) string { return t.source.id })},
		"completionStatus": status,
		"type":             {ops: "eq in", text: has((*task).launches)},
	}
	if version == "v2026" || version == "v1" {
		fields["launcher"] = fields["type"]
	}
	return fields
}

// listsRunning tells whether the list of task statuses holds all tasks, or completed ones only.
func listsRunning(version string) bool { return version != "v2024" && version != "beta" }

var taskSorters = map[string]func(a, b *task) int{
	"created": func(a, b *task) int { return a.created.Compare(b.created) },
}
