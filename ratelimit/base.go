package ratelimit

import (
	"net/http"
	"time"
)

const idlePerHost = 16

// BaseTransport is http.DefaultTransport (proxy from the environment, HTTP/2)
// fit for many workers on one host: it keeps a connection for each of them, at
// least 16, and gives up on an answer that has not begun after half a minute.
func BaseTransport(workers int) *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.MaxIdleConnsPerHost = max(idlePerHost, workers)
	t.MaxIdleConns = max(100, 2*t.MaxIdleConnsPerHost)
	t.ResponseHeaderTimeout = headerTimeout
	// An HTTP/2 connection that a firewall dropped shows only to a ping.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	return t
}
