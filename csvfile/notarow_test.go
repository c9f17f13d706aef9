package csvfile

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What stands between rows and is none never becomes a row, and is named for
// what it is.
func TestRecordsThatAreNoRows(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"id,name":                       "the header again",
		"ID,Name":                       "the header again",
		" id , name ":                   "the header again",
		"\"id\",\"name\"":               "the header again",
		"name,id":                       "the header again",
		"id,name,city":                  "the header again",
		"\uFEFFid,name":                 "byte order mark (BOM)",
		"\uFEFF\"id\",\"name\"":         "byte order mark (BOM)",
		"\uFEFF2,b":                     "byte order mark (BOM)",
		"---,---":                       "a rule",
		"-----":                         "a rule",
		"==,":                           "a rule",
		"+----+----+":                   "a rule",
		"(2 rows affected)":             "a count of rows",
		"(2 row(s) affected),":          "a count of rows",
		"2 rows selected.":              "a count of rows",
		"(1 row)":                       "a count of rows",
		"(2 Zeilen betroffen),":         "a count of rows",
		"(2 filas),":                    "a count of rows",
		"2 row(s) retrieved.,":          "a count of rows",
		"\"5 rows in set (0.01 sec)\",": "a count of rows",
		"Total,2":                       "a row of totals",
		"TOTAL:,":                       "a row of totals",
		"Grand Total,17.5":              "a row of totals",
		"Total: 40":                     "a row of totals",
		",Total":                        "a row of totals",
		"Count,40":                      "a row of totals",
		"Summe,40":                      "a row of totals",
		"VARCHAR2,DATETIME2":            "a row of data types",
		"char2,varchar(20)":             "a row of data types",
		"\x1a":                          "control characters only",
		"<EOF>,":                        "a line below the rows",
		"ORA-00942: no such table,":     "a line below the rows",
		"TBD,Tess":                      "a word for no value",
		"\\N,Tess":                      "a word for no value",
		"...,":                          "neither a letter nor a digit",
		"\"[...]\",x":                   "neither a letter nor a digit",
		"\\.,":                          "neither a letter nor a digit",
		"<<<<<<< HEAD,":                 "resolve the conflict",
		">>>>>>> hr/november,":          "resolve the conflict",
		"-----END PGP SIGNATURE-----,":  "a line of a signature",
		"--- a/people.csv,":             "a line of a diff",
		"\"@@ -1,3 +1,4 @@\",":          "a line of a diff",
		"</table>,":                     "a line of HTML or XML",
		"<tr><td>2</td></tr>,":          "a line of HTML or XML",
		"Итого,2":                       "a row of totals",
		"合計,2":                          "a row of totals",
		"# end of file":                 "--comment '#'",
		"#2,b":                          "--comment '#'",
		"# say \"hi\",b":                "--comment '#'",
	} {
		rows, rejected := readAll(t, table(t, "id,name\n1,a\n"+record+"\n3,c\n", Options{}))
		said := ""
		for _, r := range rejected {
			said = r.Reason
		}
		for _, r := range rows {
			if r.Line == 3 { // which can only be found equal to a live account
				said = r.Invalid
			}
		}
		if len(rows)+len(rejected) != 3 || !strings.Contains(said, want) {
			t.Errorf("%s: %d rows, %q, want %s", record, len(rows), said, want)
		}
	}
}

// What looks a little like one of those and is a row stays one.
func TestRowsThatLookOdd(t *testing.T) {
	t.Parallel()
	for _, record := range []string{"total,Total Recall", "sum,", "id7,name", "idris,Idris", "-1,a", "2 rows,of seats", "name,Jo", "(2),b", "--1,a", "test,Tess", "unknowns,a", "TBD1,a", "ORA-942,Orla", "user2,Uma", "count,Dracula", "page,x", "end of days,", "created,", "Exported Eddie,", "tot,1", "totality,"} {
		rows, rejected := readAll(t, table(t, "id,name\n"+record+"\n", Options{}))
		if len(rows) != 1 || len(rejected) != 0 || rows[0].Invalid != "" {
			t.Errorf("%s: %+v %+v", record, rows, rejected)
		}
	}
}

// A value in front of the key may begin as a line of another program does.
func TestRowsThatBeginWithMarkup(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"<p>Contractor</p>", "<vacant>", "--- a/b", "@@ -1", "<<<<<<< HEAD"} {
		rows, rejected := readAll(t, table(t, "name,id\n"+first+",jo.smith\n", Options{}))
		if len(rows) != 1 || len(rejected) != 0 || rows[0].Key != "jo.smith" || rows[0].Invalid != "" {
			t.Errorf("%s: %+v %+v", first, rows, rejected)
		}
		for _, end := range []string{"", ","} {
			rows, rejected = readAll(t, table(t, "name,id\n"+first+end+"\n", Options{}))
			if len(rows) != 0 || len(rejected) != 1 || !strings.Contains(rejected[0].Reason, "this is ") {
				t.Errorf("%s%s: %+v %+v", first, end, rows, rejected)
			}
		}
	}
}

func TestRowsOfEmptyCellsArePassedOver(t *testing.T) {
	t.Parallel()
	tab := table(t, "id,name,,\n1,a,,\n,,,\n \u00a0, ,,\n2,b,,\n,\n", Options{})
	rows, rejected := readAll(t, tab)
	if len(rows) != 2 || len(rejected) != 0 {
		t.Errorf("%d rows, rejected %+v", len(rows), rejected)
	}
	want := []string{"3 rows of empty cells only were passed over.", "2 columns without a name were passed over: all their cells are empty."}
	if d := cmp.Diff(want, tab.Notes()); d != "" {
		t.Error(d)
	}
}

// Empty cells at the end of a row that belong to no column say nothing.
func TestRowsWithOtherEmptyCellsAtTheirEnd(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"id,name\n1,a,\n2,b, ,\n", "id,name,,\n1,a\n2,b,\n"} {
		tab := table(t, content, Options{})
		rows, rejected := readAll(t, tab)
		if len(rows) != 2 || len(rejected) != 0 || !strings.Contains(tab.Notes()[0], "2 rows have more or fewer empty cells") {
			t.Errorf("%q: %+v, rejected %+v, %q", content, rows, rejected, tab.Notes())
		}
		for _, r := range rows {
			cells, err := tab.RecordAt(r.Offset)
			if again, err := tab.RowAt(r.Offset); err != nil || again.Key != r.Key {
				t.Errorf("%q: %+v, %v", content, again, err)
			}
			if err != nil || len(cells) != len(tab.Header()) {
				t.Errorf("%q: %q, %v", content, cells, err)
			}
		}
	}
	if _, rejected := readAll(t, table(t, "id,name\n1,a,x\n2\n", Options{})); len(rejected) != 2 {
		t.Errorf("%+v", rejected)
	}
}

func TestColumnWithoutANameThatHoldsSomething(t *testing.T) {
	t.Parallel()
	err := table(t, "id,name,\n1,a,\n2,b,x\n", Options{}).read(func(*account.Row, *account.Rejected) error { return nil })
	var fe *FileError
	if !errors.As(err, &fe) || fe.Line != 1 || !strings.Contains(fe.Msg, "header cell 3 is empty, and line 3") {
		t.Error(err)
	}
}

// Lines before the header are passed over where they are known, and named where
// they are not, with the flag that helps.
func TestPreamble(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content   string
		opt       Options
		msg, hint string // of the error; "" where there is none
	}{
		"sep":              {"sep=;\r\nid;name\r\n1;a\r\n", Options{}, "", ""},
		"sep of the other": {"sep=|\nid|name,x\n", Options{Map: map[string]string{"name,x": "name"}}, "", ""},
		"sep, quoted":      {"\"sep=,\"\r\nid,name\r\n1,a\r\n", Options{}, "", ""},
		"SEP, tab":         {"\uFEFFSEP=\t\nid\tname\n1\ta\n", Options{}, "", ""},
		"sep, filled up":   {"sep=,,\nid,name\n1,a\n", Options{}, "", ""},
		"two marks":        {"\uFEFF\uFEFFid,name\n1,a\n", Options{}, "", ""},
		"comments":         {"# a\n\n# \"b\nid,name\n1,a\n", Options{Comment: "#"}, "", ""},
		"skipped":          {"a\nb \"c\n\nid,name\n1,a\n", Options{SkipLines: 3}, "", ""},
		"skipped and sep":  {"Report\nsep=;\nid;name\n1;a\n", Options{SkipLines: 1}, "", ""},
		"comment":          {"# a\nid,name\n1,a\n", Options{}, "line 1 is a comment, not the header, which is line 2", "--comment '#'"},
		"comment, quotes":  {"# \"a\" b\nid,name\n1,a\n", Options{}, "line 1 is a comment, not the header", "--comment '#'"},
		"comment, title":   {"# a\nReport\nid,name\n1,a\n", Options{}, "line 1 is a comment", "--skip-lines 2"},
		"type":             {"#TYPE System.X\n\"id\",\"name\"\n\"1\",\"a\"\n", Options{}, "line 1 is the #TYPE line", "--skip-lines 1"},
		"version":          {"version:v1.0,,\nid,name\n1,a\n", Options{}, "line 1 is a line that names a version, not the header, which is line 2", "--skip-lines 1"},
		"title":            {"Staff of 2026\n\nid;name\n1;a\n", Options{}, "line 1 is not the header, which is line 3", "--skip-lines 2"},
		"title and map":    {"Staff of 2026\nid;Name\n1;a\n", Options{Map: map[string]string{"Name": "name"}}, "line 1 is not the header, which is line 2", "--skip-lines 1"},
		"empty cells":      {",,\nid,name,\n1,a,\n", Options{}, "line 1 is not the header, which is line 2", "--skip-lines 1"},
		"header with #":    {"#id,name\n1,a\n", Options{}, `column "#id" is not in the schema`, "--map '#id=id'"},
		"other delimiter":  {"sep=;\nid,name\n1,a\n", Options{}, "the header is one cell: ',' stands between its names, not ';'", "--delimiter ,"},
		"quoted lines":     {"\"id,name\"\n\"1,a\"\n", Options{}, "the line is quoted as a whole", "quotes"},
		"names, trimmed":   {" id , name\n1,a\n", Options{Trim: true}, "", ""},
		"skipped too far":  {"id,name\n1,a\n", Options{SkipLines: 5}, "has no header after the 5 lines", "--skip-lines"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab, err := bind(t, writeFile(t, tt.content), tt.opt)
			if tt.msg == "" {
				if err != nil {
					t.Fatal(err)
				}
				rows, rejected := readAll(t, tab)
				if lines := strings.Count(tt.content, "\n"); len(rejected) != 0 || len(rows) != strings.Count(tt.content, "1") || len(rows) > 0 && rows[0].Line != lines {
					t.Errorf("rows %+v, rejected %+v", rows, rejected)
				}
				for _, r := range rows {
					if again, err := tab.RowAt(r.Offset); err != nil || again.Key != r.Key || again.Line != r.Line {
						t.Errorf("RowAt: %+v, %v", again, err)
					}
				}
				return
			}
			var fe *FileError
			if !errors.As(err, &fe) || !strings.Contains(fe.Msg, tt.msg) || !strings.Contains(fe.Hint, tt.hint) {
				t.Errorf("got %v (%+v)", err, fe)
			}
		})
	}
}

func TestLinesAfterComments(t *testing.T) {
	t.Parallel()
	tab := table(t, "# a\nid,name\n\n# b\n1,a\n# c \"d\n#\n2,\"b\nb\"\n# e\n3,c", Options{Comment: "#"})
	rows, rejected := readAll(t, tab)
	if len(rejected) != 0 || len(rows) != 3 {
		t.Fatalf("%+v %+v", rows, rejected)
	}
	for i, line := range []int{5, 8, 11} {
		again, err := tab.RowAt(rows[i].Offset)
		if rows[i].Line != line || err != nil || again.Line != line {
			t.Errorf("row %d is on line %d, read again on %d (%v), want %d", i+1, rows[i].Line, again.Line, err, line)
		}
	}
	if rows, rejected := readAll(t, table(t, "id,name\n#1,a\n", Options{Comment: NoComment})); len(rows) != 1 || len(rejected) != 0 {
		t.Errorf("%+v %+v", rows, rejected)
	}
}

func TestTidiedCells(t *testing.T) {
	t.Parallel()
	tab := table(t, "id,name,badge,groups\n 7 ,\u00a0Rosa ,NULL,a; b ;;c\n00042,N/A,3,\n\uFEFF12345,x,4,\n", Options{Trim: true, Null: []string{"NULL", "N/A"}, KeyWidth: 4})
	rows, rejected := readAll(t, tab)
	if len(rejected) != 0 || len(rows) != 3 {
		t.Fatalf("%+v %+v", rows, rejected)
	}
	for i, want := range []string{"0007|Rosa||a; b ;;c", "00042||3|", "12345|x|4|"} {
		if got := rows[i].Key + "|" + strings.Join(rows[i].Cells, "|"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if again, err := tab.RowAt(rows[i].Offset); err != nil || cmp.Diff(rows[i].Cells, again.Cells) != "" || again.Key != rows[i].Key {
			t.Errorf("read again: %+v, %v", again, err)
		}
	}
	groups := tab.Columns()[2]
	if d := cmp.Diff([]string{"a", "b", "c"}, groups.AppendTexts(nil, "a; b ;;c")); d != "" {
		t.Error(d)
	}
}

// The first look at a record never hides a line that is none.
func TestFirstLookHidesNothing(t *testing.T) {
	t.Parallel()
	pieces := []string{"", " ", "*** ", "(", "12", "12 ", " rows", "rows affected", ")", "End", "END of", " report", "Page 3 of 7", "generated on ", "é", "\ufeff", "en", "d of file", "ada", "Completion time: 5"}
	rapid.Check(t, func(t *rapid.T) {
		var record []string
		for range rapid.IntRange(1, 4).Draw(t, "cells") {
			record = append(record, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 3).Draw(t, "cell"), ""))
		}
		text := onlyText(record)
		spaced := strings.IndexByte(text, ' ') > 0
		if want := isFooterText(text); isFooter(record) != want {
			t.Fatalf("%q: footer %v, want %v", record, !want, want)
		}
		if want := spaced && rowCount().MatchString(text); isRowCount(record) != want {
			t.Fatalf("%q: count of rows %v, want %v", record, !want, want)
		}
	})
	tab := table(t, "id,name\n", Options{})
	words := slices.Concat(noKeys, footerWords, totalWords, countWords, pieces, []string{"varchar2", "DATETIME2", "nvarchar2", "varchar(20)", "int", "number", "id", "name", "NULL", `\N`, "#N/A", "0000-00-00", "--", "0x1A", "\x1a", "\x00", "\x0c", "\x04",
		"ORA-942", "Msg 208", "error: x", "Elapsed:01", "<eof>", "(blank)", "SQL>", "*** ", "===", "│", "\u00a0", "\t", "7", "a1"})
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 2).Draw(t, "words"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		})
		record := []string{word.Draw(t, "key"), word.Draw(t, "name")}
		if why := tab.notARow(record); why != "" && record[tab.key.at] != "" && !tab.mayBeNoRow(record) {
			t.Fatalf("%q is not looked at: %s", record, why)
		}
	})
}
