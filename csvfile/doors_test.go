package csvfile

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// book writes a workbook as people make one.
func book(t testing.TB, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func setRows(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
}

func style(t testing.TB, f *excelize.File, cell, format string) {
	t.Helper()
	s, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err == nil {
		err = f.SetCellStyle("Sheet1", cell, cell, s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// brief is what a door gives, a row a line.
func brief(t testing.TB, tab *Table) (lines []string) {
	t.Helper()
	rows, rejected := readAll(t, tab)
	for _, r := range rows {
		line := fmt.Sprintf("%d %s %s", r.Line, r.Key, strings.Join(r.Cells, "|"))
		if r.Invalid != "" {
			line += " !" + r.Invalid
		}
		lines = append(lines, line)
		again, err := tab.RowAt(r.Offset)
		if d := cmp.Diff(r, again); err != nil || d != "" {
			t.Errorf("RowAt(%d): %v %s", r.Offset, err, d)
		}
	}
	for _, r := range rejected {
		lines = append(lines, fmt.Sprintf("%d - %s", r.Line, r.Reason))
		if r.Offset >= 0 {
			if _, err := tab.RowAt(r.Offset); err == nil {
				t.Errorf("RowAt makes a row of line %d", r.Line)
			}
		}
	}
	return lines
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	path := book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"id", "name", "badge", "active", "hired", "groups", "department"},
			[]any{"00100", "Ada\nLovelace", 123456789012, true, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), "a;b", "R&D"},
			[]any{100, "Bob", 1e15, false, 45000.5, "", 0.1 + 0.2},
			nil,
			[]any{"E7", "#N/A", "1.50", "true", "", "", "_x0041_"})
		style(t, f, "A3", "00000")
		style(t, f, "E2", "yyyy-mm-dd")
		style(t, f, "E3", "d.m.yy h:mm")
		if err := f.SetCellFormula("Sheet1", "G5", `CONCAT("x")`); err != nil {
			t.Fatal(err)
		}
	})
	tab, err := bind(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2 00100 Ada\nLovelace|123456789012|true|2026-01-31|a;b|R&D",
		"3 00100 Bob|1000000000000000|false|2023-03-15T12:00:00||0.3",
	}
	got := brief(t, tab)
	if d := cmp.Diff(want, got[:2]); d != "" {
		t.Error(d)
	}
	t.Log(got)
}

// sheetXML is a workbook of one sheet with that content, written by hand.
func sheetXML(t testing.TB, sheet, shared, styles string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct{ name, content string }{
		{"_rels/.rels", `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook><workbookPr date1904="0"/><sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="r2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="r3" Type="x/styles" Target="styles.xml"/></Relationships>`},
		{"xl/worksheets/sheet1.xml", `<worksheet>` + sheet + `</worksheet>`},
		{"xl/sharedStrings.xml", `<sst>` + shared + `</sst>`},
		{"xl/styles.xml", `<styleSheet>` + styles + `</styleSheet>`},
	} {
		w, err := z.Create(part.name)
		if err == nil {
			_, err = io.WriteString(w, part.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const peopleHeader = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c><c r="C1" t="inlineStr"><is><t>groups</t></is></c></row>`

// What a cell can be, and what no row can be made of.
func TestWorkbookCells(t *testing.T) {
	t.Parallel()
	const shared = `<si><t>Ada</t></si><si><r><t>Lo</t></r><r><t xml:space="preserve">ve </t></r><rPh><t>KANA</t></rPh></si><si><t/></si>`
	const styles = `<numFmts><numFmt numFmtId="170" formatCode="00000"/><numFmt numFmtId="171" formatCode="&quot;E&quot;000\-00"/><numFmt numFmtId="172" formatCode="[h]:mm"/><numFmt numFmtId="173" formatCode="#,##0.00 &quot;€&quot;"/></numFmts>` +
		`<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="172"/><xf numFmtId="173"/></cellXfs>`
	for cell, want := range map[string]string{
		`<c r="B2" t="s"><v>0</v></c>`:                               "2 1 Ada|",
		`<c r="B2" t="s"><v>1</v></c>`:                               "2 1 Love |",
		`<c r="B2" t="s"><v>2</v></c>`:                               "2 1 |",
		`<c r="B2" t="inlineStr"><is><t>a_x000A_b&amp;</t></is></c>`: "2 1 a\nb&|",
		`<c r="B2" t="b"><v>1</v></c>`:                               "2 1 true|",
		`<c r="B2" t="str"><f>A1</f><v>x</v></c>`:                    "2 1 x|",
		`<c r="B2" t="str"><f>A1</f><v></v></c>`:                     "2 1 |",
		`<c r="B2"><f>1+1</f><v>2</v></c>`:                           "2 1 2|",
		`<c r="B2"><f>1+1</f></c>`:                                   `2 1 | !cell People!B2 (column "name") is a formula without a value: open and save the workbook in a spreadsheet program`,
		`<c r="B2" t="e"><v>#N/A</v></c>`:                            `2 1 #N/A| !cell People!B2 (column "name") is the error #N/A: correct the formula, or use --null '#N/A' to take it for empty`,
		`<c r="B2"><v>12345678901234567890</v></c>`:                  "2 1 12345678901234567890|",
		`<c r="B2"><v>1.23456789012346E+17</v></c>`:                  `2 1 123456789012346000| !cell People!B2 (column "name") is a number of more than 15 digits, of which a spreadsheet keeps 15: format the column as text and enter it again`,
		`<c r="B2"><v>1.5E-3</v></c>`:                                "2 1 0.0015|",
		`<c r="B2"><v>0.30000000000000004</v></c>`:                   "2 1 0.3|",
		`<c r="B2"><v>-0</v></c>`:                                    "2 1 0|",
		`<c r="B2" s="1"><v>100</v></c>`:                             "2 1 00100|",
		`<c r="B2" s="1"><v>1234567</v></c>`:                         "2 1 1234567|",
		`<c r="B2" s="1"><v>1.5</v></c>`:                             "2 1 1.5|",
		`<c r="B2" s="2"><v>123</v></c>`:                             "2 1 E001-23|",
		`<c r="B2" s="3"><v>1</v></c>`:                               "2 1 1900-01-01|",
		`<c r="B2" s="3"><v>59</v></c>`:                              "2 1 1900-02-28|",
		`<c r="B2" s="3"><v>61</v></c>`:                              "2 1 1900-03-01|",
		`<c r="B2" s="3"><v>60</v></c>`:                              `2 1 60| !cell People!B2 (column "name") is formatted as a date, and is not a date`,
		`<c r="B2" s="3"><v>46053.75</v></c>`:                        "2 1 2026-01-31|",
		`<c r="B2" s="4"><v>46053.75</v></c>`:                        "2 1 2026-01-31T18:00:00|",
		`<c r="B2" s="5"><v>0.999999</v></c>`:                        "2 1 00:00:00|",
		`<c r="B2" s="6"><v>1.5</v></c>`:                             "2 1 1.5|",
		`<c r="B2" s="7"><v>1234.5</v></c>`:                          "2 1 1234.5|",
		`<c r="B2" t="d"><v>2026-01-31</v></c>`:                      "2 1 2026-01-31|",
		`<c r="C2" t="inlineStr"><is><t>a;b</t></is></c>`:            "2 1 |a;b",
		`<c r="D2" t="inlineStr"><is><t>x</t></is></c>`:              "2 - the row has 4 cells, the header has 3",
		`<c r="B2" t="inlineStr"><is><t>x</t></is></c></row><row r="9" hidden="1"><c r="A9"><v>2</v></c>`: "2 1 x| / 9 2 |",
	} {
		path := writeFile(t, string(sheetXML(t, `<sheetData>`+peopleHeader+`<row r="2"><c r="A2"><v>1</v></c>`+cell+`</row></sheetData>`, shared, styles)))
		tab, err := bind(t, path, Options{})
		if err != nil {
			t.Errorf("%s: %v", cell, err)
			continue
		}
		if got := strings.Join(brief(t, tab), " / "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", cell, got, want)
		}
	}
}

// An error is no value of an account, unless --null or --ignore say so.
func TestWorkbookErrors(t *testing.T) {
	t.Parallel()
	data := sheetXML(t, `<sheetData>`+peopleHeader+`<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><v>#REF!</v></c></row><row r="3"><c r="A3" t="e"><v>#N/A</v></c><c r="B3"><v>5</v></c></row>`+
		`<row r="4"><c r="A4"><v>4</v></c><c r="B4"><v>7</v></c></row><row r="5"><c r="A5"><v>5</v></c></row></sheetData><mergeCells><mergeCell ref="B4:B5"/></mergeCells>`, "", "")
	for name, tt := range map[string]struct {
		opt  Options
		want []string
	}{
		"as it is": {Options{}, []string{`2 1 #REF!| !cell People!B2 (column "name") is the error #REF!: correct the formula, or use --null '#REF!' to take it for empty`,
			"4 4 7|", `5 5 | !cell People!B5 (column "name") is merged with another one, which holds the value: unmerge the cells and fill in each`,
			`3 - cell People!A3 (column "id") is the error #N/A: correct the formula, or use --null '#N/A' to take it for empty`}},
		"null":   {Options{Null: []string{"#REF!"}}, []string{"2 1 |", "4 4 7|", `5 5 | !cell People!B5 (column "name") is merged with another one, which holds the value: unmerge the cells and fill in each`, `3 - cell People!A3 (column "id") is the error #N/A: correct the formula, or use --null '#N/A' to take it for empty`}},
		"ignore": {Options{Ignore: []string{"name"}}, []string{"2 1 ", "4 4 ", "5 5 ", `3 - cell People!A3 (column "id") is the error #N/A: correct the formula, or use --null '#N/A' to take it for empty`}},
	} {
		tab, err := bind(t, writeFile(t, string(data)), tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, brief(t, tab)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestSheets(t *testing.T) {
	t.Parallel()
	path := book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"id", "name"}, []any{"1", "Ada"})
		for _, name := range []string{"Old", "Empty"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		setRows(t, f, "Old", []any{"id", "nme"}, []any{"2", "Bob"})
		if err := f.SetSheetVisible("Old", false); err != nil {
			t.Fatal(err)
		}
	})
	tab, err := bind(t, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(t, tab); len(got) != 1 || got[0] != "2 1 Ada" {
		t.Error(got)
	}
	if notes := strings.Join(tab.Notes(), " "); notes != `The hidden sheet "Old" was passed over.` {
		t.Error(notes)
	}
	_, err = bind(t, path+"#old", Options{})
	if err == nil || err.Error() != path+` Old!1: column "nme" is not in the schema of source "People"; did you mean "name"? (use --map nme=name or --ignore nme)` {
		t.Error(err)
	}
	var file *FileError
	if _, err = bind(t, path+"#Peple", Options{}); !errors.As(err, &file) || !strings.Contains(file.Msg, `the workbook has no sheet "Peple"; it has "Sheet1", "Old", "Empty"`) || file.Hint != "name the sheet: --file "+path+"'#Sheet1'" && !strings.Contains(file.Hint, "#Sheet1") {
		t.Errorf("%v, hint %s", err, file.Hint)
	}
	both := book(t, func(f *excelize.File) {
		f.NewSheet("Other")
		setRows(t, f, "Sheet1", []any{"id"})
		setRows(t, f, "Other", []any{"id"})
	})
	if _, err = bind(t, both, Options{}); err == nil || !strings.Contains(err.Error(), `the workbook has 2 sheets, and which one holds the accounts is not known: "Sheet1", "Other"`) {
		t.Error(err)
	}
	if _, err = bind(t, writeFile(t, "id\n1\n")+"#x", Options{}); err == nil || !strings.Contains(err.Error(), `a sheet "x" is asked for, and the file is no workbook`) {
		t.Error(err)
	}
}

// A workbook that is cut off or damaged gives no rows, however much of it could be read.
func TestDamagedWorkbook(t *testing.T) {
	t.Parallel()
	for name, sheet := range map[string]string{
		"cut off":           `<sheetData>` + peopleHeader + `<row r="2"><c r="A2"><v>1</v></c>`,
		"rows out of order": `<sheetData>` + peopleHeader + `<row r="1"></row></sheetData>`,
		"no such text":      `<sheetData>` + peopleHeader + `<row r="2"><c r="A2" t="s"><v>7</v></c></row></sheetData>`,
		"another type":      `<sheetData>` + peopleHeader + `<row r="2"><c r="A2" t="zz"><v>7</v></c></row></sheetData>`,
	} {
		if _, err := bind(t, writeFile(t, string(sheetXML(t, sheet, "", ""))), Options{}); err == nil || !strings.Contains(err.Error(), "the workbook is damaged or cut off") {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := sheetXML(t, `<sheetData>`+peopleHeader+`</sheetData>`, "", "")
	whole[bytes.Index(whole, []byte("worksheets/sheet1.xml"))+40] ^= 1 // within its data
	if _, err := bind(t, writeFile(t, string(whole)), Options{}); err == nil {
		t.Error("a checksum that does not fit was not found")
	}
	if _, err := bind(t, writeFile(t, string(whole[:len(whole)/2])), Options{}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Error(err)
	}
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	tab, err := bind(t, writeFile(t, "\uFEFF"+`{"id":"1","name":"Ada","groups":["a","b;c"]}

{"id":2,"badge":12345678901234567890,"name":null,"active":true}
{"id":"3","name":"a\nb","groups":[]}
{"id":"4","name":["x","y"]}
{"id":"5","name":{"first":"Ada"}}
{"id":"6","id":"7"}
{"id":"8"
["id"]
{"id":"9","name":"`+"\xff"+`"}
{"id":"10"}{"id":"11"}
{"id":"12","groups":["a",["b"]]}
{"groups":["z"],"id":"13"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1 1 Ada|a;"b;c"||`,
		"3 2 ||12345678901234567890|true",
		"4 3 a\nb|||",
		`5 4 x;y||| !"name" holds several values, and the attribute takes one: use --multi name, or give one value`,
		"13 13 |z||",
		`6 - "name" is an object: only text, numbers, true, false, null and arrays of them can be values`,
		"7 - a name is there twice in the JSON object: keep one of them",
		"8 - the JSON object has no end: the line is cut off, or the object goes on in the next one; write one object a line",
		`9 - the line is no JSON object: write one object a line, {"id":"1","name":"Ada"}`,
		"10 - the line is not valid UTF-8: save the file as UTF-8",
		"11 - something follows the JSON object: write one object a line",
		`12 - "groups" is an array that holds an array or an object: only text, numbers, true, false and null can be values`,
	}
	if d := cmp.Diff(want, brief(t, tab)); d != "" {
		t.Error(d)
	}
}

// Whatever the door, the rows are the same.
func TestDoorsAgree(t *testing.T) {
	t.Parallel()
	want := []string{"00100 Ada|a;b|7|true|2026-01-31", "E2 Zoë, \"Z\"|||false|"}
	secret := filepath.Join(t.TempDir(), "header")
	if err := os.WriteFile(secret, []byte("# the secret\nAuthorization: Bearer s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	csv := writeFile(t, "id,name,groups,badge,active,hired\n00100,Ada,a;b,7,true,2026-01-31\nE2,\"Zoë, \"\"Z\"\"\",,,false,\n")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cache-Control") != "no-cache" {
			t.Error("a proxy may answer from its cache")
		}
		if r.Header.Get("Authorization") != "Bearer s3cret" || r.URL.Query().Get("sig") != "hush" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeFile(w, r, csv)
	}))
	defer web.Close()
	for name, path := range map[string]string{
		"csv":    csv,
		"ndjson": writeFile(t, `{"id":"00100","name":"Ada","groups":["a","b"],"badge":7,"active":true,"hired":"2026-01-31"}`+"\n"+`{"id":"E2","name":"Zoë, \"Z\"","active":false}`),
		"xlsx": book(t, func(f *excelize.File) {
			setRows(t, f, "Sheet1", []any{"id", "name", "groups", "badge", "active", "hired"}, []any{100, "Ada", "a;b", 7, true, 46053}, []any{"E2", `Zoë, "Z"`, "", "", false})
			style(t, f, "A2", "00000")
			style(t, f, "F2", "mm/dd/yyyy")
		}),
		"https": web.URL + "/people.csv?sig=hush",
	} {
		tab, err := bind(t, path, Options{HeaderFile: secret})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		rows, _ := readAll(t, tab)
		var got []string
		for _, r := range rows {
			got = append(got, r.Key+" "+strings.Join(r.Cells, "|"))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if strings.Contains(tab.Path(), "hush") {
			t.Errorf("the path shows a secret: %s", tab.Path())
		}
	}
}

func TestWebServers(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const table = "id,name\n1,Ada\n"
		switch r.URL.Path {
		case "/short":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\n"+table)
				conn.Close()
			}
		case "/chunk":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(table), table)
				conn.Close()
			}
		case "/unsaid":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+table)
				conn.Close()
			}
		case "/elsewhere":
			http.Redirect(w, r, other.URL+"/x?token=hush", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/latin1", http.StatusFound)
		case "/page":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "<html>sign in</html>")
		case "/latin1":
			w.Header().Set("Content-Type", "text/csv; charset=iso-8859-1")
			io.WriteString(w, "id,name\n1,Zo\xeb\n")
		case "/403":
			http.Error(w, "no", http.StatusForbidden)
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	for path, want := range map[string]string{
		"/short?sig=hush": "the download broke off: unexpected EOF", "/chunk": "the download broke off: unexpected EOF", "/unsaid": "does not say how long the file is",
		"/elsewhere?sig=hush": "redirects to another host", "/loop": "redirects without end", "/page": "a web page (text/html)",
		"/403": "the server answered 403 Forbidden", "/404?sig=hush": "the server answered 404 Not Found",
	} {
		_, err := Open(web.URL+path, Options{})
		var file *FileError
		if !errors.As(err, &file) || !file.Missing() || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", path, err)
		}
	}
	tab, err := bind(t, web.URL+"/moved", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := brief(t, tab); len(got) != 1 || got[0] != "2 1 Zoë" {
		t.Error(got)
	}
	for address, want := range map[string]string{"http://example.com/x.csv?sig=hush": "unencrypted", "https://u:hush@127.0.0.1/x": "user name or password", "http://": "no address"} {
		if _, err := Open(address, Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
	}
	bad := writeFile(t, "Authorization Bearer hush\n")
	if _, err := Open(web.URL+"/latin1", Options{HeaderFile: bad}); err == nil || !strings.Contains(err.Error(), "line 1 is not a header") || strings.Contains(err.Error(), "hush") {
		t.Error(err)
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ content, encoding, want string }{
		"windows-1252": {"id,name\n1,\x80 Zo\xeb\n", "windows-1252", "2 1 € Zoë"},
		"latin1":       {"id,name\n1,Zo\xeb\n", "latin1", "2 1 Zoë"},
		"ibm850":       {"id,name\n1,M\x81ller\n", "ibm850", "2 1 Müller"},
		"shift_jis":    {"id,name\n1,\x93\xfa\x96{\n", "Shift_JIS", "2 1 日本"},
		"utf-16le":     {"i\x00d\x00,\x00n\x00a\x00m\x00e\x00\n\x001\x00,\x00Z\x00\xeb\x00\n\x00", "utf-16le", "2 1 Zë"},
		"wrong":        {"id,name\n1,\x93\n", "shift_jis", `2 - column "name" is not valid shift_jis`},
		"none":         {"id,name\n1,Zo\xeb\n", "", `2 - column "name" is not valid UTF-8: use --encoding windows-1252, or save the file as UTF-8`},
		"none, dos":    {"id,name\n1,M\x81ller\n", "", `2 - column "name" is not valid UTF-8: use --encoding ibm850, or save the file as UTF-8`},
		"none, broken": {"id,name\n1,\xffx\x00\n", "", `2 - column "name" holds a NUL byte`},
	} {
		tab, err := bind(t, writeFile(t, tt.content), Options{Encoding: tt.encoding})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(brief(t, tab), " / "); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	for name, tt := range map[string]struct{ content, hint string }{
		"utf-16le":     {"i\x00d\x00,\x00n\x00\n\x001\x00,\x00Z\x00\n\x00", "use --encoding utf-16le, or save the file as UTF-8"},
		"utf-16be":     {"\x00i\x00d\x00,\x00n\x00\n\x001\x00,\x00Z\x00\n", "use --encoding utf-16be, or save the file as UTF-8"},
		"windows-1252": {"id,Stra\xdfe\n1,x\n", "use --encoding windows-1252, or save the file as UTF-8"},
	} {
		_, err := Open(writeFile(t, tt.content), Options{})
		var file *FileError
		if !errors.As(err, &file) || file.Hint != tt.hint {
			t.Errorf("%s: %v, hint %q", name, err, file.Hint)
		}
	}
	if err := (Options{Encoding: "windows1252"}).Check(); err == nil || !strings.Contains(err.Error(), `did you mean "windows-1252"?`) {
		t.Error(err)
	}
	_, err := Open(writeFile(t, "\uFEFFid\n1\n"), Options{Encoding: "latin1"})
	if err == nil || !strings.Contains(err.Error(), "byte order mark of UTF-8") {
		t.Error(err)
	}
}

// A file of another kind is named for what it is.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	if _, err := z.Create("people.csv"); err != nil {
		t.Fatal(err)
	}
	z.Close()
	for content, want := range map[string]string{
		"\x1F\x8B\x08":           "a gzip archive",
		"\xD0\xCF\x11\xE0\xA1":   "an old Excel workbook (.xls)",
		"%PDF-1.7\n":             "a PDF document",
		"<!DOCTYPE html>\n":      "a web page",
		"[{\"id\":1}]":           "a JSON array",
		archive.String():         "a zip archive",
		"PK\x03\x04 and no more": "the workbook is damaged or cut off",
	} {
		if _, err := Open(writeFile(t, content), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", content, err, want)
		}
	}
}

// FuzzWorkbook takes any XML for a sheet, its texts and its styles: it is
// refused, or each row can be read again.
func FuzzWorkbook(f *testing.F) {
	f.Add(`<sheetData>`+peopleHeader+`<row r="2"><c r="A2" t="s"><v>0</v></c><c t="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A2:B9"/></mergeCells>`, `<si><t>x</t></si>`, `<cellXfs><xf numFmtId="14"/></cellXfs>`)
	f.Add(`<sheetData>`+peopleHeader+`<row><c s="0"><v>4.6E4</v></c><c t="str"><v>a_x000A_"b</v></c></row></sheetData>`, ``, `<numFmts><numFmt numFmtId="170" formatCode="00\-0"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs>`)
	f.Fuzz(func(t *testing.T, sheet, shared, styles string) {
		fuzzDoor(t, sheetXML(t, sheet, shared, styles))
	})
}

// FuzzNDJSON takes any bytes for lines of JSON objects.
func FuzzNDJSON(f *testing.F) {
	for _, seed := range []string{`{"id":"1","groups":["a","b"],"badge":1e400}` + "\n" + `{"id":2,"name":null,"":[]}`, `{"id":1,"id":2}` + "\n{\n", `{"id":"\u0000","name":"a\r\nb"}` + "\n[1]\n{\"id\":\"x\"} y"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { fuzzDoor(t, append([]byte(`{"id":"0"}`+"\n"), data...)) })
}

func fuzzDoor(t *testing.T, data []byte) {
	file, err := openStream(bytes.NewReader(data), "-", "stdin", Options{})
	if err != nil {
		checkFileError(t, err)
		return
	}
	defer file.Close()
	tab, err := file.Bind(people, peopleSchema)
	if err != nil {
		checkFileError(t, err)
		return
	}
	line := 0
	err = tab.read(func(r *account.Row, x *account.Rejected) error {
		if x != nil {
			checkRejected(t, tab, x)
			r = &account.Row{Line: x.Line}
		} else {
			checkRow(t, tab, r)
		}
		if r.Line <= line {
			t.Fatalf("line %d follows line %d", r.Line, line)
		}
		line = r.Line
		return nil
	})
	if err != nil {
		checkFileError(t, err)
	}
}

// A download ends when nobody waits for it any more.
func TestDownloadIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "id,name\n1,A\n")
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}))
	defer web.Close()
	if _, err := OpenContext(ctx, web.URL+"/x?token=hush", Options{}); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %v", err)
	}
}

func TestShownURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://h/p.csv":               "https://h/p.csv",
		"https://u:hush@h/p.csv?k=hush": "https://h/p.csv?***",
		"https://h/%zz?hush":            "https://***",
	} {
		if got := ShownURL(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

func TestUnusedOptionsAreSaid(t *testing.T) {
	t.Parallel()
	tab, err := bind(t, writeFile(t, "{\"id\":\"1\"}\n"), Options{Delimiter: ';', HeaderFile: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	want := "--delimiter made no difference: the file is lines of JSON objects. --file-header-file made no difference: the file does not come from a web server."
	if got := strings.Join(tab.Notes(), " "); got != want {
		t.Errorf("notes %q", got)
	}
}
