package inputfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A device or a directory is refused before a byte of it is read.
func TestDevicesAreRefused(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/dev/zero": "is a device or a terminal", "/dev/null": "is a device", t.TempDir(): "is a directory"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open of %s: %v", path, err)
		}
		if _, err := ReadAll(path, 100); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadAll of %s: %v", path, err)
		}
	}
}

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A named pipe is read when somebody writes to it, and given up when nobody does.
func TestNamedPipe(t *testing.T) {
	t.Parallel()
	_, err := openWithin(fifo(t), 20*time.Millisecond)
	if !errors.Is(err, ErrEndless) || !strings.Contains(err.Error(), "nobody writes to this named pipe") {
		t.Errorf("without a writer: %v", err)
	}
	path := fifo(t)
	go func() {
		time.Sleep(10 * time.Millisecond) // the reader is there first
		_ = os.WriteFile(path, []byte("id,name\n1,Zoë\n"), 0)
	}()
	if text, err := ReadAll(path, 100); err != nil || string(text) != "id,name\n1,Zoë\n" {
		t.Errorf("%q, %v", text, err)
	}
}

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
