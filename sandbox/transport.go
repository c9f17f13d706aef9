package sandbox

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport is a round tripper that serves every request in memory, in the caller's goroutine: no socket, no
// goroutine, latency by sleeping. It is made for testing/synctest bubbles. A cut connection is io.ErrUnexpectedEOF.
func (s *Server) Transport() http.RoundTripper { return memoryTransport{s} }

type memoryTransport struct{ server *Server }

// RoundTrip serves one request as net/http would.
func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	inbound := r.Clone(r.Context())
	inbound.RequestURI = r.URL.RequestURI()
	inbound.Host = cmp.Or(r.Host, r.URL.Host)
	w := &memoryWriter{header: http.Header{}}
	aborted := t.serve(w, inbound)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if aborted && !w.wrote {
		return nil, io.ErrUnexpectedEOF
	}
	return w.response(r, aborted), nil
}

// serve runs the handler and tells whether it cut the connection.
func (t memoryTransport) serve(w *memoryWriter, r *http.Request) (aborted bool) {
	defer func() {
		problem := recover()
		if err, ok := problem.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			aborted = true
		} else if problem != nil {
			panic(problem)
		}
	}()
	t.server.ServeHTTP(w, r)
	return false
}

// memoryWriter keeps an answer.
type memoryWriter struct {
	header http.Header
	status int
	body   []byte
	wrote  bool
	more   chunks // what comes after body, nil for its end
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) { w.status, w.wrote = status, true }

// Write keeps text itself when it is the first: the handler does not touch it again.
func (w *memoryWriter) Write(text []byte) (int, error) {
	if w.body == nil {
		w.body = text[:len(text):len(text)]
	} else {
		w.body = append(w.body, text...)
	}
	return len(text), nil
}

func (w *memoryWriter) response(r *http.Request, aborted bool) *http.Response {
	length, _ := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	var body io.ReadCloser = io.NopCloser(bytes.NewReader(w.body))
	if aborted {
		body = io.NopCloser(io.MultiReader(body, brokenReader{}))
	} else if w.more != nil {
		body = newChunkReader(r.Context(), w.body, w.more)
	}
	if w.header.Get("Content-Length") == "" {
		length = -1
	}
	return &http.Response{Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Body: body,
		ContentLength: length, Request: r}
}

// brokenReader is where a cut body ends.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
