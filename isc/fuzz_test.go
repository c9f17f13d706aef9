package isc

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzErrorBody: whatever an answer holds, its error is one short clean line
// without the secret.
func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[1]`, `{"detailCode":1,"messages":[{"text":"` + testSecret + `"}]}`, `<html><title>a</title>`,
		`{"error":{"a":"` + testSecret + `"}}`, "\xff\x00", `{"message":"\ud800\n"}`, strings.Repeat("é", 400),
	} {
		f.Add(seed)
	}
	scrub := newScrubber(testSecret)
	f.Fuzz(func(t *testing.T, body string) {
		e := &Error{Method: "GET", Path: "/p", Status: 500}
		e.readBody([]byte(body), scrub)
		for _, text := range []string{e.Text, e.DetailCode, e.TrackingID} {
			if strings.Contains(text, testSecret) || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%q gives %q", body, text)
			}
		}
	})
}
