package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// checkFilters holds --filters against the grammar the API documents for GET
// /accounts, so that a slip is named with its column before anything is sent.
func checkFilters(text string) error {
	p := &filterParser{}
	err := p.parse(text)
	if err == nil {
		return nil
	}
	return problemf(exitUsage, err.hint, "--filters, column %d: %s", 1+utf8.RuneCountInString(text[:err.at]), err.msg)
}

// kindOfValue is what a field of a filter compares with.
type kindOfValue int

const (
	quotedText kindOfValue = iota
	trueOrFalse
	dateTime
)

// filterField is a field of a filter and the operators it takes.
type filterField struct {
	name, ops string
	kind      kindOfValue
}

// filterFields are the documented fields.
var filterFields = []filterField{
	{"id", "eq in sw", quotedText},
	{"identityId", "eq in sw", quotedText},
	{"name", "eq in sw", quotedText},
	{"nativeIdentity", "eq in sw", quotedText},
	{"sourceId", "eq in sw", quotedText},
	{"uncorrelated", "eq", trueOrFalse},
	{"manuallyCorrelated", "eq", trueOrFalse},
	{"entitlements", "eq", quotedText},
	{"hasEntitlements", "eq", trueOrFalse},
	{"origin", "eq in", quotedText},
	{"identity.name", "eq in sw", quotedText},
	{"identity.correlated", "eq", trueOrFalse},
	{"identity.identityState", "eq in", quotedText},
	{"source.displayableName", "eq in", quotedText},
	{"source.authoritative", "eq", trueOrFalse},
	{"source.connectionType", "eq in", quotedText},
	{"recommendation.method", "eq in isnull", quotedText},
	{"created", "eq ge gt le lt", dateTime},
	{"modified", "eq ge gt le lt", dateTime},
}

// deepest is how deeply a filter may nest.
const deepest = 100

// filterError is what is wrong with a filter, and where, in bytes.
type filterError struct {
	at        int
	msg, hint string
}

// filterParser reads: or binds loosest, then and, then not; parentheses override.
type filterParser struct {
	words []filterWord
	depth int
}

func (p *filterParser) parse(text string) *filterError {
	words, err := filterWords(text)
	if err != nil {
		return err
	}
	p.words = words
	if err := p.alternatives(); err != nil {
		return err
	}
	if rest := p.words[0]; rest.kind != endOfFilter {
		return rest.unexpected("and, or, or the end")
	}
	return nil
}

func (p *filterParser) take() filterWord {
	w := p.words[0]
	if w.kind != endOfFilter {
		p.words = p.words[1:]
	}
	return w
}

// accept takes the next word if it is this one.
func (p *filterParser) accept(text string) bool {
	if w := p.words[0]; w.kind == quotedWord || w.text != text {
		return false
	}
	p.take()
	return true
}

func (p *filterParser) alternatives() *filterError {
	for {
		if err := p.conditions(); err != nil || !p.accept("or") {
			return err
		}
	}
}

func (p *filterParser) conditions() *filterError {
	for {
		if err := p.condition(); err != nil || !p.accept("and") {
			return err
		}
	}
}

func (p *filterParser) condition() *filterError {
	if p.depth++; p.depth > deepest {
		return &filterError{at: p.words[0].at, msg: fmt.Sprintf("the filter nests more than %d deep", deepest)}
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept("not"):
		return p.condition()
	case p.accept("("):
		err := p.alternatives()
		if err == nil && !p.accept(")") {
			err = p.words[0].unexpected("and, or, or )")
		}
		return err
	}
	return p.comparison()
}

func (p *filterParser) comparison() *filterError {
	name := p.take()
	i := slices.IndexFunc(filterFields, func(f filterField) bool { return name.kind == plainWord && f.name == name.text })
	if i < 0 {
		return name.unknownField()
	}
	field, op := filterFields[i], p.take()
	if op.kind != plainWord || !slices.Contains(strings.Fields(field.ops), op.text) {
		return op.wrongOperator(field.name, field.ops)
	}
	switch op.text {
	case "isnull":
		return nil
	case "in":
		return p.list(field.name, field.kind)
	}
	return p.take().check(field.name, field.kind)
}

func (p *filterParser) list(field string, kind kindOfValue) *filterError {
	if !p.accept("(") {
		return p.words[0].unexpected(`the ( of a list, as in in ("a", "b")`)
	}
	for {
		if err := p.take().check(field, kind); err != nil {
			return err
		}
		switch {
		case p.accept(")"):
			return nil
		case !p.accept(","):
			return p.words[0].unexpected(", or )")
		}
	}
}

// check says what keeps the word from being a value of its field.
func (w filterWord) check(field string, kind kindOfValue) *filterError {
	switch {
	case w.kind != plainWord && w.kind != quotedWord:
		return w.unexpected("a value of " + field)
	case kind == quotedText && w.kind == plainWord:
		return &filterError{w.at, fmt.Sprintf("the value %s of %s must stand in double quotes", w.text, field), `write ` + field + ` eq "` + w.text + `"; in a shell, put single quotes around the whole filter`}
	case kind == trueOrFalse && w.text != "true" && w.text != "false":
		return &filterError{w.at, fmt.Sprintf("%s is true or false, not %s", field, w), ""}
	case kind == dateTime:
		if _, err := time.Parse(time.RFC3339, w.text); err != nil {
			return &filterError{w.at, fmt.Sprintf("%s is a date and time, not %s", field, w), "write it as in " + field + " ge 2026-01-31T08:00:00Z"}
		}
	}
	return nil
}

func (w filterWord) unexpected(wanted string) *filterError {
	return &filterError{at: w.at, msg: fmt.Sprintf("%s stands where %s should", w, wanted)}
}

func (w filterWord) wrongOperator(field, ops string) *filterError {
	ops = strings.Join(strings.Fields(ops), ", ")
	return &filterError{at: w.at, msg: fmt.Sprintf("%s takes %s, in lower case, not %s", field, ops, w)}
}

func (w filterWord) unknownField() *filterError {
	if w.kind != plainWord || w.text == "and" || w.text == "or" {
		return w.unexpected("a field, not, or (")
	}
	names := make([]string, len(filterFields))
	for i, f := range filterFields {
		names[i] = f.name
		if strings.EqualFold(f.name, w.text) {
			return &filterError{w.at, fmt.Sprintf("there is no field %s: it is written %s", w.text, f.name), ""}
		}
	}
	return &filterError{w.at, "the API does not filter on " + w.text, "it filters on " + strings.Join(names, ", ")}
}
