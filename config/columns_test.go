package config_test

import (
	"os"
	"strings"
	"testing"
)

// The file beside a table of a fleet is its own; it goes over the sync's
// settings, which go over the defaults.
func TestColumnsBesideTheTable(t *testing.T) {
	files := map[string]string{
		"main.yaml":             "defaults: {separator: '/', trim: true, null: [x]}\nsyncs:\n  - source: A\n    file: a.csv\n    separator: '|'\n  - source: B\n    file: b.xlsx#Sheet\n  - source: C\n    file: a.csv\n    columns: none\n  - source: D\n    file: https://h.example/a.csv\n    columns: b.columns.yaml\n",
		"a.columns.yaml":        "separator: ','\nmap: {Emp Id: id, 'a=b': c}\n",
		"b.columns.yaml":        "null: [NULL]\nmap: ['X=y']\n",
		"Sheet.columns.yaml":    "trim: nonsense\n",
		"b.xlsx#.columns.yaml":  "trim: nonsense\n",
		"unrelated.columns.yml": "trim: nonsense\n",
	}
	syncs, err := read(t, files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range syncs {
		m := ""
		for k, v := range s.CSV.Map {
			m += k + ">" + v + " "
			if len(s.CSV.Map) > 1 {
				m = "2 "
			}
		}
		got = append(got, s.Name+" "+s.Columns+" "+s.CSV.Separator+" "+strings.Join(s.CSV.Null, ",")+" "+m)
	}
	want := "A a.columns.yaml , x 2 \nB b.columns.yaml / NULL X>y \nC  / x \nD b.columns.yaml / NULL X>y "
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if syncs[0].CSV.Map["a=b"] != "c" {
		t.Errorf("map %q", syncs[0].CSV.Map)
	}
	if err := os.WriteFile("a.columns.yaml", []byte("separator: '#'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syncs[0].RereadTable(); err != nil || syncs[0].CSV.Separator != "#" || len(syncs[0].CSV.Map) > 0 {
		t.Errorf("read anew: %v, separator %q, map %q", err, syncs[0].CSV.Separator, syncs[0].CSV.Map)
	}
	if err := os.Remove("a.columns.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := syncs[0].RereadTable(); err != nil || syncs[0].CSV.Separator != "|" || syncs[0].Columns != "" {
		t.Errorf("taken away: %v, separator %q, columns %q", err, syncs[0].CSV.Separator, syncs[0].Columns)
	}
	for _, broken := range []struct{ text, want string }{
		{"map: {a: [1]}\n", "a.columns.yaml:1: invalid map"},
		{"map: {a: b}\nmap: {c: d}\n", "a.columns.yaml:2: map is given twice"},
		{"allow-empty: true\n", "a.columns.yaml:1: allow-empty does not say how a table is read"},
		{"columns: x.yaml\n", "a.columns.yaml:1: columns does not say how a table is read"},
		{"name: x\n", "a.columns.yaml:1: name does not say how a table is read"},
		{"- map\n", "a.columns.yaml:1: not a set of settings"},
		{"map: [\n", "a.columns.yaml"},
	} {
		files["a.columns.yaml"] = broken.text
		if _, err := read(t, files); err == nil || !strings.Contains(err.Error(), broken.want) {
			t.Errorf("%q: %v, want %s", broken.text, err, broken.want)
		}
	}
}
