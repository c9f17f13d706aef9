package csvfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// keysAndNames are what the tests of formats look at.
func keysAndNames(t *testing.T, tab *Table) (got []string, rejected []account.Rejected) {
	t.Helper()
	rows, rejected := readAll(t, tab)
	for _, r := range rows {
		got = append(got, r.Key+"="+r.Cells[0])
	}
	return got, rejected
}

func utf16(t *testing.T, order unicode.Endianness, text string) string {
	t.Helper()
	s, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFormats(t *testing.T) {
	t.Parallel()
	want := []string{"1=Zoë", "2=B, \"b\""}
	for name, content := range map[string]string{
		"plain":                 "id,name\n1,Zoë\n2,\"B, \"\"b\"\"\"\n",
		"no last line end":      "id,name\n1,Zoë\n2,\"B, \"\"b\"\"\"",
		"CRLF":                  "id,name\r\n1,Zoë\r\n2,\"B, \"\"b\"\"\"\r\n",
		"byte order mark":       "\uFEFFid,name\n1,Zoë\n2,\"B, \"\"b\"\"\"\n",
		"mark, quoted header":   "\uFEFF\"id\",\"name\"\n1,Zoë\n2,\"B, \"\"b\"\"\"\n",
		"semicolon":             "id;name\n1;Zoë\n2;\"B, \"\"b\"\"\"\n",
		"tab":                   "id\tname\n1\tZoë\n2\t\"B, \"\"b\"\"\"\n",
		"pipe":                  "id|name\n1|Zoë\n2|\"B, \"\"b\"\"\"\n",
		"blank lines":           "\n\r\nid,name\n\n1,Zoë\n\r\n\n2,\"B, \"\"b\"\"\"\n\n",
		"UTF-16 little endian":  utf16(t, unicode.LittleEndian, "id,name\r\n1,Zoë\r\n2,\"B, \"\"b\"\"\"\r\n"),
		"UTF-16 big endian":     utf16(t, unicode.BigEndian, "id\tname\n1\tZoë\n2\t\"B, \"\"b\"\"\"\n"),
		"all quoted, semicolon": "\"id\";\"name\"\n\"1\";\"Zoë\"\n\"2\";\"B, \"\"b\"\"\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := table(t, content, Options{})
			got, rejected := keysAndNames(t, tab)
			if d := cmp.Diff(want, got); d != "" || len(rejected) != 0 {
				t.Errorf("%s\nrejected: %v", d, rejected)
			}
			sum := sha256.Sum256([]byte(content))
			if tab.SHA256() != hex.EncodeToString(sum[:]) {
				t.Error("the hash is not that of the original bytes")
			}
		})
	}
}

func TestFindDelimiter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sample string
		want   rune
	}{
		{"id", ','},
		{"id\n1\n2\n", ','},
		{"id,groups\n1,a;b;c\n2,d;e\n", ','},
		{"id;groups\n1;a,b,c\n2;d\n", ';'},
		{"id;name, title;city\n1;Doe, J;Rome\n", ';'},
		{"id|a|b\n1|x,y|z;z\n", '|'},
		{"id\tnote\n1\ta,b;c|d\n", '\t'},
		{"\"a;b\",\"c;d\"\n1,2\n", ','},
		{"id,name\nbroken \"row\n1,a\n2,b\n", ','},
		{"id;n\n\"a\nb,c,d\";2\n", ';'},
		{"", ','},
	} {
		if got := findDelimiter([]byte(tt.sample), 0); got != tt.want {
			t.Errorf("%q: found %q, want %q", tt.sample, got, tt.want)
		}
	}
}

func TestGivenDelimiterIsTaken(t *testing.T) {
	t.Parallel()
	got, _ := keysAndNames(t, table(t, "id:name\n1:a,b\n", Options{Delimiter: ':'}))
	if d := cmp.Diff([]string{"1=a,b"}, got); d != "" {
		t.Error(d)
	}
}

// Each of these looks like "nothing is desired" to a careless reader, or is no
// file of accounts at all.
func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	u32, err := utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder().String("id,name\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		content string
		opt     Options
		want    string // part of the error, after the path
	}{
		"empty":                 {"", Options{}, ": the file is empty"},
		"only a mark":           {"\uFEFF", Options{}, ": the file is empty"},
		"only blank lines":      {"\n\r\n \n", Options{}, ": the file is empty"},
		"UTF-16, only a mark":   {"\xFF\xFE", Options{}, ": the file is empty"},
		"lone CR":               {"id,name\r1,a\r2,b\r", Options{}, ":1: the lines end in a lone CR"},
		"lone CR, quoted":       {"\"id\",\"name\"\r\"1\",\"a\"\r", Options{}, ":1: the lines end in a lone CR"},
		"lone CR, blank line":   {"\nid,name\r1,a\r", Options{}, ":2: the lines end in a lone CR"},
		"UTF-16 without a mark": {"i\x00d\x00,\x00n\x00\n\x00", Options{}, ":1: the header holds NUL"},
		"NUL in a later line":   {"\"id\n\x00\",name\n", Options{}, ":1: the header holds NUL"},
		"UTF-32":                {u32, Options{}, ": this is UTF-32"},
		"zip":                   {"PK\x03\x04whatever", Options{}, ": the workbook is damaged or cut off"},
		"gzip":                  {"\x1f\x8b\x08\x00", Options{}, ": this is a gzip archive"},
		"Latin-1 header":        {"id,stra\xdfe\n", Options{}, ":1: the header is not valid UTF-8 (cell 2)"},
		"duplicate header":      {"id,name,name\n1,a,b\n", Options{}, `:1: column "name" is there twice`},
		"quote in header":       {"id,na\"me\n1,a\n", Options{}, ":1: a quote inside a cell"},
		"open quote in header":  {"id,\"name\n1,a\n2,b\n", Options{}, ":1: a quote is opened here and never closed"},
		"open quote on line 2":  {"id,\"na\nme\",\"x\n1,a\n", Options{}, ":2: a quote is opened here and never closed"},
		"map of no column":      {"id,Nmae\n", Options{Map: map[string]string{"Name": "name"}}, `:1: the file has no column "Name" to map`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, tt.content)
			f, err := Open(path, tt.opt)
			if err == nil {
				f.Close()
				t.Fatal("opened")
			}
			var fe *FileError
			if !errors.As(err, &fe) || fe.Missing() {
				t.Fatalf("want a *FileError about a bad file, got %T", err)
			}
			if got := err.Error(); !strings.HasPrefix(got, path+tt.want) {
				t.Errorf("got  %s\nwant %s%s...", got, path, tt.want)
			}
			if fe.Hint == "" {
				t.Error("the error does not say what to do")
			}
		})
	}
}

func TestHeaderOnlyFileHasNoRows(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"id,name", "id,name\n", "id,name\r\n", "id,name\r", "\uFEFFid,name\n\n"} {
		rows, rejected := readAll(t, table(t, content, Options{}))
		if len(rows)+len(rejected) != 0 {
			t.Errorf("%q: %v %v", content, rows, rejected)
		}
	}
}

func TestMissingInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.csv"): "no such file or directory",
		dir:                            "is a directory",
	} {
		_, err := Open(path, Options{})
		var fe *FileError
		if !errors.As(err, &fe) || !fe.Missing() || !strings.Contains(err.Error(), path+": "+want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestUnusableOptions(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "id,name\n")
	for _, opt := range []Options{{Separator: `"`}, {Separator: "a\r"}, {Comment: "ab"}, {Comment: "é"}, {Comment: ";", Delimiter: ';'}, {SkipLines: -1}, {KeyWidth: -1}, {Delimiter: '"'}, {Delimiter: '\n'}, {Delimiter: '\uFFFD'}} {
		if _, err := Open(path, opt); err == nil {
			t.Errorf("%+v is taken", opt)
		}
	}
}

func TestStreamIsCopied(t *testing.T) {
	t.Parallel()
	const content = "\uFEFFid,name\n1,a\n2,b\n"
	f, err := openStream(strings.NewReader(content), "-", "stdin", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.in.Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v (%v)", info.Mode(), err)
	}
	tab, err := f.Bind(people, peopleSchema)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := keysAndNames(t, tab)
	if d := cmp.Diff([]string{"1=a", "2=b"}, got); d != "" {
		t.Error(d)
	}
	sum := sha256.Sum256([]byte(content))
	if tab.SHA256() != hex.EncodeToString(sum[:]) || tab.Path() != "-" {
		t.Errorf("hash %s, path %s", tab.SHA256(), tab.Path())
	}
}

func TestStreamErrorsNameStdin(t *testing.T) {
	t.Parallel()
	_, err := openStream(strings.NewReader("id,id\n"), "-", "stdin", Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "stdin:1: ") {
		t.Error(err)
	}
}

func TestPipeIsCopied(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer w.Close()
		w.WriteString("id;name\n1;a\n")
	}()
	f, err := openFile(r, "/dev/fd/7", "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tab, err := f.Bind(people, peopleSchema)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := keysAndNames(t, tab); len(got) != 1 {
		t.Error(got)
	}
}

// Not parallel: it sets where temporary files go.
func TestNoCopyIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if os.TempDir() != dir {
		t.Fatal("temporary files go elsewhere on this system: nothing is known of them")
	}
	f, err := openStream(strings.NewReader("id,name\n1,a\n"), "-", "stdin", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := openStream(strings.NewReader("id,id\n"), "-", "stdin", Options{}); err == nil {
		t.Error("opened")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A failed.csv is written in UTF-8, with commas and without lines before its
// header, whatever its input was: the flags of the input do not keep it from being read.
func TestFailedCSVIsReadWithTheFlagsOfItsInput(t *testing.T) {
	t.Parallel()
	const failed = "id,name,accountsync.line,accountsync.op,accountsync.state,accountsync.reason\n1,Zoë,3,put,failed,x\n"
	tab := table(t, failed, Options{SkipLines: 2, Delimiter: ';', Encoding: "windows-1252"})
	got, rejected := keysAndNames(t, tab)
	if len(rejected) > 0 || len(got) != 1 || got[0] != "1=Zoë" {
		t.Errorf("rows %q, rejected %v", got, rejected)
	}
	resaved := strings.ReplaceAll(strings.ReplaceAll(failed, ",", ";"), "ë", "\xeb") // by a spreadsheet
	if got, _ := keysAndNames(t, table(t, resaved, Options{Encoding: "windows-1252"})); len(got) != 1 || got[0] != "1=Zoë" {
		t.Errorf("saved anew: %q", got)
	}
}
