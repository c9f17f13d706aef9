// Package export writes the live accounts of a source as a desired-state CSV.
package export

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/internal/atomicfile"
	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/sync"
)

// Done is what was written.
type Done struct {
	Source  string
	Written int      // accounts
	Skipped int      // accounts that no row can name
	LeftOut []string // attributes that no column can have the name of
}

// Write writes the live accounts of a source to a file, or as - to stdout. The
// file appears when the listing is verified complete and all is written.
func Write(ctx context.Context, api *isc.Client, name, path string, stdout io.Writer, o csvfile.Options, listing sync.ListOptions) (done Done, err error) {
	file, err := temporary(path)
	if err != nil {
		return done, problem.Wrap(problem.CannotWrite, err, "name another file with --file")
	}
	defer file.Cleanup()
	unordered, err := temporary(path)
	if err != nil {
		return done, problem.Wrap(problem.CannotWrite, err, "name another file with --file")
	}
	defer unordered.Cleanup()
	source, err := api.Source(ctx, name)
	if err != nil {
		return done, err
	}
	schema, err := api.Schema(ctx, source.ID)
	if err != nil {
		return done, err
	}
	l := &listed{file: unordered.File, source: source, schema: schema, options: o}
	proof, err := sync.List(ctx, api, source, listing, l.begin)
	if err != nil {
		return done, err
	}
	if !proof.Proven {
		return done, problem.Errorf(problem.Partial, "nothing was written; try again when the source is at rest",
			"the listing of source %q is not verified complete: %s", source.Name, proof.Doubt)
	}
	if err := l.out.Flush(); err != nil {
		return done, err
	}
	err = l.order(file)
	if err == nil {
		err = deliver(file, path, stdout)
	}
	if err != nil {
		return done, problem.Wrap(problem.CannotWrite, fmt.Errorf("writing the export: %w", err), "")
	}
	return Done{source.Name, l.written, l.skipped, l.writer.LeftOut()}, nil
}

// temporary is a temporary file beside its target, or anywhere for standard output.
func temporary(path string) (*atomicfile.File, error) {
	if path == "-" {
		path = filepath.Join(os.TempDir(), "accountsync-export.csv")
	}
	return atomicfile.New(path)
}

// deliver puts the whole file in its place.
func deliver(file *atomicfile.File, path string, stdout io.Writer) error {
	if path != "-" {
		return file.CloseAtomicallyReplace()
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(stdout, file)
	return err
}

// listed writes accounts to a file in the order of the listing, from its
// beginning at each try, and then in that of their keys to another one.
type listed struct {
	file    *os.File
	out     *bufio.Writer
	end     int64 // of what was written
	row     bytes.Buffer
	rows    []exportedRow
	source  account.Source
	schema  account.Schema
	options csvfile.Options
	writer  *csvfile.Writer
	written int
	skipped int
}

func (l *listed) begin() (func(*account.Account) error, error) {
	if err := l.file.Truncate(0); err != nil {
		return nil, err
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	l.out, l.end, l.rows = bufio.NewWriterSize(l.file, 64<<10), 0, l.rows[:0]
	l.row.Reset()
	l.writer, l.written, l.skipped = csvfile.NewWriter(&l.row, l.source, l.schema, l.options), 0, 0
	return l.write, l.put() // the header
}

// exportedRow is where the row of a key stands in the file.
type exportedRow struct {
	key        string
	begin, end int64
}

// put writes a row that is complete, or the header.
func (l *listed) put() error {
	if err := l.writer.Flush(); err != nil {
		return err
	}
	n, err := l.row.WriteTo(l.out)
	l.end += n
	return err
}

// order copies the header and the rows, by their keys, so that two exports can
// be compared line by line.
func (l *listed) order(to io.Writer) error {
	out := bufio.NewWriterSize(to, 64<<10)
	header := l.end
	if len(l.rows) > 0 {
		header = l.rows[0].begin
	}
	slices.SortStableFunc(l.rows, func(a, b exportedRow) int { return strings.Compare(a.key, b.key) })
	for _, row := range append([]exportedRow{{end: header}}, l.rows...) {
		if _, err := io.Copy(out, io.NewSectionReader(l.file, row.begin, row.end-row.begin)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (l *listed) write(a *account.Account) error {
	var skip *csvfile.SkippedError
	begin := l.end
	err := l.writer.Write(a)
	if errors.As(err, &skip) {
		l.skipped++
		return nil
	}
	if err == nil {
		err = l.put()
	}
	l.rows = append(l.rows, exportedRow{strings.Clone(a.NativeIdentity), begin, l.end})
	l.written++
	return err
}
