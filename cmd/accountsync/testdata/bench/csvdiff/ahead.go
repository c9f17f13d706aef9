package main

import (
	"fmt"

	"accountsync/account"
	"accountsync/csvfile"

	"golang.org/x/sync/errgroup"
)

// batchSize is how many items go from one goroutine to the other at a time.
const batchSize = 256

// ahead calls each with what make made of every row of a table, while another
// goroutine reads on and makes: as a listing's pages are fetched beside the
// diff. Items are made in the room of earlier ones. The first bad row ends it.
func ahead[T any](table *csvfile.Table, make func(*T, *account.Row), each func(*T) error) error {
	b := newBatches[T]()
	var g errgroup.Group
	g.Go(func() error {
		defer close(b.full)
		return b.fill(table, make)
	})
	var failure error
	for batch := range b.full {
		for i := 0; i < len(batch) && failure == nil; i++ {
			failure = each(&batch[i])
		}
		b.free <- batch
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return failure
}

// batches go round between two goroutines.
type batches[T any] struct{ full, free chan []T }

func newBatches[T any]() batches[T] {
	const n = 4
	b := batches[T]{make(chan []T, n), make(chan []T, n)}
	for range n {
		b.free <- make([]T, batchSize)
	}
	return b
}

func (b batches[T]) fill(table *csvfile.Table, make func(*T, *account.Row)) error {
	batch, n := <-b.free, 0
	defer func() { b.full <- batch[:n] }()
	for record, err := range table.Records() {
		if err != nil {
			return err
		}
		if bad := record.Rejected; bad != nil {
			return fmt.Errorf("%s:%d: %s", table.Path(), bad.Line, bad.Reason)
		}
		make(&batch[n], record.Row)
		if n++; n == batchSize {
			b.full <- batch
			batch, n = (<-b.free)[:batchSize], 0
		}
	}
	return nil
}

// copyRow makes a row that stays when the table reads on.
func copyRow(dst, row *account.Row) {
	cells := append(dst.Cells[:0], row.Cells...)
	*dst = *row
	dst.Cells = cells
}
