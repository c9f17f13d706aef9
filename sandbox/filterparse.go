package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// node is a filter expression: allOf, anyOf, negation or comparison.
type node interface{ children() []node }

type (
	allOf      []node
	anyOf      []node
	negation   struct{ of node }
	comparison struct {
		field, op string
		values    []literal
	}
)

func (n allOf) children() []node      { return n }
func (n anyOf) children() []node      { return n }
func (n negation) children() []node   { return []node{n.of} }
func (n comparison) children() []node { return nil }

// literal is a value of a filter; bare ones stand without quotes.
type literal struct {
	text string
	bare bool
}

// operators are all the grammar knows; which of them a field takes is the field's matter.
var operators = []string{"ca", "co", "eq", "ge", "gt", "in", "le", "lt", "ne", "pr", "isnull", "sw"}

// maxDepth bounds how deeply parentheses and nots nest.
const maxDepth = 100

// parseFilter reads a filter: or binds loosest, then and, then not; parentheses override.
func parseFilter(text string) (node, error) {
	tokens, err := lexFilter(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{tokens: tokens}
	expression, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, fmt.Errorf("unexpected %s: the filter should end here", p.peek())
	}
	return expression, nil
}

type filterParser struct {
	tokens []filterToken
	at     int
	depth  int
}

func (p *filterParser) peek() filterToken {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return filterToken{kind: 'E'}
}

func (p *filterParser) next() filterToken {
	t := p.peek()
	p.at++
	return t
}

// accept takes the next token if it is this word or sign.
func (p *filterParser) accept(kind byte, text string) bool {
	if t := p.peek(); t.kind == kind && t.text == text {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) disjunction() (node, error) {
	all, err := p.joined("or", p.conjunction)
	if err != nil || len(all) > 1 {
		return anyOf(all), err
	}
	return all[0], nil
}

func (p *filterParser) conjunction() (node, error) {
	all, err := p.joined("and", p.factor)
	if err != nil || len(all) > 1 {
		return allOf(all), err
	}
	return all[0], nil
}

// joined takes what stands between the words: one at least.
func (p *filterParser) joined(word string, one func() (node, error)) (all []node, err error) {
	for first := true; first || p.accept('w', word); first = false {
		next, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, nil
}

func (p *filterParser) factor() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("the filter nests more than %d deep", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept('w', "not"):
		of, err := p.factor()
		return negation{of}, err
	case p.accept('(', "("):
		inner, err := p.disjunction()
		if err == nil && !p.accept(')', ")") {
			err = fmt.Errorf("unexpected %s: ) is expected", p.peek())
		}
		return inner, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (node, error) {
	field := p.next()
	if field.kind != 'w' || field.text == "and" || field.text == "or" {
		return nil, fmt.Errorf("unexpected %s: a field is expected", field)
	}
	op := p.next()
	if op.kind != 'w' || !slices.Contains(operators, op.text) {
		return nil, fmt.Errorf("%s is no operator; the operators are %s, in lower case", op, strings.Join(operators, ", "))
	}
	c := comparison{field: field.text, op: op.text}
	var err error
	switch op.text {
	case "isnull", "pr":
	case "in", "ca":
		c.values, err = p.list()
	default:
		var value literal
		value, err = p.value()
		c.values = []literal{value}
	}
	return c, err
}

func (p *filterParser) list() ([]literal, error) {
	if !p.accept('(', "(") {
		return nil, fmt.Errorf("unexpected %s: the ( of a list is expected", p.peek())
	}
	var values []literal
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, value)
		if p.accept(')', ")") {
			return values, nil
		}
		if !p.accept(',', ",") {
			return nil, fmt.Errorf("unexpected %s: , or ) of a list is expected", p.peek())
		}
	}
}

func (p *filterParser) value() (literal, error) {
	t := p.next()
	switch t.kind {
	case '"':
		return literal{text: t.text}, nil
	case 'w':
		return literal{text: t.text, bare: true}, nil
	}
	return literal{}, fmt.Errorf("unexpected %s: a value is expected", t)
}
