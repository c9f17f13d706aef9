package diff

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// places counts cells and names the first few.
type places struct {
	n       int
	columns []string
	lines   []int
	example string
}

func (p *places) add(column string, line int) {
	p.n++
	if !slices.Contains(p.columns, column) {
		p.columns = append(p.columns, column)
	}
	if len(p.lines) < shownLines && !slices.Contains(p.lines, line) {
		p.lines = append(p.lines, line)
	}
}

func (p *places) String() string {
	lines := make([]string, len(p.lines))
	for i, line := range slices.Sorted(slices.Values(p.lines)) {
		lines[i] = strconv.Itoa(line)
	}
	where := "line " + lines[0]
	if more := p.n - len(lines); len(lines) > 1 || more > 0 {
		where = "lines " + strings.Join(lines, ", ")
		if more > 0 {
			where += fmt.Sprintf(" and %d more", more)
		}
	}
	return strings.Join(p.columns, ", ") + ", " + where
}

// cells is how many cells do what the verb says, given for one and for several.
func (p *places) cells(one, several string) string {
	if p.n == 1 {
		return "1 cell " + one
	}
	return strconv.Itoa(p.n) + " cells " + several
}
