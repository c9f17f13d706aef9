// Package network says what a connection failed with, and which hosts are this
// machine's own.
package network

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// Reason says why no answer came, without the address that was asked and without
// a word of anybody else's.
func Reason(err error) string {
	var slow net.Error
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &dns):
		return "host name could not be resolved (DNS)"
	case errors.As(err, &slow) && slow.Timeout():
		return "timed out"
	case errors.As(err, &certificate):
		return "TLS certificate not trusted"
	case errors.Is(err, syscall.ECONNREFUSED), errors.As(err, &op) && op.Op == "dial":
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	}
	return "connection failed"
}

// IsLoopback reports whether a host, without its port, is this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(strings.TrimRight(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
