package reports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/record"
)

// Every code of a record has words: none reaches a reader as it is stored.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../record/operation.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isValue := n.(*ast.ValueSpec)
		if !isValue || !strings.HasPrefix(spec.Names[0].Name, "Code") || spec.Names[0].Name == "CodeText" {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes++
		for _, state := range record.States {
			op := &record.Operation{OperationPlan: record.OperationPlan{Op: diff.Put}, OperationResult: record.OperationResult{State: state}}
			if text := Words(op, record.Reason{Code: record.Code(code)}); text == "" || text == code || strings.ContainsAny(text, "%") || strings.HasSuffix(text, " ") {
				t.Errorf("%s, %s: %q", state, code, text)
			}
		}
		return true
	})
	if codes < 25 {
		t.Errorf("found %d codes", codes)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	details := func(d record.Details) record.Details { d.After = 20 * time.Second; return d }
	for _, c := range []struct {
		op   testOp
		code record.Code
		d    record.Details
		want string
	}{
		{testOp{HTTP: 202}, record.CodeNotShown, details(record.Details{Shows: record.ShowsOld, Attributes: []string{"city"}}), "API answered 202, but city still has the old value after 20s"},
		{testOp{HTTP: 202}, record.CodeNotShown, details(record.Details{Shows: record.ShowsOther, Attributes: []string{"city", "title"}}), "API answered 202, but city, title do not have the new values after 20s"},
		{testOp{TaskStatus: "SUCCESS"}, record.CodeDiffers, details(record.Details{Shows: record.ShowsAbsent}), "task reported SUCCESS, but the account does not exist after 20s"},
		{testOp{HTTP: 202}, record.CodeManual, details(record.Details{Shows: record.ShowsEnabled}), "API answered 202, but the account is still enabled after 20s: on a flat-file source a manual task may be waiting for the source owner"},
		{testOp{}, record.CodeNoAnswer, details(record.Details{Shows: record.ShowsAbsent}), "no answer came, and the account does not exist after 20s"},
		{testOp{}, record.CodeNoAnswer, record.Details{HTTP: 503}, "no answer came, and the list could not be read again (HTTP 503)"},
		{testOp{}, record.CodeNoAnswer, record.Details{}, "no answer came: it may or may not have been done"},
		{testOp{Op: diff.Delete}, record.CodeDenied, record.Details{HTTP: 403}, "DELETE refused with 403: the token may lack a scope"},
		{testOp{State: record.Withheld}, record.CodeInterrupted, record.Details{}, "interrupted by signal; unsent operations were not started"},
		{testOp{State: record.Accepted}, record.CodeInterrupted, record.Details{}, "interrupted by signal before it could be verified"},
		{testOp{}, record.CodeStale, record.Details{Attributes: []string{"city", "title"}}, "the account changed since the plan: city, title"},
		{testOp{}, "merged", record.Details{Text: "into another"}, "merged: into another"},
	} {
		if got := Words(c.op.record(0), record.Reason{Code: c.code, Details: c.d}); got != c.want {
			t.Errorf("%s: got %q, want %q", c.code, got, c.want)
		}
	}
}

// What holds many operations back stands once, in the head: reports say it of
// each of them, and result.json has its code.
func TestReasonsOfTheHead(t *testing.T) {
	t.Parallel()
	r := manyCreates(2, record.Withheld)
	r.Operations[1].Code = record.Reason{Code: record.CodeNoAccount}
	r.Left = record.Reason{Code: record.CodeInterrupted}
	tally(r, 0)
	ops := operationsOf(t, readBack(t, resultJSON(t, r)))
	for i, want := range []record.Code{record.CodeInterrupted, record.CodeNoAccount} {
		if got := ops[i].Reason.Code; got != want {
			t.Errorf("result.json has %q for operation %d, want %q", got, i, want)
		}
	}
	r.Left, r.Guards = record.Reason{}, []diff.Guard{{Name: diff.GuardCreates, Planned: 2, Limit: 1, Tripped: true}}
	for name, text := range map[string]string{"csv": resultCSV(t, r), "table": rendered(t, Table, r, Options{}), "page": pageOf(t, r), "masked": resultCSV(t, redacted(t, r, "city"))} {
		if !strings.Contains(text, "blocked by guard creates") {
			t.Errorf("%s does not say why:\n%.3000s", name, text)
		}
	}
}
