package main

import (
	"io"
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"golang.org/x/term"
)

// console is standard error: what is written goes above the live line while
// there is one.
type console struct {
	out  io.Writer
	mu   sync.Mutex
	line *mpb.Progress
}

// Write writes whole lines.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		return c.line.Write(b)
	}
	return c.out.Write(b)
}

// hold has everything written above the line from now on.
func (c *console) hold(line *mpb.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line = line
}

// release wipes the live line, if there is one.
func (c *console) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line != nil {
		c.line.Wait()
		c.line = nil
	}
}

// terminalOf is the terminal behind a writer.
func terminalOf(w io.Writer) (*os.File, bool) {
	switch through := w.(type) {
	case *console:
		w = through.out
	case *turn:
		w = through.out
	}
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

func isTerminal(w io.Writer) bool {
	_, ok := terminalOf(w)
	return ok
}
