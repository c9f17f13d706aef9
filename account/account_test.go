package account

import (
	"encoding/json"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestCloneSharesNoMemoryWithItsOriginal(t *testing.T) {
	t.Parallel()
	page := []byte(`a1 Ada n1 s1 i1 ACTIVE name"x"AGGR2024 2026`)
	view := func(from, to int) string { return unsafe.String(&page[from], to-from) }
	a := &Account{ID: view(0, 2), Name: view(3, 6), NativeIdentity: view(7, 9), SourceID: view(10, 12), IdentityID: view(13, 15),
		IdentityState: view(16, 22), Locked: true, Attributes: []Attribute{{view(23, 27), Value(view(27, 30))}},
		Origin: view(30, 34), Created: view(34, 38), Modified: view(39, 43)}
	c := a.Clone()
	want := &Account{ID: "a1", Name: "Ada", NativeIdentity: "n1", SourceID: "s1", IdentityID: "i1",
		IdentityState: "ACTIVE", Locked: true, Attributes: []Attribute{{"name", `"x"`}},
		Origin: "AGGR", Created: "2024", Modified: "2026"}
	for i := range page {
		page[i] = '#'
	}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	if (&Account{}).Clone().Attributes != nil {
		t.Error("no attributes became some")
	}
}

func TestTaskStates(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][2]bool{"": {false, false}, "SUCCESS": {true, false}, "WARNING": {true, false}, "ERROR": {true, true}, "TEMPERROR": {true, true}, "TERMINATED": {true, true}} {
		if task := (Task{Status: status}); task.Done() != want[0] || task.Failed() != want[1] {
			t.Errorf("%q: done %t, failed %t", status, task.Done(), task.Failed())
		}
	}
}

func TestDeletable(t *testing.T) {
	t.Parallel()
	for s, want := range map[Source]bool{
		{Type: "DelimitedFile", ConnectionType: "file"}:               true,
		{Type: "Delimited File", ConnectionType: "file"}:              true,
		{Type: "DelimitedFile"}:                                       true,
		{Type: "Generic", ConnectionType: "file"}:                     false,
		{ConnectionType: "file"}:                                      false,
		{Type: "Active Directory - Direct", ConnectionType: "direct"}: false,
	} {
		if s.Deletable() != want {
			t.Errorf("%+v: deletable %t", s, !want)
		}
	}
}

func TestFlatFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		source Source
		want   bool
	}{
		{Source{ConnectionType: "file", Type: "Generic"}, true}, {Source{ConnectionType: "direct", Type: "DelimitedFile"}, false},
		{Source{Type: "DelimitedFile"}, true}, {Source{Type: "Delimited File"}, true}, {Source{Type: "Active Directory"}, false},
	} {
		if tt.source.FlatFile() != tt.want {
			t.Errorf("%+v: %t", tt.source, !tt.want)
		}
	}
}

func TestValueIsItsOwnJSON(t *testing.T) {
	t.Parallel()
	const text = `{"a":12345678901234567890,"b":null,"c":["x",1.50],"d":"\u00e9"}`
	var values map[string]Value
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	if values["a"] != "12345678901234567890" || values["b"] != "" || values["d"] != `"\u00e9"` {
		t.Errorf("%q", values)
	}
	out, err := json.Marshal(values)
	if err != nil || string(out) != text {
		t.Errorf("%s %v", out, err)
	}
	if v := StringValue("a\xff"); v != "\"a\uFFFD\"" {
		t.Errorf("%s", v)
	}
}
