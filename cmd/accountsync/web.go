package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"accountsync/fleet"
	"accountsync/internal/inputfile"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"
)

// web serves the pages of a fleet; none where it has no listener.
type web struct {
	listener  net.Listener
	users     *fleet.Users
	cert, key string
}

// read reads who may see the pages, and tries the certificate.
func (w *web) read(auth string) error {
	if auth != "" {
		const most = 1 << 20
		text, err := inputfile.ReadAll(auth, most)
		if err == nil {
			w.users, err = fleet.ReadUsers(string(text))
		}
		if err != nil {
			return problem.Errorf(problem.Config, "write it with: htpasswd -nbB NAME PASSWORD", "--auth-file %s: %w", auth, err)
		}
	}
	if w.cert != "" {
		if _, err := tls.LoadX509KeyPair(w.cert, w.key); err != nil {
			return problem.Errorf(problem.Config, "", "--tls-cert %s: %w", w.cert, err)
		}
	}
	return nil
}

// serve serves the pages until the function it gives is called.
func (w *web) serve(ctx context.Context, f *fleet.Fleet, r *runner) (end func() error, err error) {
	if w.listener == nil {
		return func() error { return nil }, nil
	}
	handler, err := f.Handler(ctx, fleet.Web{Users: w.users, Words: inWords, Report: r.report})
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0)} // of connections that others broke
	if w.cert != "" {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(w.cert, w.key) // which may have been renewed
			return &pair, err
		}}
	}
	served := make(chan error, 1)
	go func() {
		if s.TLSConfig != nil {
			served <- s.ServeTLS(w.listener, "", "")
		} else {
			served <- s.Serve(w.listener)
		}
	}()
	return func() error {
		const patience = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			_ = s.Close()
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the pages: %w", err)
		}
		return nil
	}, nil
}

// report renders report.html of a run from its record.
func (r *runner) report(ctx context.Context, to io.Writer, name string) error {
	rec, err := r.store.Read(ctx, name)
	if unknown := (*journal.RunError)(nil); errors.As(err, &unknown) || err == nil && !rec.Status().Sealed {
		return fmt.Errorf("%w: %s", fleet.ErrNoRun, name)
	}
	if err != nil {
		return err
	}
	run, end, err := past.Reopen(ctx, rec)
	if err != nil {
		return err
	}
	defer end()
	if run, err = reports.Redact(ctx, run, rec.Head().Redacted); err != nil {
		return err
	}
	return reports.Write(ctx, to, "html", run, reports.Options{})
}

// worstStatus is the worst exit status of several runs.
type worstStatus struct{ atomic.Int64 }

func (w *worstStatus) add(_, _ string, status int) {
	for {
		before := w.Load()
		if w.CompareAndSwap(before, int64(problem.Worse(int(before), status))) {
			return
		}
	}
}

func (w *worstStatus) status() int { return int(w.Load()) }
