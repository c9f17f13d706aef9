package reports

import (
	"bytes"
	"encoding/csv"
	"reflect"
	"testing"

	"github.com/gocarina/gocsv"
	"pgregory.net/rapid"
)

// The cells that are written without gocsv are those that gocsv writes.
func TestCellsAreThoseOfGocsv(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l line
		for v, i := reflect.ValueOf(&l).Elem(), 0; i < v.NumField(); i++ {
			if f := v.Field(i); f.Kind() == reflect.String {
				f.SetString(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"=1", "'=1", "-", "a\x1b[1m", "\xff"})).Draw(t, "text"))
			} else {
				f.SetInt(int64(rapid.IntRange(0, 3).Draw(t, "number")))
			}
		}
		var want, got bytes.Buffer
		if err := gocsv.MarshalCSVWithoutHeaders([]line{l}, gocsv.DefaultCSVWriter(&want)); err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(&got)
		_ = w.Write(l.cells(nil)) // Error keeps it
		w.Flush()
		if w.Error() != nil || want.String() != got.String() {
			t.Fatalf("want %q, got %q, %v", want.String(), got.String(), w.Error())
		}
	})
}
