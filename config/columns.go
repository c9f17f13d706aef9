package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"accountsync/csvfile"
	"accountsync/internal/problem"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// NoColumns is the --columns of a table for which no file says how it is read.
const NoColumns = "none"

// table is the file that says how a table is read, nil where there is none.
type table struct {
	*place
	err error
}

// table finds and reads the file that says how the table of a sync is read: the
// one of --columns, else the one beside the table. It is read once.
func (s *Sources) table(e *entry) table {
	if s.flags.Lookup("columns") == nil && (s.defaults == nil || s.defaults.Lookup("columns") == nil) {
		return table{} // the command reads no table
	}
	path, named := s.word(e, "columns"), true
	if path == "" {
		path, named = csvfile.Beside(s.word(e, "file"), csvfile.ColumnsEnd), false
	}
	if path == "" || path == NoColumns {
		return table{}
	}
	if t, read := s.tables[path]; read {
		return t
	}
	t := readTable(path, named)
	if s.tables == nil {
		s.tables = map[string]table{}
	}
	s.tables[path] = t
	return t
}

func readTable(path string, named bool) table {
	if _, err := os.Stat(path); !named && errors.Is(err, fs.ErrNotExist) {
		return table{}
	}
	root, err := parseYAML("file of --columns", path)
	if err != nil {
		return table{err: err}
	}
	f, p := &file{path: path}, place{name: path, keys: newKeys(), at: map[string]int{}}
	_ = p.keys.Load(confmap.Provider(map[string]any{"columns": path}, ""), nil) // a map always loads
	may := slices.DeleteFunc(slices.Clone(settings), func(s setting) bool { return !slices.Contains(tableSettings, s.name) })
	none := func(string) bool { return false }
	f.pairs(path, root, func(key, value *yaml.Node) {
		if _, is := known(key.Value); is && !slices.Contains(tableSettings, key.Value) {
			f.bad(path, key, "write it into the file of --config; here stand "+strings.Join(tableSettings, ", "), "%s does not say how a table is read", key.Value)
			return
		}
		f.set(path, &p, key, value, none, may)
	})
	return table{place: &p, err: problem.Join(f.problems...)}
}

// word is a setting that is a text, of all places but the file beside the table.
func (s *Sources) word(e *entry, name string) string {
	if f := s.flags.Lookup(name); f != nil && f.Changed {
		return f.Value.String()
	}
	places := s.placesBut(e)
	for _, p := range slices.Backward(places) {
		if text := p.text(name); text != "" {
			return text
		}
	}
	return ""
}

// addToTable lets a flag that takes names add to those of the file beside the
// table: else the flag of a hint would take away what the file says.
func (s *Sources) addToTable(k *koanf.Koanf, p place) {
	for _, name := range tableSettings {
		f := s.flags.Lookup(name)
		if f == nil || !f.Changed || !slices.Contains(listSettings, name) || !p.keys.Exists(name) {
			continue
		}
		below, _ := value{raw: p.keys.Get(name)}.list() // sync says what is wrong with them
		typed, _ := value{raw: k.Get(name)}.list()
		_ = k.Set(name, slices.Concat(below, typed))
	}
}

// addsToTable reports whether a setting is one that addToTable adds to.
func (s *Sources) addsToTable(e *entry, name string) bool {
	t := s.table(e)
	return t.place != nil && slices.Contains(listSettings, name) && t.keys.Exists(name)
}

// NeedsTable refuses to go on without a table and a source.
func (s *Sync) NeedsTable() error {
	switch {
	case s.Source == "":
		return problem.Errorf(problem.Usage, "--source takes the source's id or name", "--source is not given")
	case s.File == "":
		return problem.Errorf(problem.Usage, "--file takes the desired-state CSV", "--file is not given")
	}
	return nil
}

// ColumnsNote says which file says how the table is read, "" where none does. It
// is never used silently.
func (s *Sync) ColumnsNote() string {
	if s.Columns == "" {
		return ""
	}
	return fmt.Sprintf("%s is read as %s says (--columns none: without it).", csvfile.Shown(s.File), s.Columns)
}
