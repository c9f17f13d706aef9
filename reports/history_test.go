package reports

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The history of an account holds each run that planned something for it, with
// every value before and after, and no other account.
func TestHistory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	runs := func(yield func(*Run, error) bool) {
		for _, f := range []*fake{nextNight(t), manyCreates(3, "verified"), everyState(t)} {
			one, err := f.run().Touched(ctx, "put.bob")
			if one == nil && err == nil {
				continue
			}
			if !yield(one, err) {
				return
			}
		}
	}
	var b bytes.Buffer
	n, err := History(ctx, &b, runs, Options{})
	if err != nil || n != 2 {
		t.Fatalf("%d runs, %v", n, err)
	}
	want := `2026-11-24 02:00:00 UTC sync 20261124T020000Z-88c1, HR People
  ~ put put.bob verified
      city   "Austin" -> "Lyon"
      level  12345678901234567890 -> 12345678901234567891

2026-11-23 02:00:00 UTC sync 20261123T020000Z-7f3a, HR People
  ~ put put.bob verified
      city   "Austin" -> "Paris"
      level  12345678901234567890 -> 12345678901234567891

`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	if one, err := everyState(t).run().Touched(ctx, "acc-21"); err != nil || one == nil || !strings.Contains(historyOf(t, one), `takes away city "Turin"`) {
		t.Errorf("an account id finds nothing: %v", err)
	}
}

func historyOf(t *testing.T, r *Run) string {
	var b bytes.Buffer
	if _, err := History(context.Background(), &b, func(yield func(*Run, error) bool) { yield(r, nil) }, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
