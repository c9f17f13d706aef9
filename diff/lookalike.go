package diff

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"

	"golang.org/x/text/unicode/norm"
)

// lookalikes finds rows that would create an account whose key only looks like
// another one: that of a live account which no row asks for, or of another row
// that would create. It keeps a hash and the key of each such account, and a
// hash of each such row; of all others nothing.
type lookalikes struct {
	seed maphash.Seed

	orphans []*orphanChunk
	n       int // accounts without a row

	creates []foldedRow
	digits  []int // how many digits creates in scientific notation show
	lost    bool  // a create has a question mark where a letter may have been
}

// orphanChunk is what is kept of 1,024 accounts without a row: 12 bytes each, and their keys.
type orphanChunk struct {
	hash [chunkRows]uint64 // of the folded key
	end  [chunkRows]uint32 // where in keys each one's key ends
	keys []byte
}

// foldedRow is a row that would create an account, and the hash of its folded key.
type foldedRow struct {
	row  entry
	hash uint64
}

func newLookalikes() lookalikes { return lookalikes{seed: maphash.MakeSeed()} }

func (l *lookalikes) hash(key string) uint64 { return maphash.String(l.seed, folded(key)) }

// orphan takes a live account that no row asks for.
func (l *lookalikes) orphan(key string) {
	if l.n%chunkRows == 0 {
		if l.n > 0 { // the last one is full
			full := l.orphans[len(l.orphans)-1]
			full.keys = slices.Clone(full.keys)
		}
		l.orphans = append(l.orphans, new(orphanChunk))
	}
	c, i := l.orphans[len(l.orphans)-1], l.n%chunkRows
	c.hash[i] = l.hash(key)
	c.keys = append(c.keys, key...)
	c.end[i] = uint32(len(c.keys))
	l.n++
}

// orphanHash is the hash of the i-th account without a row.
func (l *lookalikes) orphanHash(i int) uint64 { return l.orphans[i/chunkRows].hash[i%chunkRows] }

// key is the key of the i-th account without a row.
func (l *lookalikes) key(i int) string {
	c, begin := l.orphans[i/chunkRows], uint32(0)
	if i%chunkRows > 0 {
		begin = c.end[i%chunkRows-1]
	}
	return string(c.keys[begin:c.end[i%chunkRows]])
}

// create takes a row that would create an account.
func (l *lookalikes) create(i entry, key string) {
	l.creates = append(l.creates, foldedRow{i, l.hash(key)})
	if _, shown, ok := scientific(key); ok && !slices.Contains(l.digits, shown) {
		l.digits = append(l.digits, shown)
	} else if _, ok := cutOff(key); ok && !slices.Contains(l.digits, spreadsheetDigits) {
		l.digits = append(l.digits, spreadsheetDigits)
	}
	l.lost = l.lost || hasLost(key)
}

func hasLost(key string) bool { return strings.ContainsAny(key, "?\uFFFD") }

// pair is a row that would create an account, and what its key looks like.
type pair struct {
	row   entry
	key   string
	other string // the other key
	line  int    // of the other row; 0 where the other one is a live account
}

// lookalikePairs pairs each row that would create with an account or a row that
// it looks like, if there is one.
func (d *Diff) lookalikePairs() ([]pair, error) {
	l := &d.alike
	if len(l.creates) == 0 {
		return nil, nil
	}
	table := newSlots(l.n)
	for i := range l.n {
		table.add(l.orphanHash(i), entry(i))
	}
	cut, lost := l.roundedOrphans(), l.lostOrphans()
	slices.SortStableFunc(l.creates, func(a, b foldedRow) int { return cmp.Compare(a.hash, b.hash) })
	var pairs []pair
	for k, c := range l.creates {
		candidates := slices.Collect(values(table.find(c.hash)))
		candidates = slices.DeleteFunc(candidates, func(i entry) bool { return l.orphanHash(int(i)) != c.hash })
		twin := k > 0 && l.creates[k-1].hash == c.hash || k+1 < len(l.creates) && l.creates[k+1].hash == c.hash
		if len(candidates) == 0 && !twin && len(l.digits) == 0 && !l.lost {
			continue
		}
		row, err := d.ix.record(c.row)
		if err != nil {
			return nil, err
		}
		p := pair{row: c.row, key: strings.Clone(row.Key)}
		for _, i := range candidates {
			if other := l.key(int(i)); p.other == "" && folded(other) == folded(p.key) {
				p.other = other
			}
		}
		if r, shown, ok := scientific(p.key); p.other == "" && ok {
			p.other = cut[cutNumber{r, shown}]
		} else if r, ok := cutOff(p.key); p.other == "" && ok {
			p.other = cut[cutNumber{r, spreadsheetDigits}]
		}
		if p.other == "" && hasLost(p.key) {
			p.other = lost[lostLetters(p.key)]
		}
		if p.other == "" && twin {
			if err := d.findTwin(&p, k); err != nil {
				return nil, err
			}
		}
		if p.other != "" {
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

func values(find func(func(int, entry) bool)) func(func(entry) bool) {
	return func(yield func(entry) bool) {
		find(func(_ int, i entry) bool { return yield(i) })
	}
}

// cutNumber is what a spreadsheet shows of a number, in so many digits.
type cutNumber struct {
	rounded
	digits int
}

// roundedOrphans are the accounts without a row whose keys are numbers, by what
// a spreadsheet would show of them; nil where no row has such a key.
func (l *lookalikes) roundedOrphans() map[cutNumber]string {
	if len(l.digits) == 0 {
		return nil
	}
	cut := map[cutNumber]string{}
	for i := range l.n {
		key := l.key(i)
		for _, digits := range l.digits {
			if r, ok := roundTo(key, digits); ok {
				cut[cutNumber{r, digits}] = key
			}
			if r, ok := cutTo(key); ok && digits == spreadsheetDigits {
				cut[cutNumber{r, digits}] = key
			}
		}
	}
	return cut
}

// lostOrphans are the accounts without a row whose keys hold letters that an
// encoding can lose, by what is left then; nil where no row has such a key.
func (l *lookalikes) lostOrphans() map[string]string {
	if !l.lost {
		return nil
	}
	lost := map[string]string{}
	for i := range l.n {
		if key := l.key(i); strings.ContainsFunc(key, func(r rune) bool { return r >= utf8.RuneSelf }) {
			lost[lostLetters(key)] = key
		}
	}
	return lost
}

// findTwin looks for another row that would create and folds alike, among those
// with the same hash.
func (d *Diff) findTwin(p *pair, k int) error {
	all := d.alike.creates
	first := k
	for first > 0 && all[first-1].hash == all[k].hash {
		first--
	}
	for j := first; j < len(all) && all[j].hash == all[k].hash; j++ {
		if j == k {
			continue
		}
		row, err := d.ix.record(all[j].row)
		if err != nil {
			return err
		}
		if folded(row.Key) == folded(p.key) {
			p.other, p.line = strings.Clone(row.Key), row.Line
			return nil
		}
	}
	return nil
}

// refuseLookalikes rejects the rows that would create look-alikes, unless
// exactly so many are let through.
func (d *Diff) refuseLookalikes() error {
	pairs, err := d.lookalikePairs()
	d.alike = lookalikes{}
	if d.lookalike = len(pairs); err != nil || len(pairs) == 0 {
		return err
	}
	if allowed := d.policy.AllowLookalikes; allowed != nil && *allowed == len(pairs) {
		d.lookalikesAllowed = true
		return nil
	}
	kinds := map[string][]pair{}
	for _, p := range pairs {
		kind := difference(p.key, p.other)
		kinds[kind] = append(kinds[kind], p)
		d.rejects[p.row] = p.reason(kind)
	}
	for _, kind := range differences {
		if len(kinds[kind]) > 0 {
			d.note(lookalikeNote(kind, kinds[kind], len(pairs)))
		}
	}
	return nil
}

// The ways in which two keys that fold alike can differ.
const (
	inNotation = "digits that scientific notation lost"
	inFormula  = `="..." around them`
	inQuotes   = "quotes"
	inZeros    = "leading zeros"
	inDecimals = "a decimal point"
	inCommas   = "commas or points between thousands"
	inDigits   = "digits after the 15th, of which a spreadsheet makes zeros,"
	inLost     = "letters that another encoding lost"
	inMojibake = "letters that were read in another encoding"
	inHTML     = "escapes of HTML"
	inEscapes  = "escapes of addresses or of JSON"
	inAround   = "what stands around them"
	inDigitsOf = "digits of another script"
	inAlphabet = "letters of another alphabet that look the same"
	inBlanks   = "white space or characters that nobody sees"
	inUnicode  = "Unicode form"
	inCase     = "letter case"
	inSeveral  = "several ways"
)

var differences = []string{inNotation, inFormula, inQuotes, inZeros, inDecimals, inCommas, inDigits, inLost, inMojibake, inHTML, inEscapes, inAround, inDigitsOf, inAlphabet, inBlanks, inUnicode, inCase, inSeveral}

// difference says in what two keys differ, and in nothing else.
func difference(a, b string) string {
	same := func(change func(string) string) bool { return change(a) == change(b) }
	_, _, notation := scientific(a)
	switch {
	case notation:
		return inNotation
	case strings.HasPrefix(a, "=") != strings.HasPrefix(b, "="):
		return inFormula
	case same(withoutQuotes):
		return inQuotes
	case isDigits(a) && isDigits(b) && same(withoutZeros):
		return inZeros
	case isDigits(a) && isDigits(b):
		return inDigits
	case isWithThousands(a) && withoutDecimals(a) == a && same(withoutZeros):
		return inCommas
	case withoutDecimals(a) != a && same(withoutZeros):
		return inDecimals
	case same(withoutBlanks):
		return inBlanks
	case same(norm.NFC.String), same(norm.NFKC.String):
		return inUnicode
	case same(foldedCase):
		return inCase
	case same(func(key string) string { return foldedCase(demojibaked(key)) }):
		return inMojibake
	case same(func(key string) string { return foldedCase(html.UnescapeString(key)) }):
		return inHTML
	case same(func(key string) string { return foldedCase(unescaped(key)) }):
		return inEscapes
	case same(func(key string) string { return withoutHyphens(foldedCase(unwrapped(withoutQuotes(key)))) }):
		return inAround
	case same(func(key string) string { return withoutZeros(asciiDigits(key)) }):
		return inDigitsOf
	case same(func(key string) string { return foldedCase(oneAlphabet(key)) }):
		return inAlphabet
	case folded(a) != folded(b) && hasLost(a):
		return inLost
	}
	return inSeveral
}

// only says that there is no other difference.
func only(kind string) string {
	if kind == inSeveral {
		return kind
	}
	return kind + " only"
}

// reason says of a row why it is rejected.
func (p pair) reason(kind string) string {
	what := fmt.Sprintf("live account %s, which no row asks for", shownKey(p.other))
	if p.line > 0 {
		what = fmt.Sprintf("%s on line %d, which would be created too", shownKey(p.other), p.line)
	}
	return fmt.Sprintf("key %s looks like %s: they differ in %s: %s", p.shown(kind), what, only(kind), remedy(kind, []pair{p}))
}

// shown is the key in quotes, with what sets it apart made visible.
func (p pair) shown(kind string) string {
	if kind != inAlphabet {
		return shownKey(p.key)
	}
	var b strings.Builder
	for _, r := range p.key {
		if latinTwins()[r] != 0 {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return shownKey(b.String())
}

// shownKey is a key in quotes with everything in it made visible.
func shownKey(key string) string { return strconv.Quote(text.Reveal(key)) }

// remedy says what can be done about keys of one kind.
func remedy(kind string, pairs []pair) string {
	trims := !slices.ContainsFunc(pairs, func(p pair) bool { return p.line > 0 || account.TrimBlank(p.key) != p.other })
	switch width := commonWidth(pairs); {
	case kind == inZeros && width > 0:
		return "format the column as text, or use --key-width " + strconv.Itoa(width)
	case kind == inZeros, kind == inDecimals, kind == inCommas, kind == inNotation, kind == inDigits:
		return "format the column as text where the file is made"
	case kind == inLost, kind == inMojibake:
		return "save the file as UTF-8 where it is made"
	case kind == inFormula, kind == inQuotes, kind == inAround:
		return "write the keys as the accounts have them, without what stands around them"
	case trims:
		return "use --trim"
	}
	return "write the keys as the accounts have them"
}

// commonWidth is the --key-width that makes every key the other one; 0 for none.
func commonWidth(pairs []pair) int {
	width := len(pairs[0].other)
	for _, p := range pairs {
		if len(p.other) != width || p.line > 0 || len(p.key) > width || !isDigits(p.key) ||
			strings.Repeat("0", width-len(p.key))+p.key != p.other {
			return 0
		}
	}
	return width
}

// lookalikeNote is the one message about all look-alikes of a kind.
func lookalikeNote(kind string, pairs []pair, all int) string {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.row, b.row) })
	var examples []string
	for _, p := range pairs[:min(len(pairs), 3)] {
		examples = append(examples, fmt.Sprintf("%s, which is like %s", p.shown(kind), shownKey(p.other)))
	}
	subject := "1 key differs from another one"
	if n := len(pairs); n > 1 {
		subject = fmt.Sprintf("%d keys differ from live ones", n)
		if slices.ContainsFunc(pairs, func(p pair) bool { return p.line > 0 }) {
			subject = fmt.Sprintf("%d keys differ from others", n)
		}
	} else if pairs[0].line == 0 {
		subject = "1 key differs from a live one"
	}
	return fmt.Sprintf("%s in %s (%s): %s. No account is created for them; --allow-lookalikes %d would create all that look alike.",
		subject, only(kind), strings.Join(examples, "; "), remedy(kind, pairs), all)
}
