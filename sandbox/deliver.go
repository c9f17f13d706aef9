package sandbox

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// deliver writes the answer, or as much of it as the fault leaves. To cut the connection it panics with
// http.ErrAbortHandler, which net/http and [Server.Transport] understand.
func (s *Server) deliver(w http.ResponseWriter, c *call, answer *reply) {
	if c.fault.Kind == FaultLostBefore || c.fault.Kind == FaultLostAfter {
		panic(http.ErrAbortHandler)
	}
	if c.fault.Kind == FaultHangBefore {
		<-c.request.Context().Done()
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	for name, values := range answer.header {
		header[name] = values
	}
	if len(answer.body) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", jsonMedia)
	}
	if date := c.fault.date(time.Now()); date != "" {
		header.Set("Date", date)
	}
	body := s.encode(c, header, answer.body)
	if c.fault.Kind != FaultEndless {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(answer.status)
	switch c.fault.Kind {
	case FaultCutBody:
		flush(w, body[:len(body)/2])
		panic(http.ErrAbortHandler)
	case FaultHang:
		goOn(w, c, nil, silence)
	case FaultHangMiddle:
		goOn(w, c, body[:len(body)/2], silence)
	case FaultEndless:
		goOn(w, c, body[:max(0, len(body)-1)], blanks(time.Duration(c.fault.Delay)))
	default:
		_, _ = w.Write(body) // a client that has gone is no concern of the server
	}
}

// smallest is the size below which compressing costs more than it saves.
const smallest = 512

func (s *Server) compresses(r *http.Request, body []byte) bool {
	if s.config.settings.NoGzip || len(body) < smallest {
		return false
	}
	for _, offer := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if (coding == "gzip" || coding == "*") && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

func compressed(body []byte) []byte {
	w := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	var out bytes.Buffer
	out.Grow(len(body) / 4)
	w.Reset(&out)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
