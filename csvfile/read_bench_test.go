package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"accountsync/account"

	"github.com/gocarina/gocsv"
)

const benchRows = 1_000_000

var benchSchema = account.Schema{IdentityAttribute: "id", Attributes: []account.SchemaAttribute{
	{Name: "id"}, {Name: "name"}, {Name: "givenName"}, {Name: "familyName"}, {Name: "mail"}, {Name: "department"},
	{Name: "title"}, {Name: "city"}, {Name: "badge", Type: account.TypeLong}, {Name: "active", Type: account.TypeBoolean},
	{Name: "hired", Type: account.TypeDate}, {Name: "groups", Multi: true},
}}

// benchRecord is a row of the benchmarks' file, for gocsv.
type benchRecord struct {
	ID         string `csv:"id"`
	Name       string `csv:"name"`
	GivenName  string `csv:"givenName"`
	FamilyName string `csv:"familyName"`
	Mail       string `csv:"mail"`
	Department string `csv:"department"`
	Title      string `csv:"title"`
	City       string `csv:"city"`
	Badge      string `csv:"badge"`
	Active     string `csv:"active"`
	Hired      string `csv:"hired"`
	Groups     string `csv:"groups"`
}

// writeBenchFile writes the file that all ways of reading are measured on.
func writeBenchFile(b *testing.B) string {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "desired.csv"))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,name,givenName,familyName,mail,department,title,city,badge,active,hired,groups")
	for i := range benchRows {
		fmt.Fprintf(w, "E%07d,user%07d,Given%d,Family%d,user%d@example.com,Dept %d,Title %d,City %d,%d,%t,20%02d-0%d-1%d,g%d;g%d\n",
			i, i, i%997, i%8999, i, i%40, i%60, i%200, 100000+i, i%9 != 0, i%25, 1+i%9, i%10, i%50, 50+i%70)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}

// BenchmarkRead compares ways of reading a desired-state CSV of a million rows
// of 12 columns. "ours" does all that a sync needs, the peers only parse. Each
// way runs in turn with encoding/csv: x-encoding-csv is the best of its times as a
// multiple of the best of those.
func BenchmarkRead(b *testing.B) {
	ways := []struct {
		name string
		read func(path string) (rows int, err error)
	}{
		{"way=encoding-csv", readEncodingCSV},
		{"way=ours", readOurs},
		{"way=gocsv-ReadUnmatched", readGocsvUnmatched},
		{"way=gocsv-callback", readGocsvCallback},
		{"way=gocsv-CSVToMaps", readGocsvMaps},
	}
	path := writeBenchFile(b)
	for _, way := range ways {
		b.Run(way.name, func(b *testing.B) {
			own, base := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			var allocated, rounds uint64
			for b.Loop() {
				b.StopTimer()
				took, _ := timeReading(b, readEncodingCSV, path)
				base = min(base, took)
				b.StartTimer()
				took, bytes := timeReading(b, way.read, path)
				own, allocated, rounds = min(own, took), allocated+bytes, rounds+1
			}
			b.ReportMetric(own.Seconds()/base.Seconds(), "x-encoding-csv")
			b.ReportMetric(float64(allocated)/float64(rounds)/benchRows, "B/row")
		})
	}
}

// timeReading reads the file and gives how long it took and what it allocated.
func timeReading(b *testing.B, read func(string) (int, error), path string) (took time.Duration, bytes uint64) {
	b.Helper()
	runtime.GC() // so that none pays for the one before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	if rows, err := read(path); err != nil || rows != benchRows {
		b.Fatalf("%d rows, %v", rows, err)
	}
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc
}

func readOurs(path string) (rows int, err error) {
	f, err := Open(path, Options{})
	if err != nil {
		return 0, err
	}
	defer f.Close()
	t, err := f.Bind(people, benchSchema)
	if err != nil {
		return 0, err
	}
	err = t.read(func(r *account.Row, x *account.Rejected) error {
		if x != nil {
			return fmt.Errorf("line %d: %s", x.Line, x.Reason)
		}
		rows++
		return nil
	})
	return rows, err
}

func readEncodingCSV(path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 64<<10))
	r.ReuseRecord = true
	for rows = -1; ; rows++ {
		if _, err := r.Read(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
	}
}

func readGocsvUnmatched(path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	um, err := gocsv.NewUnmarshaller(csv.NewReader(f), reserved{})
	if err != nil {
		return 0, err
	}
	for ; ; rows++ {
		if _, _, err := um.ReadUnmatched(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
	}
}

func readGocsvCallback(path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = gocsv.UnmarshalToCallback(f, func(benchRecord) { rows++ })
	return rows, err
}

func readGocsvMaps(path string) (rows int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	maps, err := gocsv.CSVToMaps(f)
	return len(maps), err
}
