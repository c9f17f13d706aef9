//go:build unix

package inputfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
