package csvfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
)

func TestRejectedRows(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		want    account.Rejected
	}{
		"too short":           {"id,name\n1\n", account.Rejected{Line: 2, Key: "", Reason: "the row has 1 cells, the header has 2", Offset: 8}},
		"too long":            {"id,name\n1,a,b\n", account.Rejected{Line: 2, Key: "", Reason: "the row has 3 cells, the header has 2", Offset: 8}},
		"no key":              {"id,name\n,a\n", account.Rejected{Line: 2, Key: "", Reason: `the key (column "id") is empty`, Offset: 8}},
		"blank key":           {"id,name\n 1,a\n", account.Rejected{Line: 2, Key: "", Reason: `the key (column "id") begins or ends with white space: --trim takes it away`, Offset: 8}},
		"no-break space":      {"id,name\n1\u00a0,a\n", account.Rejected{Line: 2, Key: "", Reason: `the key (column "id") begins or ends with white space (1<U+00A0>): --trim takes it away`, Offset: 8}},
		"mark within":         {"id,name\n\uFEFF1,a\n", account.Rejected{Line: 2, Key: "", Reason: `a byte order mark (BOM) stands before the row, as when files are joined: take it away, or use --trim`, Offset: 8}},
		"newline in key":      {"id,name\n\"1\n2\",a\n", account.Rejected{Line: 2, Key: "", Reason: `the key (column "id") holds a control character`, Offset: 8}},
		"lone CR below LF":    {"id\n1\r2\r3\r", account.Rejected{Line: 2, Key: "", Reason: `the key (column "id") holds a control character`, Offset: 3}},
		"invalid UTF-8":       {"id,name\n1,Zo\xeb\n", account.Rejected{Line: 2, Key: "", Reason: `column "name" is not valid UTF-8: use --encoding windows-1252, or save the file as UTF-8`, Offset: 8}},
		"invalid UTF-8 key":   {"id,name\n\xff,a\n", account.Rejected{Line: 2, Key: "", Reason: `column "id" is not valid UTF-8: use --encoding windows-1252, or save the file as UTF-8`, Offset: 8}},
		"NUL":                 {"id,name\n1,a\x00\n", account.Rejected{Line: 2, Key: "", Reason: `column "name" holds a NUL byte`, Offset: 8}},
		"bare quote":          {"id,name\n1,a\"b\n", account.Rejected{Line: 2, Key: "", Reason: "a quote inside a cell that is not quoted: quote the whole cell and double the quote", Offset: -1}},
		"undoubled quote":     {"id,name\n1,\"a\"b\"\n", account.Rejected{Line: 2, Key: "", Reason: "text follows a closing quote: a quote inside the cell is not doubled", Offset: -1}},
		"quote over lines":    {"id,name\n1,\"a\n2,\"b\n", account.Rejected{Line: 2, Key: "", Reason: "a quoted cell goes on to line 3, where text follows its closing quote: a quote is not closed or not doubled, lines 2 to 3 were not read as rows", Offset: -1}},
		"for another source":  {"id,name,sourceId\n1,a,other\n", account.Rejected{Line: 2, Key: "1", Reason: `the row is for source "other", not "2c918085"`, Offset: 17}},
		"after blank lines":   {"id,name\n\n\r\n1\n", account.Rejected{Line: 4, Key: "", Reason: "the row has 1 cells, the header has 2", Offset: 8}},
		"UTF-16, half a pair": {utf16(t, unicode.LittleEndian, "id,name\n1,a") + "\x00\xd8\n\x00", account.Rejected{Line: 2, Key: "", Reason: `column "name" is not valid UTF-16`, Offset: 8}},
		"UTF-16, odd length":  {utf16(t, unicode.LittleEndian, "id,name\n1,a") + "b", account.Rejected{Line: 2, Key: "", Reason: `column "name" is not valid UTF-16`, Offset: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := table(t, tt.content, Options{})
			rows, rejected := readAll(t, tab)
			if d := cmp.Diff([]account.Rejected{tt.want}, rejected); d != "" || len(rows) != 0 {
				t.Errorf("%s\nrows: %v", d, rows)
			}
			_, err := tab.RowAt(tt.want.Offset)
			if err == nil {
				t.Error("RowAt makes a row of it")
			}
			if _, err := tab.RecordAt(tt.want.Offset); (err == nil) != (tt.want.Offset >= 0) {
				t.Errorf("RecordAt: %v", err)
			}
		})
	}
}

// Lines are counted, not records, also after quoted line ends of every kind.
func TestRejectedRowHasItsLineAfterLongRows(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"id,name\n1,\"a\n\nb\"\n2\n", "id,name\r\n1,\"a\r\n\r\nb\"\r\n2\r\n", "\n\nid,name\n1,a\n2\n"} {
		tab := table(t, content, Options{})
		_, rejected := readAll(t, tab)
		if len(rejected) != 1 || rejected[0].Line != 5 {
			t.Errorf("%q: %+v", content, rejected)
		}
	}
}

// A bad row takes no other row with it.
func TestRowsAroundARejectedOneAreRead(t *testing.T) {
	t.Parallel()
	got, rejected := keysAndNames(t, table(t, "id,name\n1,a\n2\n3,c\n4,d\"\n5,e\n,\n6,f\xff\n7,g\n", Options{}))
	if d := cmp.Diff([]string{"1=a", "3=c", "5=e", "7=g"}, got); d != "" {
		t.Error(d)
	}
	var lines []int
	for _, r := range rejected {
		lines = append(lines, r.Line)
	}
	if d := cmp.Diff([]int{3, 5, 8}, lines); d != "" {
		t.Error(d)
	}
}

func TestWrongTypeIsARowThatIsInvalid(t *testing.T) {
	t.Parallel()
	rows, rejected := readAll(t, table(t, "id,badge,floor,active,hired\n1,12,3,TRUE,2026-01-31\n2,x,3.5,yes,tomorrow\n3,,,,\n", Options{}))
	if len(rejected) != 0 || len(rows) != 3 {
		t.Fatalf("%v %v", rows, rejected)
	}
	if rows[0].Invalid != "" || rows[2].Invalid != "" {
		t.Errorf("good rows are invalid: %+v", rows)
	}
	for _, part := range []string{`column "badge" is not a LONG`, `"floor" is not an INT`, `"active" is not a BOOLEAN`, `"hired" is not a DATE`} {
		if !strings.Contains(rows[1].Invalid, part) {
			t.Errorf("%q lacks %q", rows[1].Invalid, part)
		}
	}
	if strings.Contains(rows[1].Invalid, "tomorrow") {
		t.Error("the reason repeats the cell")
	}
}

func TestUnclosedQuoteEndsTheReading(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		line    int
	}{
		"last row":            {"id,name\n1,a\n2,\"b\n", 3},
		"far from the end":    {"id,name\n1,a\n2,\"b\n" + strings.Repeat("3,c\n", 100_000), 3},
		"in the second cell":  {"id,name\n\n\"1\n\n\",\"b\nx", 5},
		"at the very end":     {"id,name\n1,\"", 2},
		"doubled at the end":  {"id,name\n1,\"a\"\"", 2},
		"after broken quotes": {"id,name\n1,a\"b\n2,\"c\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := table(t, tt.content, Options{})
			err := tab.read(func(*account.Row, *account.Rejected) error { return nil })
			var fe *FileError
			if !errors.As(err, &fe) || fe.Line != tt.line || !strings.Contains(fe.Msg, "never closed") {
				t.Errorf("want an unclosed quote on line %d, got %v", tt.line, err)
			}
		})
	}
}

func TestEndlessRecordIsNotReadWhole(t *testing.T) {
	t.Parallel()
	content := "id,name\n1,\"b\n" + strings.Repeat("3,cccccccccccccccccccccccccccccccccccccccccccccccccccccc\n", maxRecord/50)
	tab := table(t, content, Options{})
	err := tab.read(func(*account.Row, *account.Rejected) error { return nil })
	var fe *FileError
	if !errors.As(err, &fe) || fe.Line != 2 || !strings.Contains(fe.Msg, "never closed") {
		t.Error(err)
	}
	tab = table(t, "id,name\n1,a\n2,"+strings.Repeat("b", maxRecord+1<<20)+"\n", Options{})
	err = tab.read(func(*account.Row, *account.Rejected) error { return nil })
	if !errors.As(err, &fe) || fe.Line != 3 || !strings.Contains(fe.Msg, "longer than 16 MiB") {
		t.Error(err)
	}
}

func TestReadStopsAtTheCallersError(t *testing.T) {
	t.Parallel()
	tab := table(t, "id,name\n"+strings.Repeat("1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 50_000), Options{})
	calls := 0
	err := tab.read(func(*account.Row, *account.Rejected) error { calls++; return io.ErrClosedPipe })
	if err != io.ErrClosedPipe || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if tab.SHA256() != "" {
		t.Error("a hash of half a file")
	}
}

func TestFileThatChangesIsNoticed(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "id,name\n1,a\n")
	tab, err := bind(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("2,b\n"); err != nil {
		t.Fatal(err)
	}
	if err := tab.read(func(*account.Row, *account.Rejected) error { return nil }); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("Read: %v", err)
	}
	if _, err := tab.RecordAt(8); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("RecordAt: %v", err)
	}
}

// bigFile has rows and rejected rows over many blocks, with characters of
// several bytes wherever a block may end.
func bigFile(rows int) string {
	var b strings.Builder
	b.WriteString("id,name,groups\n")
	for i := range rows {
		switch {
		case i%1009 == 0:
			fmt.Fprintf(&b, "\n%d,Z\xeb,g\n", i)
		case i%997 == 0:
			fmt.Fprintf(&b, "%d,\"two\nlines €\",\n", i)
		default:
			fmt.Fprintf(&b, "%d,Zoë €%s😀,g%d;ü%d\n", i, strings.Repeat("é", i%50), i%7, i%5)
		}
	}
	return b.String()
}

func TestBigFileIsReadRightAcrossBlocks(t *testing.T) {
	t.Parallel()
	const n = 20_000
	tab := table(t, bigFile(n), Options{})
	rows, rejected := readAll(t, tab)
	if want := (n + 1008) / 1009; len(rejected) != want || len(rows) != n-want {
		t.Fatalf("%d rows and %d rejected, want %d rejected", len(rows), len(rejected), want)
	}
	var wait sync.WaitGroup
	for part := range 4 {
		wait.Go(func() {
			for i := part; i < len(rows); i += 4 {
				again, err := tab.RowAt(rows[i].Offset)
				if d := cmp.Diff(rows[i], again); err != nil || d != "" {
					t.Errorf("RowAt(%d): %v %s", rows[i].Offset, err, d)
					return
				}
			}
		})
	}
	wait.Wait()
}

func TestRowAtWithoutReadKnowsItsLine(t *testing.T) {
	t.Parallel()
	content := bigFile(5_000)
	rows, _ := readAll(t, table(t, content, Options{}))
	last := rows[len(rows)-1]
	again, err := table(t, content, Options{}).RowAt(last.Offset)
	if d := cmp.Diff(last, again); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

func TestReadingTwiceGivesTheSame(t *testing.T) {
	t.Parallel()
	tab := table(t, bigFile(3_000), Options{})
	rows, rejected := readAll(t, tab)
	sum := tab.SHA256()
	again, rejectedAgain := readAll(t, tab)
	if d := cmp.Diff(rows, again) + cmp.Diff(rejected, rejectedAgain); d != "" || sum == "" || sum != tab.SHA256() {
		t.Error(d)
	}
}

// Only where a block is suspicious are the cells looked at, so every character
// that a block boundary can cut must be put together again.
func TestFeederFindsWhatIsSuspiciousAcrossBlocks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"plain": false, "é€😀é€😀": false, "a\x00b": true, "Zo\xeb!": true, "é\x82": true, "\xf0\x9f\x98": true, "\xf0\x9f": true, "\xc3(": true, "": false,
	} {
		for cut := range len(text) + 1 {
			w := &feeder{}
			got := w.isSuspicious([]byte(text[:cut]), false)
			got = w.isSuspicious([]byte(text[cut:]), false) || got
			got = w.isSuspicious(nil, true) || got
			if got != want {
				t.Errorf("%q cut at %d: suspicious is %t", text, cut, got)
			}
		}
	}
}
