//go:build !integration || !unix

// Package pgtest starts a PostgreSQL of the tests' own, with the tag integration.
package pgtest

import (
	"os"
	"testing"
)

// Server is a server of one test's own.
type Server struct{}

// Database makes a new database, and gives its URL.
func Database(t testing.TB) string { skip(t); return "" }

// Main runs the tests of a package that call Database.
func Main(m *testing.M) int { return m.Run() }

// New starts a server for one test alone, which may stop it.
func New(t testing.TB) *Server { skip(t); return nil }

// Start starts the server, again after Stop.
func (*Server) Start() error { return nil }

// Stop stops the server at once: connections break.
func (*Server) Stop() {}

// Process is the server's.
func (*Server) Process() *os.Process { return nil }

// Database makes a new database and gives its URL.
func (*Server) Database(testing.TB) string { return "" }

func skip(t testing.TB) {
	t.Helper()
	t.Skip("needs PostgreSQL: make integration")
}
