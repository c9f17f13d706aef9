package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"accountsync/internal/network"
)

// Start serves on addr, which must be a loopback address such as 127.0.0.1:0, and gives the base URL. Stop lets
// requests under way finish until its context ends, then cuts them; it returns what went wrong while serving.
func (s *Server) Start(addr string) (url string, stop func(context.Context) error, err error) {
	if err := loopback(addr); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	stop = func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // the first error is the one to tell
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
	return "http://" + listener.Addr().String(), stop, nil
}

// loopback refuses addresses that others could reach: the sandbox's secrets are no secrets.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("sandbox: %q is not host:port, such as 127.0.0.1:8080: %w", addr, err)
	}
	if network.IsLoopback(host) {
		return nil
	}
	return fmt.Errorf("sandbox: %s is not a loopback address: use 127.0.0.1 or localhost", addr)
}
