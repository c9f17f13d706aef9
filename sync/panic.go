package sync

import (
	"fmt"
	"runtime/debug"
)

// Panic is a bug that came up in the middle of a run. It ends the run, not the
// process, so that the reports are still written.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("a bug of this program: panic: %v", p.Value) }

// Safely calls f and turns a panic into an error. Every goroutine of a run
// goes through it.
func Safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Panic{Value: p, Stack: debug.Stack()}
		}
	}()
	return f()
}
