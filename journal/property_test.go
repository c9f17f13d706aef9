package journal

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// oddTexts are texts as files and APIs hold them.
func oddTexts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.StringN(0, 12, -1), rapid.SampledFrom([]string{"", " ", "\x00", "a\x00b", "\"", `\`, "é\u2028", "\xff\xfe", "'; DROP TABLE runs", "[]", "null"}))
}

// values are values of attributes: JSON, as the API sends it.
func values() *rapid.Generator[account.Value] {
	return rapid.OneOf(
		rapid.Map(oddTexts(), account.StringValue),
		rapid.Map(rapid.SliceOf(oddTexts()), account.ListValue),
		rapid.SampledFrom([]account.Value{account.Null, "12345678901234567890", "-0.10", "true", `[ 1, {"a" : null} ]`, `{"b": "}", "b": []}`, "[]"}),
	)
}

// names are names of attributes: texts of valid UTF-8.
func names() *rapid.Generator[string] {
	return rapid.Map(oddTexts(), func(s string) string { return strings.ToValidUTF8(s, "") })
}

func operationsOf(t *rapid.T) []*sync.Operation {
	ops := []*sync.Operation{}
	for i := range rapid.IntRange(0, 6).Draw(t, "operations") {
		op := &sync.Operation{}
		fillIn(t, reflect.ValueOf(op).Elem())
		op.Seq, op.Op = i, rapid.SampledFrom(diff.Ops).Draw(t, "op")
		op.State = rapid.SampledFrom(sync.States).Draw(t, "state")
		ops = append(ops, op)
	}
	return ops
}

// fillIn draws every exported field: one that is added to an operation and that
// the journal does not keep is found here.
func fillIn(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			draw(t, f.Name, v.Field(i))
		}
	}
}

func draw(t *rapid.T, name string, v reflect.Value) {
	switch v.Interface().(type) {
	case []diff.Field:
		fields := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) diff.Field {
			missing := rapid.Just(account.Value(""))
			return diff.Field{Attribute: names().Draw(t, "name"), Before: rapid.OneOf(missing, values()).Draw(t, "before"),
				After: rapid.OneOf(missing, values()).Draw(t, "after")}
		}), 0, 4)
		v.Set(reflect.ValueOf(maybe(t, fields)))
		return
	case []account.Attribute:
		attrs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) account.Attribute {
			return account.Attribute{Name: names().Draw(t, "name"), Value: values().Draw(t, "value")}
		}), 0, 4)
		v.Set(reflect.ValueOf(maybe(t, attrs)))
		return
	case []int64:
		v.Set(reflect.ValueOf(maybe(t, rapid.SliceOfN(rapid.Int64(), 0, 3))))
		return
	case []diff.Warning:
		v.Set(reflect.ValueOf(maybe(t, rapid.SliceOfN(rapid.SampledFrom(diff.Warnings), 0, 3))))
		return
	case []string:
		v.Set(reflect.ValueOf(maybe(t, rapid.SliceOfN(names(), 0, 3))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(names().Draw(t, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	default:
		t.Fatalf("the journal does not know how to keep %s of type %s", name, v.Type())
	}
}

// maybe draws a list, or nil.
func maybe[T any](t *rapid.T, g *rapid.Generator[[]T]) []T {
	if rapid.Bool().Draw(t, "nil") {
		return nil
	}
	return g.Draw(t, "list")
}

// What begins is what is loaded, whatever stands in it; and again once it has
// ended otherwise than it began.
func TestBeginThenLoad(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		h := head(runs)
		h.Run = fmt.Sprintf("run-%06d", runs)
		s := newSource(0)
		s.Operations = operationsOf(t)
		s.Rejected = rapid.SliceOf(rapid.Custom(func(t *rapid.T) account.Rejected {
			return account.Rejected{Line: rapid.Int().Draw(t, "line"), Key: oddTexts().Draw(t, "key"), Reason: names().Draw(t, "reason"), Offset: rapid.Int64().Draw(t, "offset")}
		})).Draw(t, "rejected")
		recount(s)
		r, err := j.Begin(context.Background(), h, s, accountSchema, settings)
		ok(t, err)
		asBegun(t, j, h, s)

		for _, op := range s.Operations {
			if rapid.Bool().Draw(t, "recorded") {
				op.State, op.Error = sync.Failed, names().Draw(t, "error")
				ok(t, r.Record(op))
			}
			if rapid.Bool().Draw(t, "changed") {
				op.State, op.Reason, op.HTTP = sync.Withheld, names().Draw(t, "reason"), 0
			}
		}
		want := end(t, r, h, s, sync.Partial)
		equal(t, load(t, j, h.Run).Result, want, cmpopts.EquateEmpty())
	})
}

// asBegun compares a run that has begun with its record, save for what is said
// of operations because nothing is known of them yet.
func asBegun(t *rapid.T, j *Journal, h *sync.Result, s *sync.Source) {
	stored, err := j.Load(context.Background(), h.Run)
	ok(t, err)
	got := stored.Result
	for i, op := range got.Sources[0].Operations {
		if op.State == sync.Withheld && op.Reason == neverSent {
			op.Reason = s.Operations[i].Reason
		}
	}
	want := *h
	want.Outcome, want.Sources = sync.Interrupted, []*sync.Source{s}
	equal(t, got, &want, cmpopts.EquateEmpty())
}

// The lists of an operation that are nil or empty are so again.
func TestNilAndEmpty(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	s := newSource(2)
	s.Operations[0].Live, s.Operations[0].Changes, s.Operations[0].Joined = nil, nil, nil
	s.Operations[1].Live, s.Operations[1].Changes, s.Operations[1].Joined = []account.Attribute{}, []diff.Field{}, []int64{}
	h := head(1)
	r, err := j.Begin(t.Context(), h, s, accountSchema, nil)
	ok(t, err)
	end(t, r, h, s, sync.Partial)
	equal(t, load(t, j, Last).Result.Sources[0].Operations, s.Operations)
}

// Damaged text is an error, never a panic; whole text is what was written.
func FuzzTexts(f *testing.F) {
	f.Add(`{"a":1,"b":"x"}`, `[{"attribute":"a","before":null,"after":["x"]}]`)
	f.Add(`{`, `[{"attribute":1}`)
	f.Add(`[]`, `{}`)
	f.Add(`{"a":1}}`, `[{}]x`)
	f.Fuzz(func(t *testing.T, attributes, changes string) {
		var s scanner
		if attrs, err := s.attributes(attributes); err == nil {
			again, err := s.attributes(string(appendAttributes(nil, attrs)))
			ok(t, err)
			equal(t, again, attrs)
		}
		if fields, err := s.changes(changes); err == nil {
			again, err := s.changes(string(appendChanges(nil, fields)))
			ok(t, err)
			equal(t, again, fields)
		}
	})
}
