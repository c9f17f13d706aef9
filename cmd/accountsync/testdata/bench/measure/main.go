// Command measure runs another command and writes to a file what it took:
//
//	measure FILE COMMAND [ARGUMENT...]
//
// It is a process of its own because a child's maximum resident set begins at
// that of the process which started it, and a benchmark's may be large.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// usage is the answer. CPU and peak take in every process the command started
// and waited for; the peak is that of the largest one.
type usage struct {
	WallNS  int64 `json:"wall_ns"`
	CPUNS   int64 `json:"cpu_ns"`
	PeakKiB int64 `json:"peak_kib"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: measure FILE COMMAND [ARGUMENT...]")
		os.Exit(64)
	}
	used, status, err := measure(os.Args[2], os.Args[3:])
	if err == nil {
		err = write(os.Args[1], used)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(70)
	}
	os.Exit(status)
}

func measure(name string, args []string) (used usage, status int, err error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return used, 0, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for s := range signals { // which is meant for the command
			_ = cmd.Process.Signal(s)
		}
	}()
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return used, 0, err
	}
	used.WallNS = time.Since(began).Nanoseconds()
	used.CPUNS = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Nanoseconds()
	used.PeakKiB = int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "darwin" { // counts bytes
		used.PeakKiB /= 1024
	}
	return used, cmd.ProcessState.ExitCode(), nil
}

func write(path string, used usage) error {
	text, err := json.Marshal(used)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
