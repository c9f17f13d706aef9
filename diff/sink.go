package diff

import "accountsync/account"

// Sink takes what a Diff finds, as it finds it and in no order, so that no plan
// is ever held in memory. What it is handed belongs to it. An error of a sink
// ends the diff and is returned as it is.
type Sink interface {
	Change(c *Change) error
	Rejected(r account.Rejected) error
	Orphan(o Orphan) error
	// Absence takes what the next run needs to know of a live account that no
	// row asks for, or that an earlier run disabled and that has a row again.
	Absence(m Miss) error

	// Withdraw takes back every change with one of the keys: several live
	// accounts turned out to have it. It is called once at most.
	Withdraw(keys []string) error
	// DropAbsences takes back every absence so far: rows turned out to be
	// rejected, so that no date begins. It is called once at most.
	DropAbsences() error
}
