package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestIndexesTellTheTruth writes and removes accounts, some alike but for their case, and holds every way of
// finding them against a plain map.
func TestIndexesTellTheTruth(t *testing.T) {
	t.Parallel()
	schema := SchemaSeed{IdentityAttribute: "id", Attributes: []AttributeSeed{{Name: "id"}}}
	rapid.Check(t, func(t *rapid.T) {
		s := New(&Seed{Sources: []SourceSeed{{Name: "s", Schema: schema}}})
		src := s.store.sources[0]
		truth := map[string]bool{}
		for _, native := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "b", "B", "c", `q"`, "Ä", "ä"}), 1, 30).Draw(t, "natives") {
			if rapid.Bool().Draw(t, "remove") {
				if s.RemoveAccount(src.id, native) != truth[native] {
					t.Fatalf("remove %s", native)
				}
				delete(truth, native)
			} else {
				s.SetAccount(src.id, AccountSeed{Attributes: Attributes{"id": native}})
				truth[native] = true
			}
			checkIndexes(t, s.store, src, truth)
		}
	})
}

func checkIndexes(t *rapid.T, st *store, src *source, truth map[string]bool) {
	if !slices.IsSortedFunc(src.ordered(), byID) || len(src.ordered()) != len(truth) {
		t.Fatalf("%d accounts in order, want %d", len(src.ordered()), len(truth))
	}
	for _, native := range []string{"a", "A", "b", "B", "c", `q"`, "Ä", "ä"} {
		a := src.byNative(native)
		if (a != nil) != truth[native] || a != nil && (src.byID(a.id) != a || a.native != native) {
			t.Fatalf("byNative(%s) = %v", native, a)
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(native)
		rows, p := st.find(query{filters: `nativeIdentity eq "` + quoted + `"`})
		if p != nil {
			t.Fatal(p.cause)
		}
		want := 0
		for other := range maps.Keys(truth) {
			if fold(other) == fold(native) {
				want++
			}
		}
		if len(rows) != want {
			t.Fatalf("the filter finds %d accounts for %s, want %d", len(rows), native, want)
		}
	}
}

func TestSourceFilterOperators(t *testing.T) {
	t.Parallel()
	schema := SchemaSeed{IdentityAttribute: "id", Attributes: []AttributeSeed{{Name: "id"}}}
	var seeds []SourceSeed
	for i, name := range []string{"alpha", "Beta", "gamma"} {
		seeds = append(seeds, SourceSeed{Name: name, ID: fmt.Sprintf("%032x", i+1), Schema: schema})
	}
	st := newStore(&Seed{Sources: seeds})
	second := seeds[1].ID
	for filter, want := range map[string]string{
		`name ge "beta"`: "Beta gamma", `name gt "BETA"`: "gamma", `name ne "beta"`: "alpha gamma", `name in ("gamma","x")`: "gamma",
		`name isnull`: "", `category ne "x"`: "", `id le "` + second + `"`: "alpha Beta", `id lt "` + second + `"`: "alpha",
		`created in (2026-01-01T00:00:00Z,2020-01-01T00:00:00Z)`: "alpha Beta gamma", `modified ne 2026-01-01T00:00:00Z`: "",
		`created lt 2026-01-01T00:00:01Z and created isnull`: "", `authoritative isnull`: "", `not managementWorkgroup.id isnull`: "",
	} {
		match, _, p := bindFilter(filter, sourceFields)
		if p != nil {
			t.Errorf("%s: %s", filter, p.cause)
			continue
		}
		var found []string
		for _, src := range st.sources {
			if match(src) {
				found = append(found, src.Name)
			}
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
}

func TestTasksEndInTheOrderOfTheirTimes(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var order []string
	s := New(&Seed{})
	for _, after := range []int{3, 1, 2, 1} {
		name := fmt.Sprintf("%d/%d", after, len(s.tasks.all))
		s.tasks.start(&task{id: name, due: start.Add(time.Duration(after) * time.Second), effect: func(time.Time) error {
			order = append(order, name)
			return nil
		}})
	}
	s.settle(start.Add(2 * time.Second))
	s.settle(start.Add(time.Hour))
	if diff := cmp.Diff([]string{"1/1", "1/3", "2/2", "3/0"}, order); diff != "" {
		t.Error(diff)
	}
}

func TestMostInAWindow(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, test := range []struct {
		seconds []int
		want    int
	}{{nil, 0}, {[]int{0}, 1}, {[]int{0, 10, 20}, 1}, {[]int{0, 9, 10, 18}, 3}, {[]int{18, 0, 9, 9, 10}, 4}} {
		var arrivals []time.Time
		for _, second := range test.seconds {
			arrivals = append(arrivals, start.Add(time.Duration(second)*time.Second))
		}
		if got := most(arrivals, 10*time.Second); got != test.want {
			t.Errorf("%v: %d, want %d", test.seconds, got, test.want)
		}
	}
}

// TestEveryOperationIsReached guards the table of operations against a pattern that hides another.
func TestEveryOperationIsReached(t *testing.T) {
	t.Parallel()
	for _, op := range operations {
		r, known := parseRoute("/v2025" + strings.Replace(op.path, "*", "some%2F%61", 1))
		if found, _ := r.find(op.method); !known || found != op {
			t.Errorf("%s %s is not reached", op.method, op.path)
		}
		if strings.Contains(op.path, "*") && r.id != "some/a" {
			t.Errorf("%s: id %q", op.path, r.id)
		}
	}
}
