package csvfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"accountsync/internal/inputfile"
	"accountsync/internal/network"
)

// Bounds on what a web server gives.
const (
	fetchSilence = time.Minute // of the server, at the most
	mostHeaders  = 64 << 10    // bytes of the file with header lines
	mostHops     = 5           // redirects
)

// IsURL reports whether a path is the address of a table on a web server.
func IsURL(path string) bool {
	return strings.HasPrefix(path, "https://") || strings.HasPrefix(path, "http://")
}

// ShownURL is the address as anybody may see it: host and path.
func ShownURL(address string) string {
	where, err := url.Parse(address)
	if err != nil {
		return "https://***"
	}
	shown := (&url.URL{Scheme: where.Scheme, Host: where.Host, Path: where.Path}).String()
	if where.RawQuery != "" {
		shown += "?***"
	}
	return shown
}

// Shown is the path of a table as anybody may see it.
func Shown(path string) string {
	if IsURL(path) {
		return ShownURL(path)
	}
	return path
}

// openURL copies what a web server gives to a temporary file and opens that. No
// error shows more of the address than host and path: the rest may be a secret.
func openURL(ctx context.Context, address string, opt Options) (*File, error) {
	where, err := url.Parse(address)
	if err != nil || where.Host == "" {
		return nil, &FileError{Path: "--file", Msg: "this is no address of a web server", Hint: "write it as https://HOST/PATH"}
	}
	shown := (&url.URL{Scheme: where.Scheme, Host: where.Host, Path: where.Path}).String()
	fail := func(hint, format string, args ...any) error {
		return &FileError{Path: shown, Msg: fmt.Sprintf(format, args...), Hint: hint, missing: true}
	}
	switch {
	case where.User != nil:
		return nil, fail("put a line Authorization: ... into a file, and use --file-header-file FILE", "the address holds a user name or password, which others could read in the list of processes")
	case where.Scheme != "https" && !network.IsLoopback(where.Hostname()):
		return nil, fail("use https", "http would send the file, and the secret to get it, unencrypted")
	}
	header, err := readHeaderFile(opt.HeaderFile)
	if err != nil {
		return nil, fail("write one header a line, such as Authorization: Bearer ...", "--file-header-file: %v", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, fail("", "this is no address of a web server")
	}
	request.Header = header
	if header.Get("Cache-Control") == "" { // a proxy's older copy would look the same
		header.Set("Cache-Control", "no-cache")
		header.Set("Pragma", "no-cache")
	}
	client := &http.Client{CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if next.URL.Host != where.Host || next.URL.Scheme != where.Scheme {
			return fmt.Errorf("the server redirects to another host, %s", next.URL.Host)
		}
		if len(before) > mostHops {
			return errors.New("the server redirects without end")
		}
		return nil
	}, Transport: fetchTransport()}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var outer *url.Error
		if errors.As(err, &outer) { // it would show the whole address
			err = outer.Err
		}
		return nil, fail("check the address, and that this machine reaches the server", "%v", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
		return nil, fail("check the secret in the file of --file-header-file", "the server answered %s", answer.Status)
	case answer.StatusCode != http.StatusOK:
		return nil, fail("check the address", "the server answered %s", answer.Status)
	case answer.ContentLength < 0 && answer.ProtoMajor < 2 && len(answer.TransferEncoding) == 0 && !answer.Uncompressed:
		return nil, fail("let the server send Content-Length", "the server does not say how long the file is, so that one that is cut off could not be told")
	case answer.ContentLength > streamMost:
		return nil, fail("", "the file is longer than %d bytes", int64(streamMost))
	}
	kind, params, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind == "text/html" {
		return nil, fail("it may be a sign-in page: check the address, and --file-header-file", "the server answered with a web page (text/html), not with a table")
	}
	if opt.Encoding == "" && strings.HasPrefix(kind, "text/") && params["charset"] != "" && !strings.EqualFold(params["charset"], "us-ascii") {
		opt.Encoding = params["charset"]
	}
	body := &lengthCheck{r: answer.Body, want: answer.ContentLength}
	br := bufio.NewReaderSize(inputfile.Bounded(body, streamMost, fetchSilence), 64<<10)
	head, err := br.Peek(4)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil && err != io.EOF {
		return nil, fail("run again", "the download broke off: %v", err)
	}
	f := &File{path: shown, name: shown, opt: opt}
	decoder, err := f.decoder(head)
	if err != nil {
		return nil, err
	}
	if f.in, err = f.copyTo(br, decoder); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fail("run again", "the download broke off: %v", errors.Unwrap(err))
	}
	if tag := answer.Header.Get("ETag"); tag != "" {
		f.notes = append(f.notes, fmt.Sprintf("Downloaded %d bytes, ETag %.100s.", body.got, tag))
	}
	return f.converted("")
}

func fetchTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = fetchSilence
	return transport
}

// lengthCheck fails where a body is shorter than was said.
type lengthCheck struct {
	r    io.Reader
	want int64 // -1 where nothing was said
	got  int64
}

func (l *lengthCheck) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.got += int64(n)
	if err == io.EOF && l.want >= 0 && l.got != l.want {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readHeaderFile reads header lines. An error repeats none of them.
func readHeaderFile(path string) (http.Header, error) {
	header := http.Header{}
	if path == "" {
		return header, nil
	}
	text, err := inputfile.ReadAll(path, mostHeaders)
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") || name == "" {
			return nil, fmt.Errorf("line %d is not a header", i+1)
		}
		header.Add(name, strings.TrimSpace(value))
	}
	return header, nil
}
