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

func resultJSON(t testing.TB, r *sync.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := writeJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	valid(t, "result", bytes.NewReader(b.Bytes()))
	return b.Bytes()
}

// sameResult compares what result.json holds: not offsets, tables and rows.
var sameResult = cmp.Options{
	cmpopts.IgnoreFields(sync.Source{}, "KeptRows", "Orphans", "Table"),
	cmpopts.IgnoreFields(sync.Operation{}, "Offset"),
	cmpopts.IgnoreUnexported(sync.Operation{}),
	cmpopts.IgnoreFields(account.Rejected{}, "Offset"),
}

func TestResultJSONGolden(t *testing.T) {
	t.Parallel()
	golden(t, "result.json.golden", resultJSON(t, everyState(t)))
}

func TestResultJSONRoundTrip(t *testing.T) {
	t.Parallel()
	want := everyState(t)
	got, err := ReadJSON(bytes.NewReader(resultJSON(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameResult); diff != "" {
		t.Errorf("result.json does not read back (-want +got):\n%s", diff)
	}
	for _, op := range got.Sources[0].Operations {
		if op.Offset != -1 {
			t.Errorf("operation %s has offset %d of a file that is not at hand", op.Key, op.Offset)
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
		r.Sources[0].Operations[0].Changes = []diff.Field{{Attribute: "a", Before: v, After: v}}
		got, err := ReadJSON(bytes.NewReader(resultJSON(t, r)))
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if f := got.Sources[0].Operations[0].Changes[0]; f.Before != v || f.After != v {
			t.Errorf("%s came back as %s and %s", v, f.Before, f.After)
		}
	}
}

// Empty lists are lists, and an operation is one line.
func TestResultJSONShape(t *testing.T) {
	t.Parallel()
	empty := string(resultJSON(t, head(&sync.Source{Source: peopleSource})))
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
		if strings.HasPrefix(line, `        {"op": "create", "key": "user.`) && strings.HasSuffix(strings.TrimSpace(strings.TrimSuffix(line, ",\n")), "}") {
			lines++
		}
	}
	if lines != 50 {
		t.Errorf("%d of 50 operations have a line of their own", lines)
	}
}

func TestReadJSONIgnoresUnknownFields(t *testing.T) {
	t.Parallel()
	r, err := ReadJSON(strings.NewReader(`{"schema": "accountsync/result/v1", "run": "r", "later": {"x": [1]}, "sources": [{"more": 1, "operations": [{"op": "put", "key": "k", "new": null}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if op := r.Sources[0].Operations[0]; r.Run != "r" || op.Op != diff.Put || op.Key != "k" {
		t.Errorf("got run %q, operation %+v", r.Run, op)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another schema": `{"schema": "accountsync/result/v2"}`,
		"a plan":         `{"schema": "accountsync/plan/v1"}`,
		"no schema":      `{}`,
		"no object":      `[1]`,
		"cut":            `{"schema": "accountsync/result/v1", "sources": [`,
		"nothing":        ``,
		"two":            `{"schema": "accountsync/result/v1"} {}`,
	} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil {
			t.Errorf("%s was read", name)
		}
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
