package diff

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/internal/text"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// notation is how the cells of a column differ from the live values.
type notation struct{ column, kind string }

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
