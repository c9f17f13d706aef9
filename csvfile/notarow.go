package csvfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"accountsync/account"
)

// Records that are no rows of accounts: what tools and people put between the
// rows. None of them may become an account.

// notARow says what a record is that is no row of an account; "" for all others.
func (t *Table) notARow(record []string) string {
	switch {
	case t.isHeaderAgain(record):
		if strings.HasPrefix(record[0], "\uFEFF") {
			return "this is the header again, after a byte order mark (BOM), as when files are joined: delete the line"
		}
		return "this is the header again, as when files are joined: delete the line"
	case t.opt.Comment != NoComment && strings.HasPrefix(strings.TrimLeftFunc(record[0], account.IsBlank), "#"):
		return commentReason
	case isControl(record):
		return "this line holds control characters only, such as the Ctrl-Z (0x1A) at the end of old files, not an account: delete it"
	case isTypes(record):
		return "this is a row of data types, not an account: delete the line"
	case isRule(record):
		return "this is a rule, not an account: delete the line"
	case isRowCount(record):
		return "this is a count of rows, as database tools write it, not an account: delete the line"
	case isFooter(record):
		return "this is a line below the rows, not an account: delete it"
	case t.foreignLine(record) != "":
		return t.foreignLine(record)
	case isTotals(record, t.key.at):
		return "this is a row of totals, not an account: delete the line"
	case len(record) == len(t.header) && isNoKey(record[t.key.at]):
		return fmt.Sprintf("the key (column %q) is a word for no value, %s, not an account: write the key, or delete the line", t.key.Header, record[t.key.at])
	case len(record) == len(t.header) && isSigns(record[t.key.at]):
		return fmt.Sprintf("the key (column %q) holds neither a letter nor a digit, %s: not an account: write the key, or delete the line", t.key.Header, record[t.key.at])
	case !t.opt.Trim && strings.HasPrefix(record[0], "\uFEFF"):
		return "a byte order mark (BOM) stands before the row, as when files are joined: take it away, or use --trim"
	}
	return ""
}

// noKeys are words that people write where a key is not known yet, beside those
// that programs write for no value.
var noKeys = []string{"tbd", "tba", "t.b.d.", "?", "??", "???", "unknown", "(unknown)", "unbekannt", "not available", "not applicable", "to be determined", "to be defined"}

// isNoKey reports whether a key is a word for nothing.
func isNoKey(key string) bool {
	return account.IsNullText(key) || slices.ContainsFunc(noKeys, func(word string) bool { return len(word) == len(key) && strings.EqualFold(word, key) })
}

const commentReason = "the row begins with #, as comments do: --comment '#' skips such lines, --comment none takes them for rows"

// mayBeNoRow reports whether a record needs the closer look of notARow, which
// most do not: by the first byte of its first cell and of its key.
func (t *Table) mayBeNoRow(record []string) bool {
	if first := record[0]; first != "" && (first[0] == '#' || first[0] == '\uFEFF'>>12|0xE0 || account.IsBlank(rune(first[0]))) {
		return true
	}
	key := record[t.key.at]
	return key != "" && (t.codeNames || !isCode(key)) && (t.oddStart[key[0]] || isWords(key))
}

// isWords reports whether a key is words rather than a code: most keys hold digits.
func isWords(key string) bool {
	return !strings.ContainsAny(key, "0123456789") || strings.ContainsAny(key, " (")
}

// isCode reports whether a key is letters and digits, as most keys are. None of
// the words between rows is that, save for names of columns and of types.
func isCode(key string) bool {
	digits := false
	for i := range len(key) {
		switch c := key[i]; {
		case c >= '0' && c <= '9':
			digits = true
		case c|0x20 < 'a' || c|0x20 > 'z':
			return false
		}
	}
	n := len(key)
	return digits && !(n > 4 && key[n-1] == '2' && key[n-2] > '9') // varchar2, datetime2
}

// oddStarts are the bytes with which the key of a record that is no row can
// begin: all but most letters.
func (t *Table) oddStarts() (odd [256]bool) {
	for i := range odd {
		odd[i] = i|0x20 < 'a' || i|0x20 > 'z'
	}
	starts := "egpcdnvEGPCDNV"
	for _, word := range slices.Concat(totalWords, countWords, t.header, t.schema.Names()) {
		if word != "" {
			starts += strings.ToLower(word[:1]) + strings.ToUpper(word[:1])
		}
	}
	for i := range len(starts) {
		odd[starts[i]] = true
	}
	return odd
}

// isHeaderAgain reports whether most cells of the record are names of columns,
// also that of the key, and one stands where the key should.
func (t *Table) isHeaderAgain(record []string) bool {
	if len(record) == 1 && len(t.header) > 1 {
		record = strings.FieldsFunc(record[0], func(r rune) bool { return slices.Contains(delimiters, r) }) // of another delimiter
	}
	if at := t.key.at; at < len(record) && len(record) == len(t.header) && !t.isName(record[at]) {
		return false
	}
	names, cells, key := 0, 0, false
	for _, cell := range record {
		name := columnName(cell)
		if name == "" {
			continue
		}
		cells++
		if t.isName(cell) {
			names++
		}
		key = key || strings.EqualFold(name, t.key.Header) || strings.EqualFold(name, t.key.Attribute) || name == NativeIdentityColumn
	}
	return key && names*2 > cells
}

// isName reports whether the cell is the name of a column of the file or of an
// attribute, letter case aside.
func (t *Table) isName(cell string) bool {
	name := columnName(cell)
	same := func(other string) bool { return len(other) == len(name) && strings.EqualFold(other, name) }
	return slices.ContainsFunc(t.header, same) || slices.ContainsFunc(t.schema.Attributes, func(a account.SchemaAttribute) bool { return same(a.Name) }) ||
		name == NativeIdentityColumn
}

// columnName is a cell without what may stand around a name.
func columnName(cell string) string {
	if cell == "" || cell[0] > ' ' && cell[0] < 0x80 && cell[0] != '"' && cell[len(cell)-1] > ' ' && cell[len(cell)-1] < 0x80 {
		return cell
	}
	return strings.TrimFunc(cell, func(r rune) bool { return account.IsBlank(r) || r == '"' })
}

// isRule reports whether the record only draws a line.
func isRule(record []string) bool {
	longest := 0
	for _, cell := range record {
		cell = account.TrimBlank(cell)
		if strings.Trim(cell, "-=_+*~|─━═┼│") != "" {
			return false
		}
		longest = max(longest, len(cell))
	}
	return longest > 1
}

// rowCount matches what sqlcmd, psql, mysql and SQL*Plus write below the rows.
var rowCount = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^\(?\d+ +(row(\(s\)|s)?|records?|entries|results?)( +(affected|selected|returned|retrieved|fetched|in set|exported|found)\b.*)?[.)]*$|^\(\d+ +\p{L}+( +\p{L}+)?\)$`)
})

// footer matches what report writers put below the rows.
var footer = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^\W*(end( of (the )?(file|report|data|list|export|table))?|eof|no more rows|sql> ?.*|elapsed:.*|(warning|error): .*|ora-\d+: .*|msg \d+.*|confidential|row labels|zeilenbeschriftungen|blank|leer|(generated|printed|exported|created|downloaded|page \d+( of \d+)?)( (on|by|at|from|of)\b.*|:.*|\W*)|completion time:.*)\W*$`)
})

// footerWords are footers of one word, which could hardly be keys.
var footerWords = []string{"eof", "confidential", "zeilenbeschriftungen"}

// isSigns reports whether a key is made of signs alone.
func isSigns(key string) bool {
	return account.TrimBlank(key) != "" && !strings.ContainsFunc(key, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r) })
}

// Lines that other programs put into a text.
var (
	conflict  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(<{7}|>{7}|\|{7})( |$)`) })
	signature = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-----(BEGIN|END) .*-----$`) })
	diffLine  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(--- a|\+\+\+ b)/|^@@ -\d`) })
	markup    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^<[/!?]?[A-Za-z][^@<>]*>`) })
)

// foreignLine says of a line that another program has put into the file what it
// is; "" of any other, such as a row that begins with a value and not with its key.
func (t *Table) foreignLine(record []string) string {
	first := record[0]
	if first == "" || strings.IndexByte("<>|-+@", first[0]) < 0 {
		return ""
	}
	if at := t.key.at; at > 0 && len(record) == len(t.header) && account.TrimBlank(record[at]) != "" {
		return ""
	}
	switch {
	case conflict().MatchString(first):
		return "this is the mark of a conflict that git left in the file, not an account: resolve the conflict"
	case signature().MatchString(first):
		return "this is a line of a signature or a certificate, not an account: delete it"
	case diffLine().MatchString(first):
		return "this is a line of a diff, not an account: use the file itself"
	case markup().MatchString(first):
		return "this is a line of HTML or XML, not an account: delete it"
	}
	return ""
}

// isControl reports whether nothing but control characters stands in the record.
func isControl(record []string) bool {
	any := false
	for _, cell := range record {
		if strings.Trim(cell, "\x00\x1A\x0C\x04") != "" {
			return false
		}
		any = any || cell != ""
	}
	return any
}

// dataType matches the names of types that databases and programs write below a header.
var dataType = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(n?var)?char2?( ?\(\d+\))?$|^(n?varchar2?|string|text|int|integer|bigint|smallint|number|numeric|decimal|float|double|date|datetime2?|timestamp|time|bool|boolean|bit|long|uuid)( ?\([\d, ]+\))?$`)
})

// isTypes reports whether the record has several cells and all that hold
// anything name data types.
func isTypes(record []string) bool {
	types := 0
	for _, cell := range record {
		if cell = account.TrimBlank(cell); cell == "" {
			continue
		}
		digits := strings.ContainsAny(cell, "0123456789") && cell[len(cell)-1] != '2' && cell[len(cell)-1] != ')'
		if c := cell[0] | 0x20; digits || c < 'b' || c > 'v' || len(cell) > 30 || !dataType().MatchString(cell) {
			return false
		}
		types++
	}
	return types > 1
}

// isFooter reports whether one cell is such a line and the others hold nothing.
func isFooter(record []string) bool {
	return beginsFooter(record) && isFooterText(onlyText(record))
}

// isFooterText reports whether a text is that of a footer: one that could be a
// key is none.
func isFooterText(text string) bool {
	return footer().MatchString(text) && (strings.IndexByte(text, ' ') > 0 || strings.Trim(text, "()<>*- ") != text || slices.Contains(footerWords, strings.ToLower(text)))
}

// footerStarts are the first three letters of footers, in lower case.
const footerStarts = "end gen pri exp cre dow pag com eof no  sql ela war err ora msg con row zei bla lee"

// beginsFooter reports whether the first word of the record can be that of a
// footer: most records are spared the rest.
func beginsFooter(record []string) bool {
	for _, cell := range record {
		at := strings.IndexFunc(cell, func(r rune) bool {
			return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		})
		if at < 0 {
			continue
		}
		if len(cell)-at < 3 {
			return false
		}
		start := [3]byte{cell[at] | 0x20, cell[at+1] | 0x20, cell[at+2] | 0x20}
		return strings.Contains(footerStarts, string(start[:]))
	}
	return false
}

// isRowCount reports whether one cell counts rows and the others hold nothing.
func isRowCount(record []string) bool {
	first := slices.IndexFunc(record, func(cell string) bool { return account.TrimBlank(cell) != "" })
	if first < 0 || !strings.Contains(record[first], " ") { // between the number and the word
		return false
	}
	text := onlyText(record)
	return strings.IndexByte(text, ' ') > 0 && rowCount().MatchString(text)
}

// onlyText is what the cells of a record hold, beside each other.
func onlyText(record []string) string {
	text := ""
	for _, cell := range record {
		if cell = account.TrimBlank(cell); cell == "" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += cell
	}
	return text
}

// Words that begin a row of totals; countWords only with a number beside them.
var (
	totalWords = []string{"grand total", "total", "subtotal", "sub-total", "summe", "gesamt", "insgesamt", "gesamtergebnis", "totale", "totaal", "suma", "summa", "yhteensä", "razem",
		"total general", "total général", "totaux", "celkem", "összesen", "toplam", "итого", "всего", "合計", "总计", "總計", "합계"}
	countWords = []string{"count", "sum", "rows", "records", "row count", "record count", "number of", "anzahl", "users", "accounts", "trailer", "trl", "footer", "ftr", "t"}
)

// isTotals reports whether the key, or else the first cell that holds anything,
// is a word for a total and all others are numbers or empty.
func isTotals(record []string, key int) bool {
	word, numbers := "", 0
	for i, cell := range record {
		cell = account.TrimBlank(cell)
		switch {
		case cell == "":
		case i == key || word == "" && isTotalWord(cell):
			if word != "" {
				return false
			}
			word = cell
		case isNumber(cell):
			numbers++
		default:
			return false
		}
	}
	return isTotalWord(word) || numbers > 0 && startsWithWord(word, countWords) || isCounted(word)
}

// isTotalWord reports whether the text is a word for a total, perhaps with a
// noun and a number behind it.
func isTotalWord(text string) bool {
	return startsWithWord(text, totalWords) && len(text) <= 40
}

// isCounted reports whether the text is a word for a count with its number: "Count: 40".
func isCounted(text string) bool {
	at := strings.LastIndexAny(text, ": =")
	return at > 0 && isNumber(text[at+1:]) && startsWithWord(text, countWords)
}

// startsWithWord reports whether the text begins with one of the words, which
// nothing but space, a colon or a number follows.
func startsWithWord(text string, words []string) bool {
	for _, w := range words {
		if len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) && strings.Trim(text[len(w):], "s") == "" ||
			len(text) > len(w) && strings.EqualFold(text[:len(w)], w) && strings.ContainsRune(" :=(s", rune(text[len(w)])) && endsInNumber(text) {
			return true
		}
	}
	return false
}

// endsInNumber reports whether the text ends in a digit, or in the colon before one.
func endsInNumber(text string) bool {
	text = strings.TrimRight(text, " .)")
	return text != "" && (text[len(text)-1] >= '0' && text[len(text)-1] <= '9' || text[len(text)-1] == ':')
}

func isNumber(text string) bool {
	return strings.ContainsAny(text, "0123456789") && strings.Trim(text, "0123456789.,' %+-") == ""
}

// isBlankRecord reports whether no cell of the record holds anything.
func isBlankRecord(record []string) bool {
	return !slices.ContainsFunc(record, func(cell string) bool { return account.TrimBlank(cell) != "" })
}
