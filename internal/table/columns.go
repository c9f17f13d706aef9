package table

import (
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/internal/problem"
	"accountsync/internal/text"

	"github.com/go-json-experiment/json/jsontext"
)

// columns pick values out of JSON objects, by their members' names.
type columns struct {
	names []string
	paths [][]string
	asked bool   // for by name, not the usual ones
	found []bool // an object had it
	rows  int

	values []jsontext.Value // of the object picked from last; nil where it has none
}

// newColumns takes names such as id, identity.name or attributes.NAME.
func newColumns(names []string) (*columns, error) {
	c := &columns{found: make([]bool, len(names)), values: make([]jsontext.Value, len(names))}
	for _, name := range names {
		path := strings.Split(name, ".")
		if of, attribute, ok := strings.Cut(name, "."); ok && of == "attributes" {
			path = []string{of, attribute} // whose name may have dots
		}
		if slices.Contains(path, "") {
			return nil, problem.Errorf(problem.Usage, "name members of the API's answer, such as id, identity.name or attributes.city", "--column: %q is no column", name)
		}
		c.names, c.paths = append(c.names, name), append(c.paths, path)
	}
	return c, nil
}

// pick takes the values out of an object.
func (c *columns) pick(object string) error {
	clear(c.values)
	c.rows++
	for m, err := range account.Members(object) {
		if err != nil {
			return err
		}
		for i, path := range c.paths {
			if path[0] != m.Name {
				continue
			}
			inner, err := descend(m.Value, path[1:])
			if err != nil {
				return err
			}
			if c.values[i] = inner; inner != nil {
				c.found[i] = true
			}
		}
	}
	return nil
}

// descend follows a path into nested objects; nil where it ends.
func descend(value jsontext.Value, path []string) (jsontext.Value, error) {
	if len(path) == 0 {
		return value.Clone(), nil
	}
	if value.Kind() != '{' {
		return nil, nil
	}
	var inner jsontext.Value
	for m, err := range account.Members(string(value)) {
		if err == nil && m.Name == path[0] {
			inner, err = descend(m.Value, path[1:])
		}
		if err != nil {
			return nil, err
		}
	}
	return inner, nil
}

// text is the value of a column as people read it.
func (c *columns) text(i int) string {
	return strings.Join(account.Value(c.values[i]).AppendTexts(nil), "; ")
}

// unknown tells of columns that no object had, as when one is misspelled.
func (c *columns) unknown() string {
	var missing []string
	for i, found := range c.found {
		if !found {
			missing = append(missing, text.Visible(c.names[i]))
		}
	}
	if len(missing) == 0 || c.rows == 0 || !c.asked {
		return ""
	}
	return fmt.Sprintf("nothing shown has %s: name each with a --column of its own, spelled as in --output json, attributes as attributes.NAME", strings.Join(missing, ", "))
}
