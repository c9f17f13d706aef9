package terminal

import "io"

// Turns are standard output for several who write at the same time.
type Turns struct {
	out   io.Writer
	taken chan struct{} // full while somebody has the turn
}

// NewTurns makes turns to write.
func NewTurns(out io.Writer) *Turns { return &Turns{out, make(chan struct{}, 1)} }

// Writer is standard output for one of them.
func (t *Turns) Writer() *Turn { return &Turn{Out: t.out, taken: t.taken} }

// Turn is standard output for one of several: from its first word until it is
// released nobody else writes.
type Turn struct {
	Out     io.Writer
	Heading string // comes first
	taken   chan struct{}
	mine    bool
}

// Write writes, as soon as it is its turn.
func (t *Turn) Write(p []byte) (int, error) {
	if !t.mine {
		t.taken <- struct{}{}
		t.mine = true
		if _, err := io.WriteString(t.Out, t.Heading); err != nil {
			return 0, err
		}
	}
	return t.Out.Write(p)
}

// Release lets the others write.
func (t *Turn) Release() {
	if t.mine {
		t.mine = false
		<-t.taken
	}
}
