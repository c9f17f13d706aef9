//go:build integration && unix

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/pgtest"

	"github.com/jackc/pgx/v5"
)

// A pooler in transaction mode is refused, one in session mode is as good as the
// server itself.
func TestPooler(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t)
	for _, mode := range []string{"session", "transaction", "statement"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			state := pooler(t, direct, mode)
			s, err := Open(t.Context(), state)
			if mode != "session" {
				var e *Error
				if !errors.Is(err, ErrPooled) || !errors.As(err, &e) || !strings.Contains(e.Hint(), "pool_mode = session") {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			lock := LockRequest{Tenant: "t", Client: "c", SourceID: "s", Run: "first"}
			l, err := s.Lock(t.Context(), lock)
			if err != nil {
				t.Fatal(err)
			}
			lock.Run = "second"
			if _, err := s.Lock(t.Context(), lock); !errors.As(err, new(*HeldError)) {
				t.Errorf("held already: %v", err)
			}
			if err := l.Unlock(); err != nil {
				t.Error(err)
			}
			l, err = s.Lock(t.Context(), lock)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Unlock(); err != nil {
				t.Error(err)
			}
		})
	}
}

// pooler starts PgBouncer in front of a server, and gives the URL.
func pooler(t *testing.T, direct, mode string) string {
	t.Helper()
	conf, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pooler") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ini := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n%s = host=%s user=%s\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = %s\nauth_type = any\npool_mode = %s\n", conf.Database, conf.Host, conf.User, dir, mode)
	if err := os.WriteFile(ini, []byte(text), 0o644); err != nil { // another user reads it
		t.Fatal(err)
	}
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // which the PATH of an ordinary user lacks
	}
	c := exec.Command(program, ini)
	var log bytes.Buffer
	c.Stdout, c.Stderr, c.Dir = &log, &log, dir
	if os.Getuid() == 0 { // which PgBouncer refuses: it runs as the server does
		info, err := os.Stat(conf.Host)
		if err != nil {
			t.Fatal(err)
		}
		owner := info.Sys().(*syscall.Stat_t)
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() { _ = c.Process.Kill(); <-ended })
	for {
		if conn, err := net.Dial("unix", filepath.Join(dir, ".s.PGSQL.6432")); err == nil {
			_ = conn.Close()
			return "postgres:///" + conf.Database + "?host=" + dir + "&port=6432&user=" + conf.User
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("pgbouncer: %v\n%s", err, &log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
