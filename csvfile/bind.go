package csvfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"accountsync/account"
	"accountsync/internal/suggest"
	"accountsync/internal/text"
)

// Bind finds the schema attribute of every column. Each column that has none is
// named in the error with the attribute that was probably meant.
func (f *File) Bind(source account.Source, schema account.Schema) (*Table, error) {
	b := binder{Table: &Table{File: f, source: source, schema: schema, sourceAt: -1, states: newStateColumns()}, native: -1}
	for _, step := range []func() error{b.checkSchema, b.bindColumns, b.bindKey} {
		if err := step(); err != nil {
			return nil, b.orTitle(err)
		}
	}
	b.keep()
	return b.Table, nil
}

// orTitle is the error, or what stands before the header where that is the cause.
func (b *binder) orTitle(err error) error {
	if b.isHeader(b.header) {
		return err
	}
	if err := b.otherDelimiter(); err != nil {
		return err
	}
	return b.orPreamble(err, b.isHeader)
}

// otherDelimiter is the error of a header that is one cell because another
// delimiter stands in it; nil where that is not so.
func (b *binder) otherDelimiter() error {
	if len(b.header) != 1 {
		return nil
	}
	for _, d := range slices.Concat(delimiters, otherDelimiters(b.header[0])) {
		names := strings.Split(b.header[0], string(d))
		for i, name := range names {
			names[i] = strings.Trim(name, `"`)
		}
		if len(names) < 2 || !b.isHeader(names) {
			continue
		}
		if d == b.comma {
			return b.bad(b.headerLine, "the header is one cell: the line is quoted as a whole", "take away the quotes around whole lines")
		}
		word := text.ShellWord(string(d))
		if d == '\t' {
			word = "tab"
		}
		return b.bad(b.headerLine, fmt.Sprintf("the header is one cell: %q stands between its names, not %q", d, b.comma), "use --delimiter "+word)
	}
	return nil
}

// isHeader reports whether the names are those of a header for the schema: the
// key is among them, and most of them are known.
func (b *binder) isHeader(names []string) bool {
	known, named, key := 0, 0, false
	for _, header := range names {
		name, mapped := b.opt.Map[header]
		if !mapped {
			name = header
		}
		if !isNameless(header) {
			named++
		}
		_, isAttribute := b.schema.AttributeOrKey(name)
		if isAttribute || name == NativeIdentityColumn || isReserved(name) || b.ignores(header) {
			known++
		}
		key = key || name == b.schema.IdentityAttribute || name == NativeIdentityColumn || b.opt.Key != "" && header == b.opt.Key
	}
	return key && known*2 > named
}

// binder is a Table in the making.
type binder struct {
	*Table
	bound  []boundColumn // every column that is an attribute, the key's among them
	native int           // index of the column nativeIdentity, -1 without one
}

// boundColumn is a column and its place in the record.
type boundColumn struct {
	account.Column
	at int
}

func (b *binder) checkSchema() error {
	if b.schema.IdentityAttribute == "" {
		return b.bad(0, fmt.Sprintf("the account schema of source %q names no identityAttribute, so that no column can be the key", b.source.Name),
			"mark the account id in the source's account schema")
	}
	for _, name := range b.opt.Multi {
		if _, ok := b.schema.Attribute(name); !ok {
			return b.bad(0, fmt.Sprintf("--multi %s: source %q has no such attribute", name, b.source.Name)+
				suggest.DidYouMean(name, b.schema.Names()), "name an attribute of the account schema")
		}
	}
	return nil
}

// bindColumns sorts the columns into attributes, reserved ones and unknown ones.
func (b *binder) bindColumns() error {
	unknown := false
	for i, name := range b.match.Headers {
		attribute, known := b.schema.AttributeOrKey(name)
		switch {
		case isNameless(b.header[i]):
			b.nameless = append(b.nameless, i)
		case b.ignores(b.header[i]):
		case isFailedColumn(name): // told by Partial
		case b.isReserved(name):
			if err := b.bindReserved(name, i); err != nil {
				return err
			}
		case known:
			b.bound = append(b.bound, boundColumn{b.column(b.header[i], attribute), i})
		case name == NativeIdentityColumn:
			b.native = i
		default:
			unknown = true
		}
	}
	if unknown {
		return b.unknownColumns()
	}
	return b.checkTwice()
}

// bindReserved notes where the column of the source or of a state is.
func (b *binder) bindReserved(name string, i int) error {
	at := &b.sourceAt
	if state := b.states.place(name); state != nil {
		at, b.states.any = state, true
	}
	if field, names := identityField(name); names || name == account.IdentityIDColumn {
		if other := max(b.states.identityID, b.states.lookup); other >= 0 {
			return b.bad(b.headerLine, fmt.Sprintf("columns %q and %q both say which identity an account belongs to", b.header[other], b.header[i]),
				"use --ignore "+text.ShellWord(b.header[i]))
		}
		if names {
			b.states.field = field
		}
	}
	if *at >= 0 {
		return b.bad(b.headerLine, fmt.Sprintf("columns %q and %q are both %s", b.header[*at], b.header[i], name), b.leaveOut(*at, i))
	}
	*at = i
	return nil
}

// isReserved reports whether gocsv found the name among the reserved columns.
func (b *binder) isReserved(name string) bool {
	return !slices.Contains(b.match.MismatchedHeaders, name)
}

func (b *binder) ignores(header string) bool { return slices.Contains(b.opt.Ignore, header) }

func (b *binder) column(header string, a account.SchemaAttribute) account.Column {
	return newColumn(header, a, b.opt)
}

func newColumn(header string, a account.SchemaAttribute, opt Options) account.Column {
	var dates *account.DateFormats
	if a.Type == account.TypeDate {
		dates, _ = account.ParseDateFormats(opt.Dates) // Check has refused others
	}
	return account.Column{Dates: dates, Header: header, Attribute: a.Name, Type: a.Type,
		Multi: a.Multi || slices.Contains(opt.Multi, a.Name), Separator: opt.separator(), Trim: opt.Trim}
}

// otherDelimiters are the characters of a header of one cell that could stand
// between its names, beside those that are looked for.
func otherDelimiters(cell string) (other []rune) {
	for _, r := range cell {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || strings.ContainsRune("\"\r\n_-.\uFFFD", r) || slices.Contains(delimiters, r) || slices.Contains(other, r) {
			continue
		}
		other = append(other, r)
	}
	return other
}

// leaveOut is what to do about two columns of which there can be one.
func (b *binder) leaveOut(first, second int) string {
	return fmt.Sprintf("use --ignore %s, or --ignore %s", text.ShellWord(b.header[second]), text.ShellWord(b.header[first]))
}

// checkTwice refuses two columns for one attribute.
func (b *binder) checkTwice() error {
	for i, c := range b.bound {
		for _, d := range b.bound[:i] {
			if c.Attribute == d.Attribute {
				return b.bad(b.headerLine, fmt.Sprintf("columns %q and %q are both attribute %q", d.Header, c.Header, c.Attribute), b.leaveOut(d.at, c.at))
			}
		}
	}
	return nil
}

// maxNamed is how many unknown columns are named; more of them mean another file.
const maxNamed = 20

func (b *binder) unknownColumns() error {
	var problems []string
	var named []Match
	unknown, keyed := 0, b.namedKey()
	for _, m := range b.Match(b.source, b.schema) {
		keyed = keyed || m.Column.Attribute == b.schema.IdentityAttribute
		if m.Is != IsUnknown {
			continue
		}
		if unknown++; unknown <= maxNamed {
			problems, named = append(problems, b.unknownColumn(m)), append(named, m)
		}
	}
	if unknown > maxNamed {
		problems = append(problems, fmt.Sprintf("%d more columns are not in the schema", unknown-maxNamed))
	}
	hint := "use " + text.ShellLine(Flags(named)...)
	if spread := b.spread(named); spread != "" {
		hint = spread
	}
	if !keyed {
		hint = b.keyHint()
	}
	return b.bad(b.headerLine, strings.Join(problems, "\n"), hint)
}

// spread is what to do where the values of one attribute stand in several
// columns, such as groups.0 and groups.1: to leave out all but one would take
// their values away. It is "" where that is not so.
func (b *binder) spread(unknown []Match) string {
	stem := func(name string) string { return strings.ToLower(strings.TrimRight(name, "0123456789._-[]() ")) }
	for _, a := range b.schema.Attributes {
		if !a.Multi && !slices.Contains(b.opt.Multi, a.Name) {
			continue
		}
		var columns []string
		for _, m := range unknown {
			if s, name := stem(m.Header), strings.ToLower(a.Name); s != strings.ToLower(m.Header) && (s == name || s+"s" == name || s+"es" == name) {
				columns = append(columns, strconv.Quote(m.Header))
			}
		}
		if len(columns) > 1 {
			return fmt.Sprintf("join the columns %s into one, %q, with %s between the values", strings.Join(columns, ", "), a.Name, b.opt.separator())
		}
	}
	return ""
}

// keyHint is what to do where no column can be told to be the key.
func (f *binder) keyHint() string {
	hint := "name the column that holds the key with --map COLUMN=" + text.ShellWord(f.schema.IdentityAttribute)
	if f.path == "-" || strings.Contains(f.path, "://") {
		return hint
	}
	return hint + "; this shows the columns with examples: " + text.ShellLine("accountsync", "columns", "--source", f.source.Name, "--file", f.path)
}

// unknownColumn words the problem.
func (b *binder) unknownColumn(m Match) string {
	name, mapped := b.opt.Map[m.Header]
	if !mapped {
		name = m.Header
	}
	problem := fmt.Sprintf("column %q is not in the schema of source %q", name, b.source.Name)
	switch near := m.Column.Attribute; {
	case near == "":
		return problem + suggest.DidYouMean(name, b.schema.Names())
	case suggest.SameButCase(name, []string{near}) != "":
		return problem + fmt.Sprintf("; it is spelled %q there", near)
	default:
		return problem + fmt.Sprintf("; did you mean %q? (use %s or --ignore %s)", near, text.ShellLine(m.Flag...), text.ShellWord(m.Header))
	}
}
