package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
)

// csvCase is a desired-state file as people have it, and what is right.
type csvCase struct {
	file   string   // below testdata/cases
	text   string   // what the file holds, where only the live accounts lie there
	args   []string // beside --source and --file
	plan   int      // exit status
	sync   int
	says   []string // of the plan: each stands somewhere in what it prints
	silent []string // and none of these does
	writes []string // what the sandbox's own books say sync wrote: "POST 00100"
}

// Files that became accounts nobody wanted, or were refused with a hint that
// could not help.
func TestCSVCases(t *testing.T) {
	t.Parallel()
	for _, c := range csvCases {
		t.Run(strings.ReplaceAll(strings.Join(append([]string{c.file}, c.args...), " "), "/", " "), func(t *testing.T) {
			t.Parallel()
			box := newCaseBox(t, filepath.Dir(c.file))
			file := c.path(t, box)
			code, printed := box.run(t, append([]string{"plan", "--source", "Flat", "--file", file}, c.args...))
			if code != c.plan {
				t.Errorf("plan: exit status %d, want %d\n%s", code, c.plan, printed)
			}
			for _, want := range c.says {
				if !strings.Contains(printed, want) {
					t.Errorf("plan does not say %q:\n%s", want, printed)
				}
			}
			for _, never := range c.silent {
				if strings.Contains(printed, never) {
					t.Errorf("plan says %q:\n%s", never, printed)
				}
			}
			code, printed = box.run(t, append([]string{"sync", "--source", "Flat", "--file", file}, c.args...))
			if code != c.sync {
				t.Errorf("sync: exit status %d, want %d\n%s", code, c.sync, printed)
			}
			if got := box.written(); !slices.Equal(got, c.writes) {
				t.Errorf("written: %q, want %q\n%s", got, c.writes, printed)
			}
		})
	}
}

// path is where the case's file lies.
func (c csvCase) path(t *testing.T, box *caseBox) string {
	t.Helper()
	if c.text == "" {
		return filepath.Join("testdata", "cases", c.file)
	}
	path := filepath.Join(box.dir, filepath.Base(c.file))
	if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// caseBox is a sandbox that holds a case's live accounts.
type caseBox struct {
	*httptest.Server
	box *sandbox.Server
	dir string
}

func newCaseBox(t *testing.T, name string) *caseBox {
	t.Helper()
	box := sandbox.New(caseSeed(t, filepath.Join("testdata", "cases", name, "live.json")))
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	return &caseBox{Server: server, box: box, dir: t.TempDir()}
}

// caseSeed reads a case's live accounts as a seed.
func caseSeed(t *testing.T, path string) *sandbox.Seed {
	t.Helper()
	var live struct {
		Sources []struct {
			ID, Name, Type, ConnectionType      string
			IdentityAttribute, DisplayAttribute string
			DeleteThreshold                     int
			Attributes                          []struct {
				Name, Type string
				IsMulti    any // as sources say it: true, or 1
			}
		}
		Accounts []struct {
			SourceID   string
			Attributes sandbox.Attributes
		}
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &live, json.MatchCaseInsensitiveNames(true))
	}
	if err != nil {
		t.Fatal(err)
	}
	seed := &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "mine"}},
		Rate: &sandbox.Rate{Kind: sandbox.RateOff}, TaskDelay: sandbox.Duration(time.Millisecond)}
	for _, s := range live.Sources {
		source := sandbox.SourceSeed{ID: s.ID, Name: s.Name, Type: s.Type, ConnectionType: s.ConnectionType, DeleteThreshold: s.DeleteThreshold,
			Schema: sandbox.SchemaSeed{IdentityAttribute: s.IdentityAttribute, DisplayAttribute: s.DisplayAttribute}}
		for _, a := range s.Attributes {
			multi := a.IsMulti == true || a.IsMulti == 1.0
			source.Schema.Attributes = append(source.Schema.Attributes, sandbox.AttributeSeed{Name: a.Name, Type: a.Type, IsMulti: multi})
		}
		for _, a := range live.Accounts {
			if a.SourceID == s.ID {
				source.Accounts = append(source.Accounts, sandbox.AccountSeed{Attributes: a.Attributes})
			}
		}
		seed.Sources = append(seed.Sources, source)
	}
	return seed
}

// run runs the program in this process.
func (b *caseBox) run(t *testing.T, args []string) (code int, printed string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	environ := []string{"HOME=" + b.dir, "SAIL_BASE_URL=" + b.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=mine"}
	code = run(t.Context(), environ, append(args, "--out", b.dir), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String() + stderr.String()
}

// written is what the sandbox's own books say was written.
func (b *caseBox) written() (writes []string) {
	for _, w := range b.box.Writes() {
		method, _, _ := strings.Cut(w.Operation, " ")
		writes = append(writes, method+" "+w.NativeIdentity)
	}
	slices.Sort(writes)
	return writes
}

var csvCases = []csvCase{
	{file: "10-header-again/joined-once.csv", plan: 3, sync: 3,
		says: []string{"rejected id, line 4: this is the header again"}},
	{file: "10-header-again/joined-nobom.csv", plan: 3, sync: 3,
		says:   []string{"line 4: this is the header again", "line 6: this is the header again"},
		silent: []string{"duplicate key"}},
	{file: "13-comment-lines/comments.csv", plan: 3, sync: 3,
		says: []string{"line 2: the row begins with #", "#00101, line 4: the row begins with #", "line 6: the row begins with #", "--comment '#'"}},
	{file: "13-comment-lines/comments.csv", args: []string{"--comment", "#"}, says: []string{"2 unchanged, 0 rejected"}},
	{file: "13-comment-lines/comments-first.csv", plan: 65, sync: 65,
		says: []string{"line 1 is a comment, not the header, which is line 2", "--comment '#'"}},
	{file: "13-comment-lines/comments-first.csv", args: []string{"--comment", "#"}, says: []string{"1 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/sep.csv", says: []string{"2 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/sepcomma.csv", says: []string{"2 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/sepquoted.csv", says: []string{"1 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/type.csv", plan: 65, sync: 65, says: []string{"line 1 is the #TYPE line that PowerShell's Export-Csv writes", "--skip-lines 1"}},
	{file: "18-preamble-lines/type.csv", args: []string{"--skip-lines", "1"}, says: []string{"2 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/version.csv", plan: 65, sync: 65, says: []string{"line 1 is a line that names a version", "--skip-lines 1"}},
	{file: "18-preamble-lines/version.csv", args: []string{"--skip-lines", "1"}, says: []string{"2 unchanged, 0 rejected"}},
	{file: "18-preamble-lines/version1.csv", plan: 65, sync: 65, says: []string{"line 1 is a line that names a version", "--skip-lines 1"}},
	{file: "18-preamble-lines/version1.csv", args: []string{"--skip-lines", "1"}, says: []string{"2 unchanged, 0 rejected"}},
	{file: "23-blank-columns-and-rows/blank.csv", says: []string{"2 unchanged, 0 rejected", "3 rows of empty cells only were passed over"}},
	{file: "23-blank-columns-and-rows/blankcols.csv", says: []string{"2 unchanged, 0 rejected", "2 columns without a name were passed over"}},
	{file: "23-blank-columns-and-rows/trailcomma.csv", says: []string{"2 unchanged, 0 rejected", "1 column without a name was passed over"}},
	{file: "09-multi-cell-other-separator/comma-groups.csv", plan: 3, sync: 3,
		says: []string{`N01, line 2: column "groups" holds the values that the account has, written in another way: use --separator ,`, "2 unchanged, 2 rejected"}},
	{file: "09-multi-cell-other-separator/comma-groups.csv", args: []string{"--separator", ","}, says: []string{"4 unchanged, 0 rejected"}},
	{file: "14-zeros-lost/zeros.csv", plan: 4, sync: 4,
		says:   []string{"40 keys differ from live ones in leading zeros only", `"100", which is like "00100"`, "format the column as text, or use --key-width 5", "--allow-lookalikes 40"},
		silent: []string{"--allow-empty"}},
	{file: "14-zeros-lost/zeros.csv", args: []string{"--key-width", "5"}, says: []string{"40 unchanged, 0 rejected"}},
	{file: "14-zeros-lost/zeros.csv", args: []string{"--allow-lookalikes", "39"}, plan: 4, sync: 4},
	{file: "16-spreadsheet-keys/apos.csv", plan: 4, sync: 4, says: []string{`2 keys differ from live ones in quotes only ("'00100", which is like "00100"`}},
	{file: "16-spreadsheet-keys/eqtext.csv", plan: 4, sync: 4, says: []string{`2 keys differ from live ones in ="..." around them only`}},
	{file: "16-spreadsheet-keys/float.csv", plan: 4, sync: 4, says: []string{"2 keys differ from live ones in a decimal point only"}},
	{file: "16-spreadsheet-keys/float.csv", args: []string{"--allow-lookalikes", "2"}, says: []string{"2 to create"}, writes: []string{"POST 100.0", "POST 101.0"}},
	{file: "20-rows-of-one-key-no-hint/one-value-a-row.csv", plan: 4, sync: 4,
		says:   []string{"3 rows of 1 key differ only in columns that hold several values (crew): use --merge-rows to join them"},
		silent: []string{"--allow-empty"}},
	{file: "20-rows-of-one-key-no-hint/one-value-a-row.csv", args: []string{"--merge-rows"}, says: []string{"1 unchanged, 0 rejected"}},
	{file: "odd/cut.csv", text: "id,name\n123456789012346000,Big\n123456789012345000,Big\n", plan: 4, sync: 4, says: []string{"2 keys differ from live ones in digits after the 15th"}},
	{file: "odd/alphabet.csv", text: "id,name\n\u0422ITUS,Ti\n", plan: 4, sync: 4, says: []string{`"<U+0422>ITUS", which is like "TITUS"`, "letters of another alphabet"}},
	{file: "odd/points.csv", text: "id,name\n123.456.789.012.345.678,Big\n", plan: 4, sync: 4, says: []string{"commas or points between thousands only"}},
	{file: "odd/html.csv", text: "id,name\no&#39;neil,x\n", plan: 4, sync: 4, says: []string{"escapes of HTML only"}},
	{file: "odd/mojibake.csv", text: "id,name\njÃ¼rgen,x\n", plan: 4, sync: 4, says: []string{"letters that were read in another encoding only"}},
	{file: "odd/question.csv", text: "id,name\nj?rgen,x\n", plan: 4, sync: 4, says: []string{`"j?rgen", which is like "jürgen"`, "letters that another encoding lost only"}},
	{file: "odd/replaced.csv", text: "id,name\nj\uFFFD\uFFFDrgen,x\n", plan: 4, sync: 4, says: []string{"letters that another encoding lost only"}},
	{file: "odd/otherquestion.csv", text: "id,name\nwho?,x\n", says: []string{"1 to create"}, writes: []string{"POST who?"}},
	{file: "odd/json.csv", text: "id,groups\n00100,\"[\"\"VPN\"\",\"\"Wiki\"\"]\"\n00101,[VPN]\n", plan: 4, sync: 4, says: []string{`column "groups" holds the values that the account has, with other characters around them: write them with ';' between them`}},
	{file: "odd/array.csv", text: "id,groups\n00100,\"{VPN,Wiki}\"\n", plan: 4, sync: 4, says: []string{"with other characters around them"}},
	{file: "odd/sharepoint.csv", text: "id,groups\n00100,VPN;#Wiki\n", plan: 4, sync: 4, says: []string{"with other characters around them"}},
	{file: "odd/break.csv", text: "id,groups\n00100,VPN<br/>Wiki\n", plan: 4, sync: 4, says: []string{"with other characters around them"}},
	{file: "odd/renamed.csv", text: "id,groups\n00101,VPN-2\n", says: []string{"1 to update"}, writes: []string{"PUT 00101"}},
	{file: "odd/quote.csv", text: "id,name\no'neil,O’Neil\n", says: []string{"1 cell differs from the live values in quotes only (name, line 2): U+2019 where the account has U+0027"}, writes: []string{"PUT o'neil"}},
	{file: "odd/setform.csv", text: "id,groups\njürgen,Ma\u200Bil\n", says: []string{"characters that nobody sees only (groups, line 2)"}, writes: []string{"PUT jürgen"}},
	{file: "odd/dates.csv", text: "id,hired\n00100,05.03.2024\n00101,06.04.2024\n", plan: 4, sync: 4,
		says: []string{"line 2: column \"hired\" is not a DATE", "(--date-format dd.MM.yyyy reads it)", "2 cells are none of the type DATE (hired, lines 2, 3): --date-format dd.MM.yyyy reads all of them"}},
	{file: "odd/dates.csv", text: "id,hired\n00100,05.03.2024\n00101,06.04.2024\n", args: []string{"--date-format", "dd.MM.yyyy"}, says: []string{"Plan: nothing to do; 2 ", ", 0 rejected"}},
	{file: "odd/newdates.csv", text: "id,hired\n00100,05.03.2025\n", args: []string{"--date-format", "dd.MM.yyyy"}, says: []string{`"2024-03-05" -> "2025-03-05"`}, writes: []string{"PUT 00100"}},
	{file: "odd/usdates.csv", text: "id,hired\n00100,03/05/2024\n00101,04/06/2024\n", plan: 4, sync: 4, says: []string{"rejected 00100, line 2: column \"hired\" is not a DATE: write 2026-01-31, 2026-01-31T08:00:00Z or epoch milliseconds (which of day and month comes first is not known: name the form with --date-format LAYOUT, and dd/MM/yyyy or MM/dd/yyyy as LAYOUT)",
		"2 cells are none of the type DATE (hired, lines 2, 3): which of day and month comes first is not known: use --date-format dd/MM/yyyy or --date-format MM/dd/yyyy"}, silent: []string{"reads it", "reads all"}},
	{file: "odd/usdates2.csv", text: "id,hired\n00100,03/05/2024\n00101,04/16/2024\n", plan: 4, sync: 4, says: []string{"--date-format MM/dd/yyyy reads all of them"}},
	{file: "odd/serial.csv", text: "id,hired\n00100,45356\n00101,45388\n", plan: 4, sync: 4, says: []string{"--date-format excel reads all of them"}},
	{file: "odd/serial.csv", text: "id,hired\n00100,45356\n00101,45388\n", args: []string{"--date-format", "excel"}, says: []string{"Plan: nothing to do; 2 ", ", 0 rejected"}},
	{file: "odd/two.csv", text: "id,groups,groups.1\n00100,VPN,Wiki\n", plan: 65, sync: 65, says: []string{"use --ignore groups.1"}, silent: []string{"--map groups.1=groups"}},
	{file: "odd/yes.csv", text: "id,active\n00100,yes\n00101,1\n00102,no\n", plan: 4, sync: 4, says: []string{"line 2: column \"active\" is not a BOOLEAN: true or false (write true for yes and false for no)",
		"3 cells are none of the type BOOLEAN (active, lines 2, 3, 4): write true for 1 and false for 0; write true for yes and false for no."}},
	{file: "odd/dash.csv", text: "id,city,groups\n00102,Malmö,-\n", says: []string{"1 cell holds a word for no value where the account holds none (groups, line 2): to read such cells as empty, use --null -"}, writes: []string{"PUT 00102"}},
	{file: "odd/report.csv", text: "id,name,groups\n00100,Ada,VPN\n,,Wiki\n,,Mail\n00101,Bo,Mail\n", plan: 3, sync: 3, writes: []string{"PUT 00101"},
		says: []string{"rejected 00100, line 2: line 3, which has no key, seems to continue the row", "line 4: the key (column \"id\") is empty; it seems to continue line 2: write the key here too, and use --merge-rows",
			"2 rejected rows have no key and seem to continue the row above them"}},
	{file: "odd/reportmerged.csv", text: "id,name,groups\n00100,Ada,VPN\n,,Wiki\n00100,,Mail\n", args: []string{"--merge-rows"}, plan: 4, sync: 4, says: []string{"line 3, which has no key, seems to continue the row"}},
	{file: "odd/repeated.csv", text: "id,name,groups\n00100,Ada,VPN\n,Ada,Wiki\n", plan: 4, sync: 4, says: []string{"00100, line 2: line 3, which has no key, seems to continue the row"}},
	{file: "odd/filled.csv", text: "id,name,groups\n00100,Ada,VPN\n00100,Ada,Wiki\n", args: []string{"--merge-rows"}, says: []string{"1 unchanged, 0 rejected"}},
	{file: "odd/nokey.csv", text: "id,name,groups\n00100,Ada,VPN\n,Zoe,Wiki\n", plan: 3, sync: 3, writes: []string{"PUT 00100"}, silent: []string{"continue"}},
	{file: "odd/tail.csv", text: "id,groups,name\n00101,VPN,Bo\n00100,VPN;Wiki,Ada\nLovelace\n", plan: 3, sync: 3,
		says: []string{"rejected 00100, line 3: line 4 looks like the rest of its last cell: put a cell with line ends into quotes", "1 unchanged, 2 rejected"}},
	{file: "odd/tailquote.csv", text: "id,groups,name\n00100,VPN,Ada\nLovelace\"\n00101,VPN,Bo\n", plan: 3, sync: 3, says: []string{"rejected 00100, line 2: line 3 looks like the rest of its last cell"}},
	{file: "odd/short.csv", text: "id,groups,name\n00100,VPN,Ada\n00101,VPN\n", plan: 3, sync: 3, writes: []string{"PUT 00100"}, silent: []string{"the rest of"}},
	{file: "odd/count.csv", text: "id,name,groups\n00100,Ada,VPN\n(1 rows affected)\n", plan: 3, sync: 3, writes: []string{"PUT 00100"}, silent: []string{"the rest of"}},
	{file: "odd/swallowed.csv", text: "id,groups,name\n00100,VPN,\"Ada\n00101,VPN,Bo\"\n00102,,Cy\n", plan: 3, sync: 3,
		says: []string{"rejected 00100, line 2: a quoted cell goes on to line 3, which looks like a row: a quote is not closed"}},
	{file: "odd/lines.csv", text: "id,groups,name\n00101,VPN,\"Bo,\n\tthe second, of Oslo\"\n", says: []string{"1 to update"}, writes: []string{"PUT 00101"}},
	{file: "odd/oldmac.csv", text: "id,name\r00100,Ada\r", plan: 65, sync: 65, says: []string{"the lines end in a lone CR", "convert the line ends: tr '\\r' '\\n'"}},
	{file: "odd/ctrlz.csv", text: "id,name,city\n00100,Ada,Oslo\n\x1a", plan: 3, sync: 3, says: []string{"1 unchanged, 1 rejected", "Ctrl-Z (0x1A)"}},
	{file: "odd/nultail.csv", text: "id,name,city\n00100,Ada,Oslo\n\x00\x00", plan: 3, sync: 3, says: []string{"1 unchanged, 1 rejected", "control characters only"}},
	{file: "odd/spaces.csv", text: "id, name, city\n00100, Ada, Oslo\n", plan: 65, sync: 65, says: []string{"hint: use --trim"}},
	{file: "odd/spaces.csv", text: "id, name, city\n00100, Ada, Oslo\n", args: []string{"--trim"}, says: []string{"1 unchanged, 0 rejected"}},
	{file: "odd/bomwithin.csv", text: "id,name,city\n00100,Ada,Oslo\n\uFEFF00101,Bo,Łódź\n", plan: 3, sync: 3, says: []string{"line 3: a byte order mark (BOM) stands before the row"}},
	{file: "odd/twice.csv", text: "id,name,city\n00102,Cy,MalmÃ¶\n", says: []string{"another encoding"}, writes: []string{"PUT 00102"}},
	{file: "odd/types.csv", text: "id,name,city\nvarchar(10),varchar(50),text\n00100,Ada,Oslo\n", plan: 3, sync: 3, says: []string{"a row of data types", "1 unchanged, 1 rejected"}},
	{file: "odd/nullkey.csv", text: "id,name,city\nNULL,Zed,Oslo\nN/A,Yo,Oslo\n00100,Ada,Oslo\n", plan: 3, sync: 3, says: []string{"is a word for no value, NULL, not an account", "1 unchanged, 2 rejected"}},
	{file: "odd/trailer.csv", text: "id,name,city\n00100,Ada,Oslo\nT,1,\nTRL,1,\n", plan: 3, sync: 3, says: []string{"a row of totals", "1 unchanged, 2 rejected"}},
	{file: "odd/below.csv", text: "id,name,city\n00100,Ada,Oslo\n<EOF>,,\nNo more rows,,\nORA-00942: no table,,\nMsg 208,,\nWarning: nulls,,\n(blank),,\nGesamtergebnis,,2\n", plan: 3, sync: 3, says: []string{"1 unchanged, 7 rejected"}},
	{file: "odd/sqlplus.csv", text: "id,name,city\n00100,Ada,Oslo\n1 rows selected.\n\nElapsed: 00:00:00.01\nSQL> spool off\n", plan: 3, sync: 3, says: []string{"1 unchanged, 3 rejected"}, silent: []string{"the rest of"}},
	{file: "odd/wholequotes.csv", text: "\"id;\"\"name\"\"\"\n\"00100;\"\"Ada\"\"\"\n", args: []string{"--delimiter", ";"}, plan: 65, sync: 65, says: []string{"the line is quoted as a whole"}},
	{file: "odd/smartquotes.csv", text: "id,name,city\n“00100”,“Ada”,“Oslo”\n", plan: 4, sync: 4, says: []string{"in quotes only"}},
	{file: "odd/percent.csv", text: "id,badge\n00100,40%\n00101,$7\n", plan: 4, sync: 4, says: []string{"digits only, with an optional sign (write the digits without the percent sign)", "2 cells are none of the type LONG (badge, lines 2, 3): write the digits without the currency; write the digits without the percent sign."}},
	{file: "odd/t.csv", text: "id,name,city\nT,Tom,Oslo\nBlank,Bob,Oslo\nEnd,Eve,Oslo\nText,Tex,Oslo\n", says: []string{"4 to create"}, writes: []string{"POST Blank", "POST End", "POST T", "POST Text"}},
	{file: "odd/maybe.csv", text: "id,active\n00100,maybe\n00101,perhaps\n", plan: 4, sync: 4, says: []string{"2 cells are none of the type BOOLEAN (active, lines 2, 3): write true or false."}},
	{file: "odd/koi8.csv", text: "id,name\n00100,\xe9\xd7\xc1\xce\xcf\xd7\n", plan: 4, sync: 4, says: []string{"name the encoding with --encoding, such as windows-1251 or shift_jis"}, silent: []string{"windows-1252"}},
	{file: "odd/shiftjis.csv", text: "id,name\n00100,\x93c\x92\x86\x91\xbe\x98Y\n", plan: 4, sync: 4, says: []string{"name the encoding with --encoding"}},
	{file: "odd/spread.csv", text: "id,groups.0,groups.1\n00100,VPN,Wiki\n", plan: 65, sync: 65, says: []string{`hint: join the columns "groups.0", "groups.1" into one, "groups", with ; between the values`}},
	{file: "odd/lfs.csv", text: "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 120\n", plan: 65, sync: 65, says: []string{"this is what Git LFS keeps in place of a file", "git lfs pull"}},
	{file: "odd/conflict.csv", text: "id,name\n<<<<<<< HEAD\n00100,Ada\n=======\n00100,Ada L\n>>>>>>> hr\n", plan: 4, sync: 4, says: []string{"resolve the conflict", "duplicate key"}},
	{file: "odd/powershell.csv", text: "id,groups\n00100,System.Object[]\n", plan: 4, sync: 4, says: []string{"holds the name of a type, System.Object[], in place of the values"}},
	{file: "odd/footer.csv", text: "id,name\n00100,Ada\nErstellt am 30.11.2026,\n", plan: 3, sync: 3, says: []string{"no key as this source has them"}},
	{file: "odd/otherdigits.csv", text: "id,name\n٠٠١٠٠,Ada\n", plan: 4, sync: 4, says: []string{"digits of another script only"}},
	{file: "odd/upper.csv", text: "id,active\n00100,TRUE\n00101,True\n", says: []string{"2 unchanged, 0 rejected"}},
	{file: "odd/numbers.csv", text: "id,badge\n00100,\"1,234,567\"\n00101,1.5\n00102,1.23E+05\nTITUS,forty\n", plan: 4, sync: 4,
		says: []string{"write a whole number without a decimal point; write all digits, format the column as text where the file is made; write the digits without anything between them."}},
	{file: "odd/words.csv", text: "id,badge\n00100,forty\n00101,two\n", plan: 4, sync: 4, says: []string{"2 cells are none of the type LONG (badge, lines 2, 3): write digits alone."}},
	{file: "odd/shortmonth.csv", text: "id,hired\n00100,5-Mar-24\n00101,16-Apr-24\n", plan: 4, sync: 4, says: []string{"(--date-format d-MMM-yy reads it)", "--date-format d-MMM-yy reads all of them"}},
	{file: "odd/longmonth.csv", text: "id,hired\n00100,\"March 5, 2024\"\n00101,\"May 6, 2024\"\n", plan: 4, sync: 4, says: []string{"--date-format 'MMMM d, yyyy' reads all of them"}, silent: []string{"not known"}},
	{file: "odd/longmonth.csv", text: "id,hired\n00100,\"March 5, 2024\"\n00101,\"April 6, 2024\"\n", args: []string{"--date-format", "MMMM d, yyyy"}, says: []string{"Plan: nothing to do; 2 ", ", 0 rejected"}},
	{file: "odd/onedigit.csv", text: "id,hired\n00100,05.03.2025\n00101,6.4.2025\n", plan: 4, sync: 4, says: []string{"--date-format d.M.yyyy reads all of them"}},
	{file: "odd/bothways.csv", text: "id,hired\n00100,16/04/2024\n00101,04/16/2024\n", plan: 4, sync: 4, says: []string{"no one form reads all of them: write them as 2026-01-31, or name each form with --date-format LAYOUT"}, silent: []string{"not known"}},
	{file: "odd/someday.csv", text: "id,hired\n00100,5th of March\n", plan: 4, sync: 4, says: []string{"or epoch milliseconds, or name the form with --date-format LAYOUT: dd.MM.yyyy is the LAYOUT of 31.01.2026"}},
	{file: "odd/mysql.csv", text: "+-------+------+\n| id    | name |\n+-------+------+\n| 00100 | Ada  |\n+-------+------+\n1 row in set\n", plan: 65, sync: 65,
		says: []string{"mysql.csv:1: this is a table with lines drawn around it, as mysql shows it, not a CSV file", "mysql --batch"}, silent: []string{"did you mean", "--skip-lines", "--trim"}},
	{file: "odd/greeting.csv", text: "mysql> select id, name from people;\n+-------+------+\n| id    | name |\n+-------+------+\n", plan: 65, sync: 65, says: []string{"greeting.csv:2: this is a table with lines drawn around it"}},
	{file: "odd/light.csv", text: "┌───────┬──────┐\n│  id   │ name │\n├───────┼──────┤\n│ 00100 │ Ada  │\n└───────┴──────┘\n", plan: 65, sync: 65, says: []string{"sqlite3 -csv -header", "duckdb -csv"}},
	{file: "odd/psql.csv", text: "  id   | name \n-------+------\n 00100 | Ada\n(1 row)\n", plan: 65, sync: 65, says: []string{"psql.csv:1: this is a table with lines drawn into it, as psql shows it", "psql --csv"}, silent: []string{"did you mean"}},
	{file: "odd/markdown.csv", text: "| id | name |\n|----|:----:|\n| 00100 | Ada |\n", plan: 65, sync: 65, says: []string{"a table as Markdown has it"}},
	{file: "odd/sqlcmd.csv", text: "id         name       city      \r\n---------- ---------- ----------\r\n00100      Ada        Oslo      \r\n\r\n(1 rows affected)\r\n", plan: 65, sync: 65,
		says: []string{"sqlcmd.csv:1: this is a table with columns of a fixed width, as sqlcmd, SQL*Plus or PowerShell show it", "sqlcmd -s, -W"}, silent: []string{"did you mean", "--map"}},
	{file: "odd/sqlcmdcomma.csv", text: "id,name,city\n--,----,----\n00100,Ada,Oslo\n", plan: 3, sync: 3, says: []string{"line 2: this is a rule, not an account", "1 unchanged, 1 rejected"}},
	{file: "odd/formula.csv", text: "id,name,city\n00101,=\"Bo\",Oslo\n=\"00102\",Cy,Oslo\n00100,Ada,Oslo\n", plan: 3, sync: 3,
		says:   []string{`line 2: ="..." is a formula by which a spreadsheet keeps a cell as text, not its value: write the text alone`, `line 3: ="..." is a formula`, "1 unchanged, 2 rejected"},
		silent: []string{"a quote inside"}},
	{file: "odd/stray.csv", text: "id,name,city\n00101,B=\"o\",Oslo\n", plan: 4, sync: 4, says: []string{"line 2: a quote inside a cell that is not quoted"}},
	{file: "odd/formulas.csv", text: "=\"id\",=\"name\"\n=\"00100\",=\"Ada\"\n", plan: 65, sync: 65, says: []string{`formulas.csv:1: ="..." is a formula`}},
	{file: "odd/nobody.csv", text: "id,name,city\n-,Zed,Oslo\nTBD,Yo,Oslo\nUnknown,Xi,Oslo\nnone,Wu,Oslo\nnil,Vi,Oslo\n?,Uw,Oslo\nTEST,Te,Oslo\n00100,Ada,Oslo\n", plan: 3, sync: 3,
		says: []string{"is a word for no value, -, not an account", "is a word for no value, TBD, not an account", "1 to create", "1 unchanged, 6 rejected"}, writes: []string{"POST TEST"}},
}
