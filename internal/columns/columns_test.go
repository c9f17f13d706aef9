package columns

import (
	"os"
	"path/filepath"
	"testing"

	"accountsync/config"
	"accountsync/csvfile"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"
)

// What is written beside a table says the same when it is read again.
func TestYAMLIsReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		odd := []rune("ab 1:#-=\"'\\[]{}&*!|>%@`,?~\u00a0é\t")
		name := rapid.StringOfN(rapid.RuneFrom(odd), 1, 8, -1)
		attribute := rapid.StringMatching(`[a-z][a-zA-Z0-9]{0,5}`)
		o := csvfile.Options{
			Map:       rapid.MapOfN(name, attribute, 0, 4).Draw(t, "map"),
			Ignore:    rapid.SliceOfNDistinct(name, 0, 3, rapid.ID[string]).Draw(t, "ignore"),
			Multi:     rapid.SliceOfN(attribute, 0, 2).Draw(t, "multi"),
			Null:      rapid.SliceOfN(rapid.OneOf(name, rapid.SampledFrom([]string{"NULL", "null", "~", "true", "007", "#N/A", `\N`, "no"})), 0, 3).Draw(t, "null"),
			Separator: rapid.SampledFrom([]string{";", ",", "|", "\n", "\t", "#", " "}).Draw(t, "separator"),
			Delimiter: rapid.SampledFrom([]rune{0, ',', ';', '\t', '|', '#', ':'}).Draw(t, "delimiter"),
			Key:       rapid.OneOf(rapid.Just(""), name).Draw(t, "key"),
			Encoding:  rapid.SampledFrom([]string{"", "windows-1252"}).Draw(t, "encoding"),
			Comment:   rapid.SampledFrom([]string{"", "%", "!", "none"}).Draw(t, "comment"),
			SkipLines: rapid.IntRange(0, 3).Draw(t, "skip"), KeyWidth: rapid.IntRange(0, 9).Draw(t, "width"),
			Trim: rapid.Bool().Draw(t, "trim"), MergeRows: rapid.Bool().Draw(t, "merge"),
			Dates: rapid.SliceOfN(rapid.SampledFrom([]string{"dd.MM.yyyy", "excel"}), 0, 2).Draw(t, "dates"),
		}
		r := Report{File: "people.csv", Source: "HR", Options: o}
		text, err := r.YAML()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "people.columns.yaml"), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		config.ConfigFlag(flags)
		config.SyncFlags(flags)
		if err := flags.Parse([]string{"--file", filepath.Join(dir, "people.csv")}); err != nil {
			t.Fatal(err)
		}
		all, err := config.Read(flags, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		conf, err := all.Whole()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(o, conf.CSV, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("read again (-written +read):\n%s\n%s", diff, text)
		}
	})
}
