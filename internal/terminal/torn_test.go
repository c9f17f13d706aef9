//go:build unix

package terminal

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	accountsync "accountsync/sync"

	"github.com/creack/pty"
	"github.com/rs/zerolog"
)

// What is typed while there is a live line is echoed behind it, and moves the
// cursor: neither the line nor what is said then is torn.
func TestTypedCharactersTearNoLine(t *testing.T) {
	t.Parallel()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	seen := make(chan *shown)
	drawn := make(chan struct{}, 1000)
	go func() {
		s := &shown{}
		s.read(terminal, drawn)
		seen <- s
	}()
	console := &Console{Out: tty}
	p := NewProgress(console, zerolog.Nop(), true, nil)
	p.Watch(accountsync.Progress{Step: "sending", Done: 1, Total: 10})
	<-drawn
	echo(t, tty)
	fmt.Fprintln(console, "accountsync: stopping")
	<-drawn
	<-drawn
	echo(t, tty)
	p.End()
	fmt.Fprintln(console, "the end")
	tty.Close()
	got := (<-seen).text()
	if want := "accountsync: stopping\nthe end"; got != want {
		t.Errorf("the screen shows\n%s\nwant\n%s", got, want)
	}
}

// echo is what the terminal shows of a Ctrl-C.
func echo(t *testing.T, tty *os.File) {
	t.Helper()
	if _, err := io.WriteString(tty, "^C"); err != nil {
		t.Fatal(err)
	}
}

// shown is as much of a terminal as the live line uses.
type shown struct {
	lines    [][]byte
	row, col int
}

// read draws what comes, and tells whenever a line has been drawn.
func (s *shown) read(in io.Reader, drawn chan<- struct{}) {
	for r := bufio.NewReader(in); ; {
		b, err := r.ReadByte()
		switch {
		case err != nil: // the other side is closed
			return
		case b == '\r':
			s.col = 0
		case b == '\n':
			s.row++
			s.at()
			select {
			case drawn <- struct{}{}:
			default:
			}
		case b == 0x1b:
			s.control(r)
		default:
			line := s.at()
			for len(*line) <= s.col {
				*line = append(*line, ' ')
			}
			(*line)[s.col] = b
			s.col++
		}
	}
}

func (s *shown) at() *[]byte {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	return &s.lines[s.row]
}

// control does what a sequence says: up, and clear to the end.
func (s *shown) control(r *bufio.Reader) {
	n, final := 0, byte(0)
	for final == 0 {
		switch b, err := r.ReadByte(); {
		case err != nil:
			return
		case b >= '0' && b <= '9':
			n = 10*n + int(b-'0')
		case b >= 'A' && b <= 'z' && b != '[':
			final = b
		}
	}
	switch line := s.at(); final {
	case 'A':
		s.row = max(0, s.row-max(n, 1))
	case 'J':
		*line = (*line)[:min(len(*line), s.col)]
		s.lines = s.lines[:s.row+1]
	case 'K':
		*line = (*line)[:min(len(*line), s.col)]
	}
}

func (s *shown) text() string {
	return strings.TrimRight(string(bytes.Join(s.lines, []byte("\n"))), " \n")
}
