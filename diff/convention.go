package diff

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// conventions notices cells that are written in another way than the live
// values: with another separator, with white space around them, with a word
// that stands for nothing, in another notation.
type conventions struct {
	blanks   places    // cells with white space at their ends that the live value lacks
	nulls    nullWords // cells that may mean no value, where there is none
	several  places    // cells of one value, as the schema says, where the account has several
	replaced nullWords // the same, where there is another value
	notation map[notation]*places
	found    []notation // of notation, in that order
	suspects []suspect
	unfit    map[string]*unfit // by column: cells that do not fit its type
	unfitted []string          // of unfit, in the order in which they were found
}

// nullWords are cells that hold a word for no value, by word.
type nullWords struct {
	places map[string]*places
	texts  []string // in the order in which they were found
}

func (w *nullWords) add(text, column string, line int) {
	if w.places == nil {
		w.places = map[string]*places{}
	}
	if w.places[text] == nil {
		text = strings.Clone(text)
		w.places[text] = &places{}
		w.texts = append(w.texts, text)
	}
	w.places[text].add(column, line)
}

// note says what was noticed; where says of what kind the accounts are.
func (w *nullWords) note(where string) string {
	all, flags := places{}, ""
	for _, cell := range w.texts {
		p := w.places[cell]
		all.n += p.n
		for _, column := range p.columns {
			if !slices.Contains(all.columns, column) {
				all.columns = append(all.columns, column)
			}
		}
		all.lines = append(all.lines, p.lines...)
		flags += " --null " + text.ShellWord(cell)
	}
	slices.Sort(all.lines)
	all.lines = slices.Compact(all.lines)
	all.lines = all.lines[:min(len(all.lines), shownLines)]
	return fmt.Sprintf("%s a word for no value where %s (%s): to read such cells as empty, use%s.", all.cells("holds", "hold"), where, &all, flags)
}

// unfit are cells that do not fit the type of their column.
type unfit struct {
	places
	typ      account.Type
	forms    []string // the --date-format under which each of them is a date
	remedies []string // what to write instead
}

// invalid takes the cells of a rejected row that do not fit their type.
func (v *conventions) invalid(columns []account.Column, row account.Row) {
	for c, col := range columns {
		cell := row.Cells[c]
		if cell == "" || col.Check(cell) == "" || account.IsNullText(account.TrimBlank(cell)) {
			continue
		}
		forms := account.DateFormatsOf(cell)
		u := v.unfit[col.Header]
		if u == nil {
			if v.unfit == nil {
				v.unfit = map[string]*unfit{}
			}
			u = &unfit{typ: col.Type, forms: forms}
			v.unfit[col.Header] = u
			v.unfitted = append(v.unfitted, col.Header)
		}
		u.forms = slices.DeleteFunc(u.forms, func(form string) bool { return !account.IsDateIn(form, cell) })
		if remedy := col.Type.Remedy(cell); remedy != "" && !slices.Contains(u.remedies, remedy) {
			u.remedies = append(u.remedies, remedy)
		}
		u.add(col.Header, row.Line)
	}
}

// noteUnfit says of each column with several of them what would read them.
func (d *Diff) noteUnfit() {
	for _, column := range d.conventions.unfitted {
		u := d.conventions.unfit[column]
		if u.n < 2 {
			continue // its row says it
		}
		d.note(fmt.Sprintf("%s of the type %s (%s): %s.", u.cells("is none", "are none"), u.typ, &u.places, u.remedy()))
	}
}

// remedy is what to type or write so that the cells fit. A --date-format is only
// named where no other one reads them as other days.
func (u *unfit) remedy() string {
	switch forms := account.ApartDateFormats(u.forms); {
	case u.typ == account.TypeDate && len(forms) == 1:
		return "--date-format " + text.ShellWord(forms[0]) + " reads all of them"
	case u.typ == account.TypeDate && len(forms) > 1:
		return fmt.Sprintf("which of day and month comes first is not known: use --date-format %s or --date-format %s", text.ShellWord(forms[0]), text.ShellWord(forms[1]))
	case u.typ == account.TypeDate:
		return "no one form reads all of them: write them as 2026-01-31, or name each form with --date-format LAYOUT"
	case len(u.remedies) > 0:
		return strings.Join(slices.Sorted(slices.Values(u.remedies)), "; ")
	case u.typ == account.TypeBoolean:
		return "write true or false"
	}
	return "write digits alone"
}

// notation is how the cells of a column differ from the live values.
type notation struct{ column, kind string }

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

// otherConvention says of a row whose account holds other values why it is
// rejected: a multi-valued cell has what is live, written in another way. Of
// single values it only takes note.
func (d *Diff) otherConvention(i entry, row account.Row, fields []Field) string {
	for c, col := range d.ix.hash.columns {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.Attribute == col.Attribute })
		if at < 0 {
			continue
		}
		if reason := standsForList(col, row.Cells[c]); reason != "" {
			return reason
		}
		if several := fields[at].Before.AppendTexts(nil); !col.Multi && len(several) > 1 && row.Cells[c] != "" {
			if sameSeveral(col, row.Cells[c], fields[at].Before) {
				return fmt.Sprintf("column %q holds the values that the account has, where the schema says that there is one: use --multi %s", col.Header, text.ShellWord(col.Attribute))
			}
			d.conventions.several.add(col.Attribute, row.Line)
		}
		if col.Multi {
			if flags := sameUnder(col, row.Cells[c], fields[at].Before); flags != "" {
				return fmt.Sprintf("column %q holds the values that the account has, written in another way: use %s", col.Header, flags)
			}
			if sameBetween(row.Cells[c], fields[at].Before.AppendTexts(nil)) {
				return fmt.Sprintf("column %q holds the values that the account has, with other characters around them: write them with %s between them and nothing else", col.Header, separatorWord(col.Separator))
			}
		}
	}
	for c, col := range d.ix.hash.columns {
		if at := slices.IndexFunc(fields, func(f Field) bool { return f.Attribute == col.Attribute }); at >= 0 {
			d.conventions.cell(i, c, col, row, fields[at].Before)
		}
	}
	return ""
}

// sameSeveral reports whether a cell of one value holds exactly the values that
// the account has, under its separator or white space and a comma.
func sameSeveral(col account.Column, cell string, live account.Value) bool {
	col.Multi = true
	if col.Separator == "" {
		col.Separator = ";"
	}
	have := normalTexts(nil, col, live)
	return len(have) > 1 && (slices.Equal(normalSet(col, cell), have) || sameUnder(col, cell, live) != "")
}

// typeNames are what programs write in place of the values of a list, or of an
// object, that they do not know how to write.
var typeNames = regexp.MustCompile(`^((System|Microsoft)\.[A-Za-z][\w.]*(\[\]|` + "`" + `\d+(\[.*\])?|Collection|List|Object|DataRow|Hashtable|Dictionary)|Selected\.System\.[\w.]+|\[object [A-Z]\w*\]|@\{.*=.*\}|\[L?java\.[\w.]+;?@[0-9a-f]+|<[\w. ]+ object at 0x[0-9a-fA-F]+>)$`)

// standsForList says of a cell that holds the name of a type, as PowerShell and
// JavaScript write a list, that its values are lost; "" of any other.
func standsForList(col account.Column, cell string) string {
	if cell == "" || strings.IndexByte("SM[@<", cell[0]) < 0 || !typeNames.MatchString(cell) {
		return ""
	}
	return fmt.Sprintf("column %q holds the name of a type, %s, in place of the values: write these where the file is made (in PowerShell with -join %s)", col.Header, cell, text.ShellWord(cmp.Or(col.Separator, ";")))
}

// sameUnder finds the flags under which the cell holds exactly the live values;
// "" when there are none.
func sameUnder(col account.Column, cell string, live account.Value) string {
	have := normalTexts(nil, col, live)
	if cell == "" || len(have) == 0 {
		return ""
	}
	same := func(c account.Column) bool {
		return slices.Equal(normalSet(c, cell), have)
	}
	trimmed := col
	trimmed.Trim = true
	if same(trimmed) {
		return "--trim"
	}
	for _, separator := range separatorsIn(cell, col.Separator) {
		other, flag := col, "--separator "+separatorWord(separator)
		other.Separator = separator
		if same(other) {
			return flag
		}
		if other.Trim = true; same(other) {
			return flag + " --trim"
		}
	}
	return ""
}

// sameBetween reports whether the cell is made of the live values, each at least
// once, and of brackets, quotes and other signs around them: a list as JSON,
// PostgreSQL, Python or SharePoint write one.
func sameBetween(cell string, have []string) bool {
	if len(have) == 0 {
		return false
	}
	longest := slices.Clone(have)
	slices.SortFunc(longest, func(a, b string) int { return len(b) - len(a) })
	seen := map[string]bool{}
	for rest := cell; rest != ""; {
		at := slices.IndexFunc(longest, func(text string) bool { return strings.HasPrefix(rest, text) })
		if at >= 0 {
			seen[longest[at]] = true
			rest = rest[len(longest[at]):]
			continue
		}
		if markup := lineBreak().FindString(rest); markup != "" {
			rest = rest[len(markup):]
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		if !unicode.IsSpace(r) && !strings.ContainsRune("[](){}\"'`,;|#/\\+&•·", r) {
			return false
		}
		rest = rest[n:]
	}
	return len(seen) == len(slices.Compact(slices.Sorted(slices.Values(have))))
}

// lineBreak is how HTML ends a line, or escapes a quote.
var lineBreak = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(<br */?>|</?(p|li|ul)>|&quot;)`)
})

// normalSet are the values of a cell as normalTexts gives those of an account.
func normalSet(col account.Column, cell string) []string {
	texts := col.AppendTexts(nil, cell)
	for i := range texts {
		texts[i] = col.Normal(texts[i])
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// separatorsIn are the characters of a cell that could stand between values,
// in their order.
func separatorsIn(cell, current string) (separators []string) {
	for _, r := range cell {
		s := string(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '"' || r == '\r' || s == current || slices.Contains(separators, s) {
			continue
		}
		separators = append(separators, s)
	}
	return separators
}

// separatorWord is a separator as a word of a command line.
func separatorWord(separator string) string {
	switch separator {
	case "\n":
		return `'\n'`
	case "\t":
		return `'\t'`
	}
	return text.ShellWord(separator)
}

// create takes the cells of a row that would create an account.
func (v *conventions) create(i entry, columns []account.Column, row account.Row) {
	for c, col := range columns {
		if row.Cells[c] != "" {
			v.cell(i, c, col, row, "")
		}
	}
}

// cell takes one cell that differs from the live value.
func (v *conventions) cell(i entry, c int, col account.Column, row account.Row, live account.Value) {
	cell := row.Cells[c]
	have := live.AppendTexts(nil)
	if cell == "" {
		return
	}
	switch {
	case len(have) == 0 && account.IsNullText(account.TrimBlank(cell)):
		v.nulls.add(cell, col.Header, row.Line)
	case account.IsNullText(account.TrimBlank(cell)):
		v.replaced.add(cell, col.Header, row.Line)
	case account.TrimBlank(cell) == "":
		v.blanks.add(col.Header, row.Line)
	case col.Multi:
		v.suspect(i, c, col, cell, have)
		v.compareSets(col, cell, have, row.Line)
	case account.TrimBlank(cell) != cell && (len(have) == 0 || len(have) == 1 && account.TrimBlank(have[0]) == have[0]):
		v.blanks.add(col.Header, row.Line)
	case len(have) == 1:
		v.compare(col, cell, have[0], row.Line)
	}
}

// compare notes a cell that differs from the live text in notation only.
func (v *conventions) compare(col account.Column, cell, live string, line int) {
	kind, example := notationOf(cell, live)
	if kind == "" {
		return
	}
	n := notation{col.Header, kind}
	if v.notation == nil {
		v.notation = map[notation]*places{}
	}
	if v.notation[n] == nil {
		v.notation[n] = &places{example: example}
		v.found = append(v.found, n)
	}
	v.notation[n].add(col.Header, line)
}

// compareSets notes a cell with a value that differs from one of the live ones in notation only.
func (v *conventions) compareSets(col account.Column, cell string, have []string, line int) {
	texts := col.AppendTexts(nil, cell)
	if len(texts) > maxCompared || len(have) > maxCompared {
		return
	}
	for _, text := range texts {
		if slices.Contains(have, text) {
			continue
		}
		for _, other := range have {
			if kind, _ := notationOf(text, other); kind != "" && !slices.Contains(texts, other) {
				v.compare(col, text, other, line)
				return
			}
		}
	}
}

// maxCompared bounds the values of one cell that are each held against the others.
const maxCompared = 200

// notationOf says in what two texts differ that mean the same; "" where they
// may well mean different things. The example shows of both what cannot be seen.
func notationOf(cell, live string) (kind, example string) {
	switch {
	case norm.NFC.String(cell) == norm.NFC.String(live):
		return "Unicode form", firstDifference(cell, live)
	case hiddenRemoved(cell) == hiddenRemoved(live):
		return "characters that nobody sees", firstDifference(cell, live)
	case norm.NFKC.String(cell) == norm.NFKC.String(live):
		return "Unicode form", firstDifference(cell, live)
	case withoutZeros(cell) == withoutZeros(live):
		return "the notation of a number", ""
	case sameDay(cell, live):
		return "the notation of a date", ""
	case cell != live && demojibaked(cell) == live:
		return "letters that were read in another encoding", lettersLost(cell, live)
	case withoutQuotes(cell) == withoutQuotes(live):
		return "quotes", firstDifference(cell, live)
	}
	return "", ""
}

func hiddenRemoved(s string) string {
	return strings.Map(func(r rune) rune {
		if text.IsHidden(r) {
			if unicode.IsSpace(r) {
				return ' '
			}
			return -1
		}
		return r
	}, s)
}

// firstDifference shows the first few characters in which two texts differ, by
// their numbers.
func firstDifference(a, b string) string {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return fmt.Sprintf("%s where the account has %s", runeNumbers(x), runeNumbers(y))
}

// lettersLost shows the first letter that was read in another encoding, and what
// it should be.
func lettersLost(cell, live string) string {
	for _, r := range live {
		if r < utf8.RuneSelf {
			continue
		}
		if wrong, err := charmap.Windows1252.NewDecoder().String(string(r)); err == nil && strings.Contains(cell, wrong) {
			return fmt.Sprintf("%q where the account has %q", wrong, r)
		}
	}
	return ""
}

func runeNumbers(runes []rune) string {
	if len(runes) == 0 {
		return "nothing"
	}
	var numbers []string
	for _, r := range runes[:min(len(runes), 2)] {
		numbers = append(numbers, fmt.Sprintf("U+%04X", r))
	}
	return strings.Join(numbers, " ")
}

// dateForms are ways to write a day, with a time behind it or without.
var dateForms = []string{"2006-01-02", "20060102", "2006/1/2", "2006.1.2", "2.1.2006", "2/1/2006", "1/2/2006", "2-1-2006", "2 Jan 2006", "2-Jan-2006", "Jan 2, 2006", "2-Jan-06"}

// sameDay reports whether two texts that are both dates can mean one day.
func sameDay(a, b string) bool {
	if a == b || len(a) < 8 || len(b) < 8 {
		return false
	}
	for _, day := range daysOf(a) {
		if slices.Contains(daysOf(b), day) {
			return true
		}
	}
	return false
}

// daysOf are the days that a text can mean, as 2006-01-02.
func daysOf(text string) (days []string) {
	if millis, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) >= 11 && len(text) <= 14 {
		return []string{time.UnixMilli(millis).UTC().Format(time.DateOnly)}
	}
	day, clock := text, ""
	if at := strings.IndexAny(text, "T "); at >= 8 {
		day, clock = text[:at], text[at+1:]
	}
	if clock != "" && !strings.ContainsAny(clock, ":") {
		return nil
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, day); err == nil {
			days = append(days, t.Format(time.DateOnly))
		}
	}
	return days
}

// noteConventions says in one sentence a kind what was noticed.
func (d *Diff) noteConventions() error {
	d.noteUnfit()
	v := &d.conventions
	if v.blanks.n > 0 {
		d.note(fmt.Sprintf("%s with white space that the live values lack (%s): --trim takes it away.", v.blanks.cells("begins or ends", "begin or end"), &v.blanks))
	}
	if len(v.nulls.texts) > 0 {
		d.note(v.nulls.note("the account holds none"))
	}
	if len(v.replaced.texts) > 0 {
		d.note(v.replaced.note("the account holds another value, which it would replace"))
	}
	if v.several.n > 0 {
		flags := ""
		for _, attribute := range v.several.columns {
			flags += " --multi " + text.ShellWord(attribute)
		}
		d.note(fmt.Sprintf("%s one value, as the schema says, where the account has several, which it would replace (%s): where there can be several, use%s.", v.several.cells("holds", "hold"), &v.several, flags))
	}
	for _, n := range v.found {
		p := v.notation[n]
		example := ""
		if p.example != "" {
			example = ": " + p.example
		}
		d.note(fmt.Sprintf("%s from the live values in %s only (%s)%s.", p.cells("differs", "differ"), n.kind, p, example))
	}
	return d.noteSeparators()
}
