package reports

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/record"
)

// hostile is a run whose every text wants to be something else.
func hostile(t testing.TB) (*fake, []string) {
	t.Helper()
	texts := []string{`<script>alert(1)</script>`, `</script><script>alert(2)</script>`, `<img src=x onerror=alert(3)>`, `"><b onmouseover=alert(4)>x`,
		`=cmd|' /C calc'!A0`, "right\u202eto\u2066left", "two\nlines\r\n", `javascript:alert(5)`, `{{.}}`, `<!--`, `]]>`, "\x00\x1b[31m", strings.Repeat("long ", 2000)}
	r := manyCreates(len(texts), record.Failed)
	s := r
	for i, text := range texts {
		v := account.StringValue(text)
		op := s.Operations[i]
		op.Key, op.Account, op.Task, op.Error, op.Reason, op.TrackingID, op.TaskStatus = text, text, text, text, text, text, text
		op.Op, op.IdentityID, op.IdentityState = diff.Delete, text, "ACTIVE"
		op.Changes = []diff.Field{{Attribute: text, Before: v, After: v + " "}, {Attribute: "l", Before: account.ListValue(texts[:i]), After: account.ListValue(texts[i:])}}
		s.Rejected = append(s.Rejected, account.Rejected{Line: i + 2, Key: text, Reason: text})
		s.Notes = append(s.Notes, text)
		r.Settings = append(r.Settings, record.Setting{Name: text, Value: text, Origin: text})
		s.Guards = append(s.Guards, diff.Guard{Name: diff.GuardCleared, Attribute: text, AllowedBy: text})
	}
	s.Source.Name, s.Source.ID, s.Input.File, s.Listing.Doubt = texts[1], texts[1], texts[1], texts[1]
	r.Error, r.Hint, r.Version, r.Redacted = texts[0], texts[2], texts[1], []string{texts[2]}
	tally(s, 0)
	return r, texts
}
