package worker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"accountsync/fleet"
	"accountsync/internal/inputfile"
	"accountsync/internal/network"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/reports"

	"github.com/rs/zerolog"
)

// Pages are how the pages of a fleet are served; not at all without an address.
type Pages struct {
	Listen    string // HOST:PORT
	AuthFile  string // of those who may see them
	Cert, Key string // PEM files
	listener  net.Listener
	users     *fleet.Users
}

// read reads who may see the pages, and tries the certificate.
func (p *Pages) read() error {
	if p.AuthFile != "" {
		const most = 1 << 20
		text, err := inputfile.ReadAll(p.AuthFile, most)
		if err == nil {
			p.users, err = fleet.ReadUsers(string(text))
		}
		if err != nil {
			return problem.Errorf(problem.Config, "write it with: htpasswd -nbB NAME PASSWORD", "--auth-file %s: %w", p.AuthFile, err)
		}
	}
	if p.Cert != "" {
		if _, err := tls.LoadX509KeyPair(p.Cert, p.Key); err != nil {
			return problem.Errorf(problem.Config, "", "--tls-cert %s: %w", p.Cert, err)
		}
	}
	return nil
}

// open holds the settings against each other, reads what they name, and listens.
func (p *Pages) open(log zerolog.Logger) error {
	switch {
	case p.Listen == "" && (p.AuthFile != "" || p.Cert != "" || p.Key != ""):
		return problem.Errorf(problem.Usage, "--listen 127.0.0.1:8080", "--auth-file, --tls-cert and --tls-key are for the pages of --listen, which is not given")
	case p.Listen == "":
		return nil
	case (p.Cert == "") != (p.Key == ""):
		return problem.Errorf(problem.Usage, "", "--tls-cert and --tls-key are given together")
	}
	host, _, err := net.SplitHostPort(p.Listen)
	if err != nil {
		return problem.Errorf(problem.Usage, "--listen 127.0.0.1:8080", "--listen %q: %w", p.Listen, err)
	}
	if !network.IsLoopback(host) && (p.AuthFile == "" || p.Cert == "") {
		return problem.Errorf(problem.Usage, "listen on 127.0.0.1, or say who may see them with --auth-file, --tls-cert and --tls-key",
			"--listen %s: the pages hold personal data, and other machines could ask for them", p.Listen)
	}
	if err := p.read(); err != nil {
		return err
	}
	if p.listener, err = net.Listen("tcp", p.Listen); err != nil {
		return problem.Errorf(problem.Config, "name a free port of this machine with --listen", "--listen %s: %w", p.Listen, err)
	}
	log.Info().Str("address", p.listener.Addr().String()).Bool("tls", p.Cert != "").Msg("serving the pages of the fleet")
	return nil
}

// serve serves the pages until the function it gives is called.
func (p *Pages) serve(ctx context.Context, f *fleet.Fleet, r *runner) (end func() error, err error) {
	if p.listener == nil {
		return func() error { return nil }, nil
	}
	handler, err := f.Handler(ctx, fleet.Web{Users: p.users, Words: InWords, Report: r.report})
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0)} // of connections that others broke
	if p.Cert != "" {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(p.Cert, p.Key) // which may have been renewed
			return &pair, err
		}}
	}
	served := make(chan error, 1)
	go func() {
		if s.TLSConfig != nil {
			served <- s.ServeTLS(p.listener, "", "")
		} else {
			served <- s.Serve(p.listener)
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
	rec, err := r.env.Store.Read(ctx, name)
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
