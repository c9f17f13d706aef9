package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// field is what a filter may ask of a row: the operators it takes and one way to get at its value.
type field[T any] struct {
	ops  string // those the documentation names, separated by blanks
	text func(T) (value string, present bool)
	flag func(T) bool
	time func(T) time.Time
	list func(T) []string
}

// bindFilter parses a filter and binds it to rows. An empty filter matches all and has no node.
func bindFilter[T any](text string, fields map[string]field[T]) (func(T) bool, node, *problem) {
	if text == "" {
		return func(T) bool { return true }, nil, nil
	}
	expression, err := parseFilter(text)
	if err == nil {
		var match func(T) bool
		if match, err = bind(expression, fields); err == nil {
			return match, expression, nil
		}
	}
	return nil, nil, badRequest("filters: %v.", err)
}

func bind[T any](expression node, fields map[string]field[T]) (func(T) bool, error) {
	if c, ok := expression.(comparison); ok {
		return bindComparison(c, fields)
	}
	var parts []func(T) bool
	for _, child := range expression.children() {
		part, err := bind(child, fields)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	switch expression.(type) {
	case negation:
		return func(row T) bool { return !parts[0](row) }, nil
	case allOf:
		return func(row T) bool {
			return !slices.ContainsFunc(parts, func(part func(T) bool) bool { return !part(row) })
		}, nil
	}
	return func(row T) bool {
		return slices.ContainsFunc(parts, func(part func(T) bool) bool { return part(row) })
	}, nil
}

func bindComparison[T any](c comparison, fields map[string]field[T]) (func(T) bool, error) {
	f, known := fields[c.field]
	if !known {
		return nil, fmt.Errorf("the field %q cannot be filtered on", c.field)
	}
	if !slices.Contains(strings.Fields(f.ops), c.op) {
		return nil, fmt.Errorf("the field %s does not take %s, only %s", c.field, c.op, f.ops)
	}
	switch {
	case f.flag != nil:
		return bindFlag(c, f.flag)
	case f.time != nil:
		return bindTime(c, f.time)
	case f.list != nil:
		return bindList(c, f.list)
	}
	return bindText(c, f.text)
}

// bindText compares text without regard to case, in lexical order.
func bindText[T any](c comparison, get func(T) (string, bool)) (func(T) bool, error) {
	if c.op == "isnull" {
		return func(row T) bool { _, present := get(row); return !present }, nil
	}
	wanted, err := folded(c)
	if err != nil {
		return nil, err
	}
	test := textTest(c.op, wanted)
	return func(row T) bool {
		value, present := get(row)
		return present && test(fold(value))
	}, nil
}

// folded are the values of a comparison with text, which must be quoted.
func folded(c comparison) ([]string, error) {
	wanted := make([]string, len(c.values))
	for i, value := range c.values {
		if value.bare {
			return nil, fmt.Errorf("the value %s of %s must stand in double quotes", value.text, c.field)
		}
		wanted[i] = fold(value.text)
	}
	return wanted, nil
}

func textTest(op string, wanted []string) func(string) bool {
	first := wanted[0]
	switch op {
	case "in":
		set := make(map[string]bool, len(wanted))
		for _, value := range wanted {
			set[value] = true
		}
		return func(value string) bool { return set[value] }
	case "sw":
		return func(value string) bool { return strings.HasPrefix(value, first) }
	case "co":
		return func(value string) bool { return strings.Contains(value, first) }
	}
	return func(value string) bool { return ordered(op, strings.Compare(value, first)) }
}

// ordered tells whether a comparison's outcome satisfies an operator.
func ordered(op string, outcome int) bool {
	switch op {
	case "eq":
		return outcome == 0
	case "ne":
		return outcome != 0
	case "ge":
		return outcome >= 0
	case "gt":
		return outcome > 0
	case "le":
		return outcome <= 0
	}
	return outcome < 0
}

func bindFlag[T any](c comparison, get func(T) bool) (func(T) bool, error) {
	if c.op == "isnull" {
		return func(T) bool { return false }, nil
	}
	value := c.values[0].text
	if value != "true" && value != "false" {
		return nil, fmt.Errorf("%s compares with true or false, not %q", c.field, value)
	}
	wanted := (value == "true") == (c.op == "eq")
	return func(row T) bool { return get(row) == wanted }, nil
}

func bindTime[T any](c comparison, get func(T) time.Time) (func(T) bool, error) {
	if c.op == "isnull" {
		return func(T) bool { return false }, nil
	}
	wanted := make([]time.Time, len(c.values))
	for i, value := range c.values {
		at, err := time.Parse(time.RFC3339, value.text)
		if err != nil {
			return nil, fmt.Errorf("%s compares with a date-time such as 2026-01-31T08:00:00Z, not %q", c.field, value.text)
		}
		wanted[i] = at
	}
	op := c.op
	if op == "in" {
		op = "eq"
	}
	return func(row T) bool {
		at := get(row)
		return slices.ContainsFunc(wanted, func(w time.Time) bool { return ordered(op, at.Compare(w)) })
	}, nil
}

// bindList compares a collection: eq and ca ask for all the values, co for a part of any.
func bindList[T any](c comparison, get func(T) []string) (func(T) bool, error) {
	wanted, err := folded(c)
	if err != nil {
		return nil, err
	}
	return func(row T) bool {
		have := get(row)
		return !slices.ContainsFunc(wanted, func(value string) bool {
			return !slices.ContainsFunc(have, func(element string) bool {
				return fold(element) == value || c.op == "co" && strings.Contains(fold(element), value)
			})
		})
	}, nil
}

// required gives the values that a text field must have one of for the filter to hold, if the filter says so.
func required(expression node, name string) ([]string, bool) {
	switch n := expression.(type) {
	case comparison:
		if n.field != name || n.op != "eq" && n.op != "in" {
			return nil, false
		}
		values := make([]string, len(n.values))
		for i, value := range n.values {
			values[i] = value.text
		}
		return values, true
	case allOf:
		for _, part := range n {
			if values, ok := required(part, name); ok {
				return values, true
			}
		}
	}
	return nil, false
}
