package reports

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

func resultJSON(t testing.TB, r runner) []byte {
	t.Helper()
	text := inFormat(t, "json", r)
	valid(t, "result", bytes.NewReader(text))
	return text
}

func TestResultJSONGolden(t *testing.T) {
	t.Parallel()
	golden(t, "result.json.golden", resultJSON(t, everyState(t)))
}

// What stands in result.json comes back: all but evidence, and where the rows
// of a file that is not at hand stood.
func TestResultJSONRoundTrip(t *testing.T) {
	t.Parallel()
	want := everyState(t)
	want.Undoes, want.Applies = "20261122T020000Z-0001", "20261122T020000Z-0002"
	want.Hold = sync.Reason{Code: sync.CodeHeld, Details: sync.Details{Count: 3}}
	got := readBack(t, resultJSON(t, want))
	if diff := cmp.Diff(&want.Head, got.Head(), cmpopts.IgnoreFields(sync.Head{}, "Terms")); diff != "" {
		t.Errorf("the head does not read back (-want +got):\n%s", diff)
	}
	for i, op := range operationsOf(t, want) {
		op.Offset, op.Evidence, op.Row.State = -1, sync.Evidence{}, op.State
		if op.Created != "" { // which it names twice
			op.Account = op.Created
		}
		if diff := cmp.Diff(op, operationsOf(t, got)[i]); diff != "" {
			t.Errorf("an operation does not read back (-want +got):\n%s", diff)
		}
	}
}

// Attribute values come back to the byte, whatever the API sent.
func TestResultJSONKeepsValues(t *testing.T) {
	t.Parallel()
	values := []account.Value{`"plain"`, `"\u003cb\u003e \/ \ud83d\ude00"`, "12345678901234567890.10", "true", `["a","b c",""]`,
		`{"deep":[1,{"x":"y, z: {"}],"twice":1,"twice":2}`, `"say \"hi\" \\"`, `[]`, `""`, ""}
	r := manyCreates(1, sync.Verified)
	for _, v := range values {
		r.Operations[0].Changes = []diff.Field{{Attribute: "a", Before: v, After: v}}
		if f := operationsOf(t, readBack(t, resultJSON(t, r)))[0].Changes[0]; f.Before != v || f.After != v {
			t.Errorf("%s came back as %s and %s", v, f.Before, f.After)
		}
	}
}

// Empty lists are lists, and an operation is one line.
func TestResultJSONShape(t *testing.T) {
	t.Parallel()
	empty := string(resultJSON(t, head(&fake{Head: sync.Head{Source: peopleSource}})))
	for _, want := range []string{`"operations": []`, `"guards": []`, `"rejected": []`, `"schema": "accountsync/result/v1"`, `"paused_ms": 1500`} {
		if !strings.Contains(empty, want) {
			t.Errorf("no %s in\n%s", want, empty)
		}
	}
	none := string(resultJSON(t, head()))
	if !strings.Contains(none, `"sources": []`) {
		t.Errorf("no sources is not an empty list:\n%s", none)
	}
	lines := 0
	for line := range strings.Lines(string(resultJSON(t, manyCreates(50, sync.Failed)))) {
		if strings.HasPrefix(line, `        {"seq":`) && strings.HasSuffix(strings.TrimSpace(strings.TrimSuffix(line, ",\n")), "}") {
			lines++
		}
	}
	if lines != 50 {
		t.Errorf("%d of 50 operations have a line of their own", lines)
	}
}

// Laying JSON out changes nothing but white space outside of strings.
func TestLayoutKeepsTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		compact := drawJSON(t, 6)
		checkLayout(t, compact, rapid.IntRange(1, len(compact)).Draw(t, "piece"))
	})
}

func FuzzLayout(f *testing.F) {
	f.Add(`{"a":[{"b":[{"c":[{"d":["x, y: {",1]}]}]}],"e":{}}`)
	f.Add(`["\"\\",{},[],[[]],[[[[[[[[1,2]]]]]]]]]`)
	f.Fuzz(func(t *testing.T, text string) {
		v := jsontext.Value(text)
		if v.Compact(jsontext.PreserveRawStrings(true)) != nil || len(v) == 0 {
			return // there is nothing to lay out
		}
		checkLayout(t, string(v), 3)
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

// checkLayout lays compact JSON out, handed over in pieces, and takes the
// white space away again.
func checkLayout(t failer, compact string, piece int) {
	laid := layOut(compact, piece)
	back := jsontext.Value(laid)
	if err := back.Compact(jsontext.PreserveRawStrings(true)); err != nil {
		t.Fatalf("laid out, %s is no JSON any more: %v\n%s", compact, err, laid)
	}
	if string(back) != compact {
		t.Fatalf("%s became %s", compact, back)
	}
}
