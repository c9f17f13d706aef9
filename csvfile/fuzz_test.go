package csvfile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

// fuzzTable opens the bytes as a file of people, nil when they are none.
func fuzzTable(t *testing.T, data []byte, opt Options) *Table {
	f, err := openStream(bytes.NewReader(data), "-", "stdin", opt)
	if err != nil {
		checkFileError(t, err)
		return nil
	}
	t.Cleanup(func() { f.Close() })
	if !slices.Contains(delimiters, f.comma) {
		t.Fatalf("found the delimiter %q", f.comma)
	}
	tab, err := f.Bind(people, peopleSchema)
	if err != nil {
		checkFileError(t, err)
		return nil
	}
	return tab
}

func checkFileError(t *testing.T, err error) {
	var fe *FileError
	if !errors.As(err, &fe) || fe.Missing() || fe.Line < 0 || fe.Msg == "" || !strings.HasPrefix(err.Error(), "stdin:") && (fe.Sheet == "" || !strings.HasPrefix(err.Error(), "stdin "+fe.Sheet+"!")) {
		t.Fatalf("not an error about the file: %#v", err)
	}
}

// FuzzRead takes any bytes for a file: each record becomes a row or a rejected
// row, in order, and reading it again by its offset gives the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"id,name\n1,a\n2,b\n", "\uFEFFid;name;groups\r\n1;\"a\r\nb\";x|y\r\n", "id\n1\n\n2\r3\n", "id,name\n1,\"a\"b\n2,c\n", "id,name\n1,\"open\n",
		"id,badge,floor,active,hired\n1,x,9999999999,yes,2026-13-40\n", "id,name\n1,Zo\xeb\n2,\x00\n,\n 3,x\n4\n5,y,z\n",
		"\xff\xfei\x00d\x00\n\x001\x00\n\x00", "id,accountsync.line\n'=1,2\n", "id,sourceId\n1,2c918085\n2,x\n",
		"id,account.disabled,account.locked,account.identityId,account.manuallyCorrelated\n1,true,,x9,FALSE\n2,yes,true, x,\n", "\n\n\"id\",name\n\n\n1,a\n",
		"sep=;\r\nid;name;\r\n1;a;\r\n;;\r\n", "# c\nid,name\n#x\n\n# \"y\n1, a \nid,name\n---,---\nTotal,2\n(2 rows affected)\n", "title\nid,name\n\uFEFF1,a\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, keyed bool) {
		var opt Options
		if bytes.Contains(data, []byte("#")) {
			opt = Options{Comment: "#", Trim: true, KeyWidth: 3, Null: []string{"a"}}
		}
		if keyed {
			opt.Key = "name"
		}
		tab := fuzzTable(t, data, opt)
		if tab == nil {
			return
		}
		line, offset := 0, int64(0)
		err := tab.read(func(r *account.Row, x *account.Rejected) error {
			if (r == nil) == (x == nil) {
				t.Fatal("neither a row nor a rejected row")
			}
			if x != nil {
				r = &account.Row{Line: x.Line, Offset: x.Offset}
				checkRejected(t, tab, x)
			} else {
				checkRow(t, tab, r)
			}
			if r.Line <= line || r.Offset >= 0 && r.Offset <= offset {
				t.Fatalf("line %d at %d follows line %d at %d", r.Line, r.Offset, line, offset)
			}
			line, offset = r.Line, max(offset, r.Offset)
			return nil
		})
		if err != nil {
			checkFileError(t, err)
		}
	})
}

func checkRow(t *testing.T, tab *Table, r *account.Row) {
	if keyProblem(r.Key) != "" || len(r.Cells) != len(tab.Columns()) {
		t.Fatalf("not a row: %+v", r)
	}
	again, err := tab.RowAt(r.Offset)
	if d := cmp.Diff(*r, again); err != nil || d != "" {
		t.Fatalf("RowAt(%d): %v %s", r.Offset, err, d)
	}
	record, err := tab.RecordAt(r.Offset)
	if err != nil || len(record) != len(tab.Header()) {
		t.Fatalf("RecordAt(%d): %q %v", r.Offset, record, err)
	}
}

func checkRejected(t *testing.T, tab *Table, x *account.Rejected) {
	if x.Reason == "" {
		t.Fatalf("no reason: %+v", x)
	}
	if _, err := tab.RowAt(x.Offset); err == nil {
		t.Fatalf("RowAt makes a row of %+v", x)
	}
	if _, err := tab.RecordAt(x.Offset); (err == nil) != (x.Offset >= 0) {
		t.Fatalf("RecordAt of %+v: %v", x, err)
	}
}

// FuzzHeader takes any line for a header: either it is refused, or every cell
// of it is accounted for.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"id", "id,name", "ID;Name", "nativeIdentity\tname", "id|groups|x", "\"id\",\"na\"\"me\"", "id,,name", "id,id", "id\rname", "id,sourceId,accountsync.op", "account.locked,id,account.identityId", "departmnt"} {
		f.Add(seed, "name", "junk")
	}
	f.Fuzz(func(t *testing.T, header, mapped, ignored string) {
		opt := Options{Ignore: []string{ignored}}
		if mapped != "" && strings.Contains(header, mapped) {
			opt.Map = map[string]string{mapped: "department"}
		}
		tab := fuzzTable(t, []byte(header+"\n"), opt)
		if tab == nil {
			return
		}
		seen := map[string]bool{tab.Key().Attribute: true}
		for _, c := range tab.Columns() {
			if _, ok := peopleSchema.Attribute(c.Attribute); !ok || seen[c.Attribute] || !slices.Contains(tab.Header(), c.Header) {
				t.Fatalf("column %+v of %q", c, header)
			}
			seen[c.Attribute] = true
		}
		others := 0
		for _, h := range tab.Header() {
			if isNameless(h) || h == ignored || h == sourceIDColumn || isFailedColumn(h) || account.IsStateColumn(h) {
				others++
			}
		}
		if 1+len(tab.Columns())+others != len(tab.Header()) {
			t.Fatalf("%d columns and %d others of %q", len(tab.Columns()), others, tab.Header())
		}
	})
}
