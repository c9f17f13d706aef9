package diff

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"accountsync/internal/suggest"
)

// Selection says which operations of a plan are to be sent: those that one of
// Only matches, or all where it has none, without those that one of Exclude
// matches. What is left out stays in the plan, withheld.
type Selection struct {
	Only    []Rule `json:"only,omitempty"`
	Exclude []Rule `json:"exclude,omitempty"`
}

// Rule is one rule of a Selection: op=delete, key=svc-* or attribute=city.
type Rule struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason,omitzero"` // what the comment above it says
}

// IsZero reports whether it leaves nothing out.
func (s Selection) IsZero() bool { return len(s.Only)+len(s.Exclude) == 0 }

// ParseSelection reads the values of --only and --exclude. A value that begins
// with @ names a file with one rule a line, which readFile reads whole.
func ParseSelection(only, exclude []string, readFile func(path string) ([]byte, error)) (s Selection, err error) {
	if s.Only, err = parseRules("--only", only, readFile); err != nil {
		return s, err
	}
	s.Exclude, err = parseRules("--exclude", exclude, readFile)
	return s, err
}

// parseRules are the rules of one flag, each once.
func parseRules(flag string, values []string, readFile func(path string) ([]byte, error)) (rules []Rule, err error) {
	for _, value := range values {
		given := []Rule{{Rule: value}}
		if path, isFile := strings.CutPrefix(value, "@"); isFile {
			text, err := readFile(path)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", flag, value, err)
			}
			if given, err = fileRules(path, text); err != nil {
				return nil, fmt.Errorf("%s: %w", flag, err)
			}
		} else if _, _, err := parseRule(value); err != nil {
			return nil, fmt.Errorf("%s %s: %w", flag, value, err)
		}
		rules = append(rules, given...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(rules, func(r Rule) bool {
		again := seen[r.Rule]
		seen[r.Rule] = true
		return again
	}), nil
}

// fileRules are the rules of a file. Comments right above some rules are their
// reason, up to a blank line or other comments.
func fileRules(path string, text []byte) (rules []Rule, err error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s is not text in UTF-8: save it as that", path)
	}
	var reason []string
	n, comment := 0, false
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		said, isComment := strings.CutPrefix(line, "#")
		switch {
		case line == "":
			reason = nil
		case isComment:
			if !comment {
				reason = nil
			}
			reason = append(reason, strings.TrimSpace(said))
		default:
			if _, _, err := parseRule(line); err != nil {
				return nil, fmt.Errorf("%s:%d: %s: %w", path, n, line, err)
			}
			rules = append(rules, Rule{Rule: line, Reason: strings.Join(reason, " ")})
		}
		comment = isComment
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("%s has no rule: write one a line, such as key=svc-backup", path)
	}
	return rules, nil
}

// ruleKinds are what a rule can name.
var ruleKinds = []string{"op", "key", "attribute"}

// parseRule takes a rule apart and says what is wrong with it.
func parseRule(rule string) (kind, pattern string, err error) {
	kind, pattern, ok := strings.Cut(rule, "=")
	switch {
	case !ok:
		return "", "", errors.New("a rule is op=OPERATION, key=PATTERN, attribute=NAME, or @FILE with one a line")
	case !slices.Contains(ruleKinds, kind):
		return "", "", fmt.Errorf("a rule begins with op=, key= or attribute=%s", suggest.DidYouMean(kind, ruleKinds))
	case pattern == "":
		return "", "", fmt.Errorf("%s= has no value", kind)
	}
	if kind == "op" {
		if !slices.Contains(Ops, Op(pattern)) {
			all := opNames()
			err = fmt.Errorf("operation %q is none of %s%s", pattern, strings.Join(all, ", "), suggest.DidYouMean(pattern, all))
		}
		return kind, pattern, err
	}
	_, err = parseExactGlob(pattern)
	return kind, pattern, err
}

func opNames() (names []string) {
	for _, op := range Ops {
		names = append(names, string(op))
	}
	return names
}

// CheckAttributes says which rule names an attribute that is none of these.
func (s Selection) CheckAttributes(known []string) error {
	for _, list := range []struct {
		flag  string
		rules []Rule
	}{{"--only", s.Only}, {"--exclude", s.Exclude}} {
		for _, r := range list.rules {
			kind, pattern, err := parseRule(r.Rule)
			if err != nil {
				return fmt.Errorf("%s %s: %w", list.flag, r.Rule, err)
			}
			if kind != "attribute" {
				continue
			}
			if g, err := parseExactGlob(pattern); err == nil && !slices.ContainsFunc(known, g.MatchString) {
				return fmt.Errorf("%s %s: the source has no such attribute%s", list.flag, r.Rule, suggest.DidYouMean(pattern, known))
			}
		}
	}
	return nil
}

// Selector holds changes against a Selection, and knows which of its rules
// matched. A nil Selector leaves nothing out.
type Selector struct{ only, exclude ruleSet }

// Selector makes the selection ready. Its rules were parsed before.
func (s Selection) Selector() (*Selector, error) {
	if s.IsZero() {
		return nil, nil
	}
	var chosen Selector
	var err error
	if chosen.only, err = newRuleSet("--only", s.Only); err != nil {
		return nil, err
	}
	chosen.exclude, err = newRuleSet("--exclude", s.Exclude)
	return &chosen, err
}

// again is the selector with no rule matched yet.
func (s *Selector) again() *Selector {
	if s == nil {
		return nil
	}
	fresh := *s
	fresh.only.matched, fresh.exclude.matched = make([]bool, len(s.only.rules)), make([]bool, len(s.exclude.rules))
	return &fresh
}

// Excludes is the rule that leaves a change out, in words; "" when it is to be
// sent. What follows the create of an account goes with the create.
func (s *Selector) Excludes(c *Change) string {
	if s == nil {
		return ""
	}
	kept := len(s.only.rules) == 0 || s.only.match(c) >= 0
	if i := s.exclude.match(c); i >= 0 {
		rule := s.exclude.rules[i]
		if rule.Reason != "" {
			return "--exclude " + rule.Rule + " (" + rule.Reason + ")"
		}
		return "--exclude " + rule.Rule
	}
	if kept || c.AfterCreate {
		return ""
	}
	return "no rule of --only matches"
}

// Unmatched are the flags whose rules matched no change.
func (s *Selector) Unmatched() (flags []string) {
	if s == nil {
		return nil
	}
	for _, set := range []*ruleSet{&s.only, &s.exclude} {
		for i, r := range set.rules {
			if !set.matched[i] {
				flags = append(flags, set.flag+" "+r.Rule)
			}
		}
	}
	return flags
}

// ruleSet are the rules of one flag.
type ruleSet struct {
	flag       string
	rules      []Rule
	matched    []bool
	ops        map[Op]int // rules by what they name exactly
	keys       map[string]int
	patterns   map[int]glob // of keys
	attributes map[int]glob
}

func newRuleSet(flag string, rules []Rule) (ruleSet, error) {
	s := ruleSet{flag: flag, rules: rules, matched: make([]bool, len(rules)), ops: map[Op]int{}, keys: map[string]int{}, patterns: map[int]glob{}, attributes: map[int]glob{}}
	for i, r := range rules {
		kind, pattern, err := parseRule(r.Rule)
		if err != nil {
			return s, fmt.Errorf("%s %s: %w", flag, r.Rule, err)
		}
		switch kind {
		case "op":
			s.ops[Op(pattern)] = i
			continue
		case "key":
			if !strings.ContainsAny(pattern, "*?[") {
				s.keys[pattern] = i
				continue
			}
		}
		g, err := parseExactGlob(pattern)
		if err != nil {
			return s, fmt.Errorf("%s %s: %w", flag, r.Rule, err)
		}
		if kind == "key" {
			s.patterns[i] = g
		} else {
			s.attributes[i] = g
		}
	}
	return s, nil
}

// match is the first rule that matches a change, -1 when none does.
func (s *ruleSet) match(c *Change) int {
	first := -1
	hit := func(i int) {
		s.matched[i] = true
		if first < 0 || i < first {
			first = i
		}
	}
	if i, ok := s.ops[c.Op]; ok {
		hit(i)
	}
	if i, ok := s.keys[c.Key]; ok {
		hit(i)
	}
	for i, g := range s.patterns {
		if g.MatchString(c.Key) {
			hit(i)
		}
	}
	if !c.removes() {
		for i, g := range s.attributes {
			if slices.ContainsFunc(c.Fields, func(f Field) bool { return g.MatchString(f.Attribute) }) {
				hit(i)
			}
		}
	}
	return first
}
