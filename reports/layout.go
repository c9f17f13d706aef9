package reports

import (
	"bufio"

	"accountsync/diff"
	"accountsync/sync"
)

// The nesting of result.json: {, sources [, {, operations [ are broken into
// lines; an operation, its changes and theirs stay on one line with spaces;
// what lies deeper is an attribute value and is left as it is. Other lists in
// the head are laid out as that of the operations is, objects as a source.
const (
	brokenDepth = 4
	spacedDepth = 7
)

// layout writes compact JSON with line breaks, so that a stream of operations
// can be laid out without holding it.
type layout struct {
	w        *bufio.Writer
	depth    int
	deeper   int    // how much deeper than it is the head's member at hand counts
	name     []byte // the last string in the head
	inString bool
	escaped  bool
	opened   bool // the last byte opened an object or a list
}

// Write lays out the next piece of a compact JSON text.
func (l *layout) Write(p []byte) (int, error) {
	for i, c := range p {
		if err := l.put(c); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

func (l *layout) put(c byte) error {
	if l.inString {
		l.skip(c)
		return l.w.WriteByte(c)
	}
	switch c {
	case '{', '[':
		l.before()
		l.open(c)
		return l.w.WriteByte(c)
	case '}', ']':
		return l.close(c)
	case ',':
		l.w.WriteByte(c)
		return l.after()
	case ':':
		l.w.WriteByte(c)
		return l.space()
	case '"':
		l.inString = true
		l.name = l.name[:0]
	}
	l.before()
	return l.w.WriteByte(c)
}

// level is the depth that counts.
func (l *layout) level() int { return l.depth + l.deeper }

// open begins an object or a list.
func (l *layout) open(c byte) {
	l.depth++
	l.opened = true
	switch {
	case l.depth != 2 || string(l.name) == "sources":
	case c == '[':
		l.deeper = 2
	default:
		l.deeper = 1
	}
}

// skip follows a string to its end.
func (l *layout) skip(c byte) {
	switch {
	case l.escaped:
		l.escaped = false
	case c == '\\':
		l.escaped = true
	case c == '"':
		l.inString = false
	case l.depth == 1:
		l.name = append(l.name, c)
	}
}

// before breaks the line before the first element of what was just opened.
func (l *layout) before() {
	if l.opened && l.level() <= brokenDepth {
		l.newline()
	}
	l.opened = false
}

// after follows a comma: a new line, a space or nothing, by depth.
func (l *layout) after() error {
	if l.level() <= brokenDepth {
		return l.newline()
	}
	return l.space()
}

func (l *layout) space() error {
	if l.level() <= spacedDepth {
		return l.w.WriteByte(' ')
	}
	return nil
}

// close ends an object or a list; an empty one stays on its line.
func (l *layout) close(c byte) error {
	l.depth--
	if !l.opened && l.level() < brokenDepth {
		l.newline()
	}
	l.opened = false
	if l.depth == 1 {
		l.deeper = 0
	}
	return l.w.WriteByte(c)
}

func (l *layout) newline() error {
	l.w.WriteByte('\n')
	_, err := l.w.WriteString("                "[:2*l.depth])
	return err
}

// stateSymbols stand beside the word of a state on pages, never in its place.
var stateSymbols = map[sync.State]string{
	sync.Verified: "✓", sync.Accepted: "○", sync.Failed: "✗", sync.Stale: "≠", sync.Withheld: "–", leftOutState: "–",
}

// leftOutState is the state on pages of what a plan leaves out; what it does not has none yet.
const leftOutState = "left out"

// opSymbol stands beside the word of an operation on pages, never in its place.
func opSymbol(op diff.Op) string {
	if sign, _ := symbol(op); sign != "-" {
		return sign
	}
	return "−"
}
