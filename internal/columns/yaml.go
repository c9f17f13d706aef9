package columns

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"accountsync/csvfile"
	"accountsync/internal/text"

	"go.yaml.in/yaml/v3"
)

// YAML is the file that says how the table is read: the settings asked for and
// the flags that were found, with the keys of the settings.
func (r *Report) YAML() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# How %s is read for source %q: written by accountsync columns --write.\n"+
		"# Flags go over it and add to its lists; --columns none leaves it out.\n", text.Visible(r.File), r.Source)
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, s := range settingsOf(r.Options, r.Header) {
		root.Content = append(root.Content, word(s.name), s.value)
	}
	if len(root.Content) == 0 {
		return b.Bytes(), nil
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(root)
	return b.Bytes(), err
}

type setting struct {
	name  string
	value *yaml.Node
}

// settingsOf are the options that are set, by the names of their flags.
func settingsOf(o csvfile.Options, header []string) (all []setting) {
	text := func(name, value string) {
		if value != "" {
			all = append(all, setting{name, word(value)})
		}
	}
	list := func(name string, values []string) {
		if len(values) == 0 {
			return
		}
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for _, v := range values {
			node.Content = append(node.Content, word(v))
		}
		all = append(all, setting{name, node})
	}
	number := func(name string, n int) {
		if n != 0 {
			all = append(all, setting{name, &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(n)}})
		}
	}
	truth := func(name string, is bool) {
		if is {
			all = append(all, setting{name, &yaml.Node{Kind: yaml.ScalarNode, Value: "true"}})
		}
	}
	if len(o.Map) > 0 {
		node := &yaml.Node{Kind: yaml.MappingNode}
		place := func(column string) int { return slices.Index(header, column) }
		for _, column := range slices.SortedFunc(maps.Keys(o.Map), func(a, b string) int { return place(a) - place(b) }) {
			node.Content = append(node.Content, word(column), word(o.Map[column]))
		}
		all = append(all, setting{"map", node})
	}
	list("ignore", o.Ignore)
	text("key", o.Key)
	list("multi", o.Multi)
	if o.Separator != csvfile.DefaultSeparator {
		text("separator", strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(o.Separator))
	}
	if o.Delimiter != 0 {
		text("delimiter", strings.ReplaceAll(string(o.Delimiter), "\t", "tab"))
	}
	text("encoding", o.Encoding)
	number("skip-lines", o.SkipLines)
	text("comment", o.Comment)
	number("key-width", o.KeyWidth)
	truth("merge-rows", o.MergeRows)
	truth("trim", o.Trim)
	list("null", o.Null)
	list("date-format", o.Dates)
	return all
}

// word is a text as it is read again, quoted where YAML would take it for something else.
func word(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	if strings.ContainsAny(s, "\n\r\t") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
