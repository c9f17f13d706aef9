package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/internal/suggest"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"
)

// The keys of a configuration file that are no settings.
const (
	syncsKey    = "syncs"    // a list of syncs, each with its settings
	defaultsKey = "defaults" // settings of all syncs, below their own
	includeKey  = "include"  // patterns of further files with syncs: and defaults:
	tenantKey   = "tenant"   // of a sync: the settings of tenantKeys
)

// maxSettings is how large a configuration file may be, in bytes.
const maxSettings = 8 << 20

// place is one place settings come from.
type place struct {
	name string // of a file; otherwise what it is
	line int    // of a sync in its file
	keys *koanf.Koanf
	at   map[string]int // the lines of its settings
}

// newKeys makes an empty set of settings; their names are flat.
func newKeys() *koanf.Koanf { return koanf.New("\x00") }

// origin says where a setting stands.
func (p place) origin(name string) string {
	if line := p.at[name]; line > 0 {
		return fmt.Sprintf("%s:%d", p.name, line)
	}
	return p.name
}

// text is a setting that is a text, "" when it is not set there.
func (p place) text(name string) string {
	text, _ := p.keys.Get(name).(string)
	return text
}

// entry is one sync of a file, and what lies below its settings.
type entry struct {
	place
	defaults []place
}

// file is what a configuration file holds, with those that it includes.
type file struct {
	path     string
	settings place
	syncs    []entry
	isFleet  bool // it has syncs: or include:
	problems []error
}

func (f *file) bad(path string, node *yaml.Node, hint, format string, args ...any) {
	f.problems = append(f.problems, problem.Errorf(problem.Config, hint, "%s:%d: %s", path, node.Line, fmt.Sprintf(format, args...)))
}

// readFile reads a configuration file and what it includes. All that is wrong
// with them is found at once.
func readFile(path string, known func(string) bool) (*file, error) {
	f := &file{path: path, settings: place{name: path, keys: newKeys()}}
	root, err := parseFile(path)
	if err != nil {
		return f, err
	}
	f.read(path, root, nil, true, known)
	return f, problem.Join(f.problems...)
}

// parseFile is the mapping a YAML file consists of, with nothing in it where it is empty.
func parseFile(path string) (*yaml.Node, error) {
	return parseYAML("configuration file", path)
}

// parseYAML is parseFile for a file of this kind.
func parseYAML(kind, path string) (*yaml.Node, error) {
	const hint = "the file is YAML: one `name: value` per line, named as the flags"
	content, err := inputfile.ReadAll(path, maxSettings)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problem.Errorf(problem.Config, "", "no %s %s", kind, path)
	case err != nil:
		return nil, problem.Errorf(problem.Config, "", "%s %s: %w", kind, path, err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, problem.Errorf(problem.Config, hint, "%s %s: %w", kind, path, err)
	}
	if len(document.Content) == 0 || document.Content[0].Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, problem.Errorf(problem.Config, hint, "%s:%d: not a set of settings", path, root.Line)
	}
	return root, nil
}

// read takes what a file's mapping holds; one that is included holds syncs and
// defaults alone.
func (f *file) read(path string, root *yaml.Node, below []place, main bool, known func(string) bool) {
	var syncs, include *yaml.Node
	own := place{name: path, keys: newKeys(), at: map[string]int{}}
	f.pairs(path, root, func(key, node *yaml.Node) {
		switch {
		case key.Value == syncsKey:
			syncs = node
		case key.Value == defaultsKey:
			below = append(slices.Clone(below), f.place(path, node, known))
		case key.Value == includeKey && main:
			include = node
		case !main:
			f.bad(path, key, "an included file holds defaults: and syncs:", "%s cannot stand in an included file", key.Value)
		case key.Value == tenantKey:
			f.bad(path, key, "write it under defaults:, or into each sync", "tenant: is the setting of a sync")
		default:
			f.set(path, &own, key, node, known, settings)
		}
	})
	if main {
		f.settings = own
		f.isFleet = syncs != nil || include != nil
	}
	if syncs != nil {
		f.entries(path, syncs, below, known)
	}
	if include != nil {
		f.include(path, include, below, known)
	}
	if !main && syncs == nil {
		f.problems = append(f.problems, problem.Errorf(problem.Config, "write syncs: and under it, for each sync, - source: NAME with its settings", "%s: no syncs in an included file", path))
	}
}

// entries takes the syncs of a list.
func (f *file) entries(path string, syncs *yaml.Node, below []place, known func(string) bool) {
	if syncs.Kind != yaml.SequenceNode || len(syncs.Content) == 0 {
		f.bad(path, syncs, "write syncs: and under it, for each sync, - source: NAME with its settings", "syncs is not a list of syncs")
		return
	}
	for _, node := range syncs.Content {
		if node = resolved(node); node.Kind != yaml.MappingNode {
			f.bad(path, node, "write - source: NAME with its settings below", "a sync is not a set of settings")
			continue
		}
		p := f.place(path, node, known)
		p.line = node.Line
		f.syncs = append(f.syncs, entry{p, below})
	}
}

// include reads the files of patterns, in the order of their names.
func (f *file) include(path string, node *yaml.Node, below []place, known func(string) bool) {
	patterns := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		patterns = node.Content
	}
	seen := map[string]bool{}
	for _, pattern := range patterns {
		full := pattern.Value
		if !filepath.IsAbs(full) {
			full = filepath.Join(filepath.Dir(path), full)
		}
		names, err := filepath.Glob(full)
		switch {
		case pattern.Kind != yaml.ScalarNode || err != nil:
			f.bad(path, pattern, "write include: syncs.d/*.yaml", "%q is no pattern of file names", pattern.Value)
		case len(names) == 0:
			f.bad(path, pattern, "a relative pattern counts from the directory of the file it stands in", "include: no file matches %s", pattern.Value)
		}
		slices.Sort(names)
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			root, err := parseFile(name)
			if err != nil {
				f.problems = append(f.problems, err)
			} else {
				f.read(name, root, below, false, known)
			}
		}
	}
}

// place takes the settings of a mapping: of a sync, or of defaults.
func (f *file) place(path string, node *yaml.Node, known func(string) bool) place {
	p := place{name: path, keys: newKeys(), at: map[string]int{}}
	if node.Kind != yaml.MappingNode {
		f.bad(path, node, "write one `name: value` per line", "not a set of settings")
		return p
	}
	f.pairs(path, node, func(key, value *yaml.Node) {
		if key.Value != tenantKey {
			f.set(path, &p, key, value, known, allSettings)
			return
		}
		if value.Kind != yaml.MappingNode {
			f.bad(path, value, "write base-url, client-id and client-secret-file (or -variable, or -command) under it", "tenant is not a set of settings")
			return
		}
		f.pairs(path, value, func(key, value *yaml.Node) {
			if !slices.Contains(tenantKeys, key.Value) {
				f.bad(path, key, "a tenant has "+strings.Join(tenantKeys, ", "), "unknown setting %q of a tenant", key.Value)
				return
			}
			f.set(path, &p, key, value, known, nil)
		})
	})
	var secrets []string
	for _, name := range secretKeys {
		if p.keys.Exists(name) {
			secrets = append(secrets, name)
		}
	}
	if len(secrets) > 1 {
		f.problems = append(f.problems, problem.Errorf(problem.Config, "keep one of them", "%s: the client secret comes from two places, %s", p.origin(secrets[1]), strings.Join(secrets, " and ")))
	}
	return p
}

// set takes one setting, which is one of those that may stand there; nil: any.
func (f *file) set(path string, p *place, key, node *yaml.Node, known func(string) bool, may []setting) {
	name := key.Value
	named := func(s setting) bool { return s.name == name }
	switch {
	case may != nil && slices.Contains(tenantKeys[:3], name):
		f.bad(path, key, "write it under tenant:", "%s is the setting of a tenant", name)
		return
	case may != nil && !slices.ContainsFunc(may, named) && slices.ContainsFunc(allSettings, named):
		f.bad(path, key, "write it into the sync", "%s is the setting of a sync", name)
		return
	case may != nil && !slices.ContainsFunc(may, named) && !known(name):
		f.bad(path, key, unknownHint(name), "unknown setting %q", name)
		return
	case forOneRun(name):
		f.bad(path, key, "take it out there; the plan that needs it prints the flag to type", "--%s counts on the command line only", name)
		return
	}
	var raw any
	if err := node.Decode(&raw); err != nil {
		f.bad(path, node, "", "%s: %v", name, err)
		return
	}
	if raw == nil { // nothing is written behind the name
		return
	}
	if pairs, isMap := raw.(map[string]any); isMap && name == "map" {
		raw = pairTexts(resolved(node), len(pairs))
	}
	if list, isList := raw.([]any); isList && resolved(node).Kind == yaml.SequenceNode {
		for i := range list {
			if resolved(node).Content[i].Kind == yaml.ScalarNode {
				list[i] = resolved(node).Content[i].Value
			}
		}
	} else if resolved(node).Kind == yaml.ScalarNode {
		raw = resolved(node).Value // as it is written: 007 stays 007
	}
	p.at[name] = key.Line
	_ = p.keys.Load(confmap.Provider(map[string]any{name: raw}, ""), nil) // a map always loads
}

// pairTexts are the pairs of a mapping as the flag has them, Column=attribute.
func pairTexts(node *yaml.Node, n int) []any {
	texts := make([]any, 0, n)
	for i := 0; i+1 < len(node.Content); i += 2 {
		texts = append(texts, node.Content[i].Value+"="+resolved(node.Content[i+1]).Value)
	}
	return texts
}

func unknownHint(name string) string {
	var names []string
	for _, s := range allSettings {
		names = append(names, s.name)
	}
	if near := suggest.Nearest(name, names); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "settings are named as the flags: see accountsync sync --help"
}

// forOneRun reports whether a setting counts on the command line only. A
// permission for destructive work that waits in a file or a variable would let
// through what nobody looked at.
func forOneRun(name string) bool { return strings.HasPrefix(name, "allow-") }

// pairs walks the keys of a mapping, those that it merges (<<) first.
func (f *file) pairs(path string, node *yaml.Node, take func(key, value *yaml.Node)) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolved(node.Content[i+1])
		if key.Tag == "!!merge" {
			for _, merged := range mergedNodes(value) {
				f.pairs(path, merged, take)
			}
			continue
		}
		if seen[key.Value] {
			f.bad(path, key, "keep one of them", "%s is given twice", key.Value)
			continue
		}
		seen[key.Value] = true
		take(key, value)
	}
}

func mergedNodes(node *yaml.Node) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		return []*yaml.Node{node}
	}
	var all []*yaml.Node
	for _, n := range slices.Backward(node.Content) { // the first one counts
		all = append(all, resolved(n))
	}
	return all
}

// resolved is the node an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
