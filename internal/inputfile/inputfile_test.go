package inputfile

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a writer that pauses before each piece.
type slow struct {
	pause time.Duration
	left  int
}

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(s.pause)
	s.left--
	return copy(p, "0123456789"), nil
}

func TestBoundedInput(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		from    *slow
		most    int64
		endless bool
	}{
		{"slow, and whole", &slow{59 * time.Second, 5}, 50, false},
		{"silent for too long", &slow{61 * time.Second, 1}, 50, true},
		{"longer than it may be", &slow{0, 6}, 50, true},
		{"without an end", &slow{0, -1}, 1 << 20, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				text, err := io.ReadAll(Bounded(tc.from, tc.most, time.Minute))
				if errors.Is(err, ErrEndless) != tc.endless || !tc.endless && string(text) != strings.Repeat("0123456789", 5) {
					t.Errorf("%q, %v", text, err)
				}
				time.Sleep(2 * time.Minute) // what still reads ends with its next piece
				synctest.Wait()
			})
		})
	}
}
