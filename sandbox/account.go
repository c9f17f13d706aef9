package sandbox

import (
	"strconv"
	"strings"
	"time"
)

// account is one account. Its own part of the JSON is kept encoded in head, which is followed in every answer
// by the tail its source shares; id and, mostly, name and native are slices of it.
type account struct {
	head, attributes string
	id, name, native string
	source           *source
	identity         *identity
	twin             *account // the next account whose native identity folds to the same text
	details          *details
	created          int64 // Unix milliseconds
	modified         int64
	disabled, locked bool
	manual           bool
	provisioned      bool
	entitled         bool
}

// details are what few accounts have.
type details struct {
	uuid, description, recommendation string
	machine                           bool
}

var noDetails = new(details)

func (a *account) more() *details {
	if a.details == nil {
		return noDetails
	}
	return a.details
}

// encode writes head anew after any change; attributes are given as encoded JSON.
func (a *account) encode(attributes []byte) {
	text := a.appendHead(make([]byte, 0, 640+len(attributes)), attributes)
	a.adopt(string(text), len(text)-len(attributes))
}

// appendHead appends the account's own part of the JSON, which ends with the attributes.
func (a *account) appendHead(dst, attributes []byte) []byte {
	text := append(dst, `{"id":"`...)
	text = append(text, a.id...)
	text = append(text, '"')
	text = member(text, "name", a.name)
	text = member(text, "nativeIdentity", a.native)
	text = member(text, "created", stamp(a.created))
	text = member(text, "modified", stamp(a.modified))
	text = a.appendFlags(text)
	text = a.appendIdentity(text)
	text = a.appendDetails(text)
	text = append(text, `,"attributes":`...)
	return append(text, attributes...)
}

// adopt keeps the encoded text and lets the strings point into it, which spares their own memory.
func (a *account) adopt(head string, attributes int) {
	a.head, a.attributes = head, head[attributes:]
	a.id = head[len(`{"id":"`):][:idLength]
	at := len(`{"id":"`) + idLength + len(`","name":"`)
	if at = alias(head, at, &a.name); at > 0 {
		alias(head, at+len(`","nativeIdentity":"`), &a.native)
	}
}

// alias points text at its copy in head, unless escapes made them differ, and gives where the copy ends.
func alias(head string, at int, text *string) (end int) {
	end = at + len(*text)
	if !strings.HasPrefix(head[at:], *text) || head[end] != '"' {
		return 0
	}
	*text = head[at:end]
	return end
}

func (a *account) appendFlags(text []byte) []byte {
	text = flag(text, "disabled", a.disabled)
	text = flag(text, "locked", a.locked)
	text = flag(text, "manuallyCorrelated", a.manual)
	text = flag(text, "uncorrelated", a.identity == nil)
	text = flag(text, "hasEntitlements", a.entitled)
	return member(text, "origin", a.origin())
}

func (a *account) origin() string {
	if a.provisioned {
		return originProvisioned
	}
	return originAggregated
}

const (
	originAggregated  = "AGGREGATED"
	originProvisioned = "PROVISIONED"
)

func (a *account) appendIdentity(text []byte) []byte {
	if a.identity == nil {
		return append(text, `,"identityId":null,"identity":null,"cloudLifecycleState":null,"identityState":null`...)
	}
	text = member(text, "identityId", a.identity.id)
	text = append(text, `,"identity":{"type":"IDENTITY"`...)
	text = member(text, "id", a.identity.id)
	text = member(text, "name", a.identity.name)
	text = append(text, '}')
	text = member(text, "cloudLifecycleState", a.identity.lifecycle)
	return member(text, "identityState", a.identity.state)
}

func (a *account) appendDetails(text []byte) []byte {
	d := a.more()
	text = flag(text, "isMachine", d.machine)
	text = memberOrNull(text, "uuid", d.uuid)
	text = memberOrNull(text, "description", d.description)
	if d.recommendation == "" {
		return append(text, `,"recommendation":null`...)
	}
	text = append(text, `,"recommendation":{"type":"`...)
	if d.machine {
		text = append(text, `MACHINE"`...)
	} else {
		text = append(text, `HUMAN"`...)
	}
	return append(member(text, "method", d.recommendation), '}')
}

// appendFull appends the account as detailLevel=FULL shows it.
func (a *account) appendFull(dst []byte) []byte {
	dst = append(dst, a.head...)
	return append(dst, a.source.tail...)
}

// appendSlim appends the account as detailLevel=SLIM shows it: attributes null, no source details.
func (a *account) appendSlim(dst []byte) []byte {
	dst = append(dst, a.head[:len(a.head)-len(a.attributes)-len(`,"attributes":`)]...)
	dst = append(dst, `,"attributes":null`...)
	dst = member(dst, "sourceId", a.source.id)
	dst = member(dst, "sourceName", a.source.Name)
	return append(dst, '}')
}

func member(dst []byte, name, value string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return quote(dst, value)
}

func memberOrNull(dst []byte, name, value string) []byte {
	if value != "" {
		return member(dst, name, value)
	}
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	return append(dst, `":null`...)
}

func flag(dst []byte, name string, value bool) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return strconv.AppendBool(dst, value)
}

// stampLayout is the service's way to write an instant.
const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format(stampLayout)
}
