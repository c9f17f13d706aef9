package sync

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"accountsync/account"
	"accountsync/diff"

	"github.com/google/go-cmp/cmp"
)

// twoSources is a result in which the keys a and b occur in both sources.
func twoSources() *Result {
	one := &Source{Source: account.Source{ID: "one"},
		Operations: []*Operation{
			{Op: diff.Create, Key: "a", Account: "id-a", Native: "native-a"},
			{Op: diff.Put, Key: "b", Account: "id-b", Native: "native-b"},
			{Op: diff.Disable, Key: "a", Native: "native-a"}, // whose account id is not known yet
			{Op: diff.Put, Key: "d", Account: "id-d", Native: "id-b"},
			{Op: diff.Put, Key: "", Account: "id-none"},
		},
		Rejected: []account.Rejected{{Line: 9, Key: "rejected"}, {Line: 10}},
		Orphans:  []diff.Orphan{{Key: "orphan", AccountID: "id-orphan"}},
	}
	two := &Source{Source: account.Source{ID: "two"},
		Operations: []*Operation{{Op: diff.Delete, Key: "b", Account: "id-b2"}},
		Rejected:   []account.Rejected{{Line: 4, Key: "a"}, {Line: 5, Key: "native-a"}, {Line: 6, Key: "id-b"}},
		KeptRows: func(yield func(account.Row, error) bool) {
			_ = yield(account.Row{Key: "x", Line: 2}, nil) && yield(account.Row{Key: "kept", Line: 3}, nil) && yield(account.Row{}, errors.New("the disk is gone"))
		},
	}
	return &Result{Run: "r", Sources: []*Source{one, two}}
}

// said is what a result holds, in short.
func said(r *Result) (all []string) {
	for _, s := range r.Sources {
		for _, op := range s.Operations {
			all = append(all, s.Source.ID+" "+string(op.Op)+" "+op.Key)
		}
		for _, row := range s.Rejected {
			all = append(all, s.Source.ID+" rejected "+row.Key)
		}
		for _, o := range s.Orphans {
			all = append(all, s.Source.ID+" orphan "+o.Key)
		}
		for row := range orNone(s.KeptRows) {
			all = append(all, s.Source.ID+" kept "+row.Key)
		}
	}
	return all
}

func orNone(rows iter.Seq2[account.Row, error]) iter.Seq2[account.Row, error] {
	if rows == nil {
		return func(func(account.Row, error) bool) {}
	}
	return rows
}

func TestAbout(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"a":         {"one create a", "one disable a", "two rejected a"},
		"id-a":      {"one create a", "one disable a"},
		"native-a":  {"one create a", "one disable a", "two rejected native-a"},
		"b":         {"one put b", "two delete b"},
		"rejected":  {"one rejected rejected"},
		"orphan":    {"one orphan orphan"},
		"id-orphan": {"one orphan orphan"},
		"kept":      {"two kept kept"},
	} {
		r := twoSources()
		if name != "kept" { // or each would read to the end of the disk
			r.Sources[1].KeptRows = nil
		}
		about, err := r.About(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, said(about)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		if len(r.Sources) != 2 || len(r.Sources[0].Operations) != 5 || about.Run != "r" {
			t.Errorf("%s: the result itself was changed", name)
		}
	}
}

func TestAboutNobody(t *testing.T) {
	t.Parallel()
	r := twoSources()
	r.Sources[1].KeptRows = nil
	for name, want := range map[string]NameError{
		"id-b":   {Name: "id-b", Keys: []string{"b", "d"}},
		"orphn":  {Name: "orphn", Near: "orphan"},
		"nobody": {Name: "nobody"},
	} {
		_, err := r.About(name)
		var got *NameError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, *got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
	if _, err := twoSources().About("nobody"); err == nil || err.Error() != "the disk is gone" {
		t.Errorf("a row that could not be read again: %v", err)
	}
	texts := []string{(&NameError{Name: "x\x1b"}).Error(), (&NameError{Name: "x", Near: "y"}).Error(), (&NameError{Name: "x", Keys: []string{"y", "z"}}).Error()}
	if want := []string{`nothing has the key "x\x1b"`, `nothing has the key "x"; did you mean "y"?`, `"x" is an account id or a native identity of several keys: ["y" "z"]`}; !slices.Equal(texts, want) {
		t.Errorf("got %q", texts)
	}
}

// An empty name is nobody's, though rows without a key are rejected.
func TestAboutNoName(t *testing.T) {
	t.Parallel()
	r := twoSources()
	r.Sources[1].KeptRows = nil
	if about, err := r.About(""); err == nil {
		t.Errorf("it is somebody's: %v", said(about))
	}
}
