package csvfile

import (
	"errors"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

const severalSources = "sourceId,id,name\n" +
	"s2,1,a\n2c918085,1,b\n,2,no source\ns3,3\n2c918085,2,c\ns2,bad\"quote,x\ns9,4,stranger\ns2,\x00,other's trouble\ns3,5,d\n"

func TestSourcesOfAFile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		opt     Options
		want    []string
	}{
		"no column":         {"id,name\n1,a\n", Options{}, nil},
		"no rows":           {"id,sourceId\n", Options{}, []string{}},
		"one":               {"id,sourceId\n1,s1\n2,s1\n", Options{}, []string{"s1"}},
		"in order":          {severalSources, Options{}, []string{"s2", "2c918085", "s9", "s3"}},
		"mapped":            {"id,Src\n1,s1\n", Options{Map: map[string]string{"Src": "sourceId"}}, []string{"s1"}},
		"rows of no source": {"id,sourceId\n1,2c9180835d2e5168015d32f890ca1581\nid,sourceId\n1,Total\n", Options{}, []string{"2c9180835d2e5168015d32f890ca1581"}},
		"ignored":           {"id,sourceId\n1,s1\n", Options{Ignore: []string{"sourceId"}}, nil},
		"over several rows": {"id,sourceId\n\"1\n,s8\",s1\n\n2,\"s\"\"2\"\n", Options{}, []string{"s1", `s"2`}},
	} {
		f, err := Open(writeFile(t, tt.content), tt.opt)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Sources()
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
		f.Close()
	}
}

func TestSourcesOfAFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	f, err := Open(writeFile(t, "id,sourceId\n1,s1\n2,\"s2\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var fe *FileError
	if _, err := f.Sources(); !errors.As(err, &fe) || fe.Line != 3 {
		t.Error(err)
	}
}

// Rows of the other sources are passed over, with all that is wrong with them;
// what is nobody's, or cannot be told, is rejected.
func TestRowsOfOtherSourcesAreSkipped(t *testing.T) {
	t.Parallel()
	tab := table(t, severalSources, Options{Sources: []string{"2c918085", "s2", "s3"}})
	got, rejected := keysAndNames(t, tab)
	if d := cmp.Diff([]string{"1=b", "2=c"}, got); d != "" {
		t.Error(d)
	}
	want := []account.Rejected{
		{Line: 4, Key: "2", Reason: `the row names no source: column "sourceId" is empty`, Offset: 37},
		{Line: 5, Key: "", Reason: "the row has 2 cells, the header has 3", Offset: 50},
		{Line: 7, Key: "", Reason: "a quote inside a cell that is not quoted: quote the whole cell and double the quote", Offset: -1},
		{Line: 8, Key: "4", Reason: `the row is for source "s9", not "2c918085"`, Offset: 83},
	}
	if d := cmp.Diff(want, rejected); d != "" {
		t.Error(d)
	}
	if _, err := tab.RowAt(17); err == nil {
		t.Error("RowAt makes a row of what is another source's")
	}
}

func TestRowsOfOtherSourcesAreRejectedUnlessTold(t *testing.T) {
	t.Parallel()
	_, rejected := readAll(t, table(t, severalSources, Options{}))
	if len(rejected) != 7 {
		t.Errorf("%d are rejected: %v", len(rejected), rejected)
	}
}
