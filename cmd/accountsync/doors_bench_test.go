package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/xuri/excelize/v2"
)

// BenchmarkDoors plans a million rows of which none differs, through each door
// to the same table. What counts is peak-MiB, of the whole process: at most 150.
func BenchmarkDoors(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	kids := newChildren(b)
	environ := serve(b, kids, n, false)
	desired, _ := writeDesired(b, n, n+1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, desired) }))
	defer server.Close()
	for _, door := range []struct{ name, path string }{
		{"csv", desired}, {"https", server.URL + "/desired.csv"}, {"ndjson", otherForm(b, desired, toNDJSON)}, {"xlsx", otherForm(b, desired, toWorkbook)},
	} {
		b.Run("door="+door.name, func(b *testing.B) {
			out := b.TempDir()
			var used usage
			for b.Loop() {
				_, used = kids.run(b, environ, kids.path("accountsync"), "plan", "--source", sandbox.GeneratedSource, "--file", door.path,
					"--rate", "100000/1s", "--out", out, "--quiet", "--log-level", "error")
				checkPlan(b, out, n, 0)
			}
			b.ReportMetric(used.Peak/1024, "peak-MiB")
			b.ReportMetric(used.CPU.Seconds(), "cpu-s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// otherForm writes a CSV anew in another form.
func otherForm(b *testing.B, path string, write func(io.Writer, *csv.Reader) error) string {
	b.Helper()
	in, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	to := filepath.Join(b.TempDir(), "desired")
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	buffer := bufio.NewWriter(out)
	r := csv.NewReader(bufio.NewReader(in))
	if err := errors.Join(write(buffer, r), buffer.Flush(), out.Close()); err != nil {
		b.Fatal(err)
	}
	return to
}

func toNDJSON(w io.Writer, r *csv.Reader) error {
	header, err := r.Read()
	for err == nil {
		var row []string
		if row, err = r.Read(); err != nil {
			break
		}
		e := jsontext.NewEncoder(w)
		err = e.WriteToken(jsontext.BeginObject)
		for i, cell := range row {
			var value any = cell
			if strings.Contains(cell, ";") {
				value = strings.Split(cell, ";")
			}
			err = errors.Join(err, e.WriteToken(jsontext.String(header[i])), json.MarshalEncode(e, value))
		}
		err = errors.Join(err, e.WriteToken(jsontext.EndObject))
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func toWorkbook(w io.Writer, r *csv.Reader) error {
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter("Sheet1")
	for n := 1; err == nil; n++ {
		var row []string
		if row, err = r.Read(); err != nil {
			break
		}
		cells := make([]any, len(row))
		for i, cell := range row {
			cells[i] = cell
		}
		name, _ := excelize.CoordinatesToCellName(1, n)
		err = sheet.SetRow(name, cells)
	}
	if err != io.EOF {
		return err
	}
	return errors.Join(sheet.Flush(), book.Write(w))
}
