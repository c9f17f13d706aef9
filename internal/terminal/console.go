// Package terminal writes to the person who looks on: standard error with a live
// line, standard output in turns, questions.
package terminal

import (
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"golang.org/x/term"
)

// Console is standard error: what is written goes above the live line while
// there is one.
type Console struct {
	Out  io.Writer
	mu   sync.Mutex
	line *mpb.Progress
}

// Write writes whole lines.
func (c *Console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		_, _ = io.WriteString(c.Out, "\r") // what was typed, such as ^C, has moved the cursor: the line would be wiped from there on only
		return c.line.Write(b)
	}
	return c.Out.Write(b)
}

// hold has everything written above the line from now on.
func (c *Console) hold(line *mpb.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = line
}

// release wipes the live line, if there is one.
func (c *Console) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		_, _ = io.WriteString(c.Out, "\r")
		c.line.Wait()
		c.line = nil
	}
}

// Of is the terminal behind a writer.
func Of(w io.Writer) (*os.File, bool) {
	switch through := w.(type) {
	case *Console:
		w = through.Out
	case *Turn:
		w = through.Out
	}
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// Is reports whether a writer writes to a terminal.
func Is(w io.Writer) bool {
	_, ok := Of(w)
	return ok
}
