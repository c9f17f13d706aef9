package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// texts are texts as files and APIs hold them: valid UTF-8, and anything else.
func oddTexts() *rapid.Generator[string] {
	return rapid.Map(rapid.OneOf(rapid.StringN(0, 12, -1), rapid.SampledFrom([]string{"", " ", "\x00", "a\x00b", "\"", `\`, "é\u2028", "<&>", "'; DROP TABLE runs", "[]", "null"})),
		func(s string) string { return strings.ToValidUTF8(s, "") })
}

// values are values of attributes: JSON, as the API sends it.
func values() *rapid.Generator[account.Value] {
	return rapid.OneOf(
		rapid.Map(oddTexts(), account.StringValue),
		rapid.Map(rapid.SliceOfN(oddTexts(), 0, 3), account.ListValue),
		rapid.SampledFrom([]account.Value{"12345678901234567890", "-0.10", "true", `"R\u0026D \u003c1\u003e"`, `[1,{"a":null}]`, `{"b":"}","b":[]}`, "[]"}),
	)
}

// draw fills every exported field of a value, whatever its type: one that is
// added to a head or an operation and is not kept is found by it.
func draw(t *rapid.T, name string, v reflect.Value) {
	switch v.Interface().(type) {
	case diff.Field:
		missing := rapid.Just(account.Value("")) // which a null is, too
		v.Set(reflect.ValueOf(diff.Field{Attribute: oddTexts().Draw(t, name), Before: rapid.OneOf(missing, values()).Draw(t, name), After: rapid.OneOf(missing, values()).Draw(t, name)}))
		return
	case account.Attribute:
		v.Set(reflect.ValueOf(account.Attribute{Name: oddTexts().Draw(t, name), Value: rapid.OneOf(rapid.Just(account.Null), values()).Draw(t, name)}))
		return
	case time.Time:
		v.Set(reflect.ValueOf(rapid.OneOf(rapid.Just(time.Time{}), rapid.Map(rapid.Int64Range(0, 1<<61), func(n int64) time.Time { return time.Unix(0, n).UTC() })).Draw(t, name)))
		return
	case diff.Limit:
		limit, err := diff.ParseLimit(rapid.SampledFrom([]string{"unlimited", "0", "25", "10%", "25,10%"}).Draw(t, name))
		ok(t, err)
		v.Set(reflect.ValueOf(rapid.SampledFrom([]diff.Limit{limit, diff.DefaultLimits().Removals}).Draw(t, name)))
		return
	case sync.Code: // one of ours
		v.SetString(rapid.SampledFrom([]string{"", "guard", "stale", "text"}).Draw(t, name))
		return
	case sync.Outcome:
		v.SetString(rapid.SampledFrom([]string{"", "partial", "failed"}).Draw(t, name))
		return
	case sync.Row: // the store's own
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(oddTexts().Draw(t, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Int32:
		v.SetInt(int64(rapid.Int32().Draw(t, name)))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				draw(t, f.Name, v.Field(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name+" is there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, name, v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 2).Draw(t, name), 2))
		for i := range v.Len() {
			draw(t, name, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rapid.IntRange(0, 2).Draw(t, name) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			draw(t, name, key)
			draw(t, name, value)
			v.SetMapIndex(key, value)
		}
	default:
		t.Fatalf("the record does not know how to keep %s of type %s", name, v.Type())
	}
}

func drawn[T any](t *rapid.T, name string) (v T) {
	draw(t, name, reflect.ValueOf(&v).Elem())
	return v
}

// drawnOperations are operations in their order, with everything an operation
// can hold.
func drawnOperations(t *rapid.T) (ops []*sync.Operation) {
	for i := range rapid.IntRange(0, 4).Draw(t, "operations") {
		op := drawn[sync.Operation](t, "operation")
		op.Op = rapid.SampledFrom(diff.Ops).Draw(t, "op")
		op.Key = fmt.Sprintf("%d%s", i, op.Key)
		op.State = rapid.SampledFrom(sync.States).Draw(t, "state")
		if op.Created != "" {
			op.Account = "" // only what has no id yet gets one
		}
		ops = append(ops, &op)
	}
	return ops
}

// lists are the lists of a run.
type lists struct {
	Operations []*sync.Operation
	Rejected   []account.Rejected
	Orphans    []diff.Orphan
	Absences   []diff.Absence
}

func listsOf(t tester, r sync.Reader) (l lists) {
	t.Helper()
	ctx := context.Background()
	l.Operations = operations(t, r, sync.Filter{})
	for v, err := range r.Rejected(ctx) {
		ok(t, err)
		l.Rejected = append(l.Rejected, v)
	}
	for v, err := range r.Orphans(ctx) {
		ok(t, err)
		l.Orphans = append(l.Orphans, v)
	}
	for v, err := range r.Absences(ctx) {
		ok(t, err)
		l.Absences = append(l.Absences, v)
	}
	return l
}

// Whatever stands in a run is found again: on record, after it was settled
// otherwise, and after a way over plan.json into another record.
func TestEverythingIsFoundAgain(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, state string) {
		s := open(t, state)
		dir := t.TempDir()
		runs := 0
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			runs++
			h := drawn[sync.Head](t, "head")
			h.Run = fmt.Sprintf("run-%06d", runs)
			h.Tenant, h.Source.ID, h.Command = tenant, sourceID, "sync"
			r, err := s.Begin(ctx, &h)
			ok(t, err)
			want := lists{Operations: drawnOperations(t)}
			for i := range rapid.IntRange(0, 2).Draw(t, "entries") {
				bad := drawn[account.Rejected](t, "rejected")
				bad.Line = i
				orphan, miss := drawn[diff.Orphan](t, "orphan"), drawn[diff.Absence](t, "absence")
				orphan.Key, miss.AccountID = fmt.Sprint(i, orphan.Key), fmt.Sprint(i, miss.AccountID)
				want.Rejected, want.Orphans, want.Absences = append(want.Rejected, bad), append(want.Orphans, orphan), append(want.Absences, miss)
			}
			ok(t, r.AddOperations(ctx, want.Operations...))
			ok(t, r.AddRejected(ctx, want.Rejected...))
			ok(t, r.AddOrphans(ctx, want.Orphans...))
			ok(t, r.AddAbsences(ctx, want.Absences...))
			ok(t, r.Seal(ctx, &h))

			found := func(r sync.Reader, head *sync.Head) lists {
				got := listsOf(t, r)
				equal(t, r.Head(), head)
				byKey := map[string]*sync.Operation{}
				for _, op := range got.Operations {
					byKey[op.Key] = op
				}
				for i, op := range want.Operations { // in the order in which they were added
					one := byKey[op.Key]
					if one == nil {
						t.Fatalf("%q was lost", op.Key)
					}
					row, seq := one.Row, one.Seq
					one.Row, one.Seq = op.Row, op.Seq
					equal(t, one, want.Operations[i])
					one.Row, one.Seq = row, seq
				}
				equal(t, lists{nil, got.Rejected, got.Orphans, got.Absences}, lists{nil, want.Rejected, want.Orphans, want.Absences})
				return got
			}
			reader, err := s.Read(ctx, h.Run)
			ok(t, err)
			got := found(reader, &h)

			var paper bytes.Buffer
			ok(t, sync.WritePlan(ctx, &paper, reader))
			path := filepath.Join(dir, "plan.json")
			ok(t, os.WriteFile(path, paper.Bytes(), 0o600))
			plan, err := sync.OpenPlan(path)
			ok(t, err)
			equal(t, plan.Head, h)
			copied := plan.Head
			copied.Run += "-applied"
			other, err := s.Begin(ctx, &copied)
			ok(t, err)
			ok(t, plan.Into(ctx, other, &copied, diff.Selection{}))
			ok(t, plan.Close())
			found(other, &copied)

			for i, op := range got.Operations {
				next := drawn[sync.Operation](t, "next")
				op.OperationResult, op.Evidence = next.OperationResult, next.Evidence
				op.State = rapid.SampledFrom(sync.States).Draw(t, "state")
				if op.Account != "" {
					op.Created = ""
				}
				ok(t, r.Settle(ctx, op))
				equal(t, operations(t, reader, sync.Filter{After: int64(i), Limit: 1})[0], op)
			}
		})
	})
}

// A plan.json of which any byte was changed, or that is cut short, is refused.
func TestPlanIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 5)
	var paper bytes.Buffer
	ok(t, sync.WritePlan(t.Context(), &paper, r))
	path := filepath.Join(t.TempDir(), "plan.json")
	rapid.Check(t, func(t *rapid.T) {
		text := bytes.Clone(paper.Bytes())
		i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			text = text[:i]
		} else {
			text[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		ok(t, os.WriteFile(path, text, 0o600))
		if _, err := sync.OpenPlan(path); !errors.Is(err, sync.ErrEdited) {
			t.Fatalf("got %v", err)
		}
	})
}
