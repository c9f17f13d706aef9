package sync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"

	"accountsync/account"
	"accountsync/csvfile"
)

// Reopen opens the input of an earlier plan again, to complete the books and
// to write failed.csv. No table and no error: the file is not there any more,
// or came from standard input or a web server. ErrStale: it is not the file that was planned from.
func Reopen(input Input, options csvfile.Options, source account.Source, schema account.Schema) (*csvfile.Table, error) {
	if input.File == "" || input.File == "-" || csvfile.IsURL(input.File) {
		return nil, nil
	}
	file, err := csvfile.Open(input.File, options)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: its input can no longer be read: %w", ErrStale, err)
	}
	table, err := file.Bind(source, schema)
	if err == nil {
		for _, failed := range table.Records() { // to its end, where its checksum is known
			err = failed
		}
	}
	if err == nil && table.SHA256() != input.SHA256 {
		err = errors.New("its checksum differs")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s changed after the plan was made: %w", ErrStale, input.File, err), file.Close())
	}
	return table, nil
}

// KeptRows gives the kept rows of a run: those that are neither rejected nor asked
// for by an operation. What it must remember of the others is a number for each.
func KeptRows(ctx context.Context, rec Reader, table account.Table) (iter.Seq2[account.Row, error], error) {
	taken := map[int64]bool{}
	for op, err := range rec.Operations(ctx, Filter{}) {
		if err != nil {
			return nil, err
		}
		if op.Offset >= 0 {
			taken[op.Offset] = true
			for _, offset := range op.Joined {
				taken[offset] = true
			}
		}
	}
	lines := map[int]bool{}
	for row, err := range rec.Rejected(ctx) {
		if err != nil {
			return nil, err
		}
		lines[row.Line] = true
	}
	return rowsBut(table, func(row *account.Row) bool { return taken[row.Offset] || lines[row.Line] }), nil
}

// rowsBut yields the rows of a table that are not left out.
func rowsBut(table account.Table, out func(*account.Row) bool) iter.Seq2[account.Row, error] {
	return func(yield func(account.Row, error) bool) {
		joined := map[string]bool{} // with --merge-rows the first record stands for all of its key
		for record, err := range table.Records() {
			if err != nil {
				yield(account.Row{}, err)
				return
			}
			row := record.Row
			if row == nil || out(row) || joined[row.Key] {
				continue
			}
			if table.MergeRows() {
				joined[strings.Clone(row.Key)] = true
			}
			if !yield(*row, nil) {
				return
			}
		}
	}
}
