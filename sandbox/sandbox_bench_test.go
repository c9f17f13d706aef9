package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"accountsync/sandbox"
)

// benchAPI is a server in memory without limits, signed in to.
func benchAPI(b *testing.B, n int) (client *http.Client, token, source string) {
	b.Helper()
	server := sandbox.New(sandbox.Generate(n, 1), sandbox.WithRate(sandbox.Rate{Kind: sandbox.RateOff}))
	client = &http.Client{Transport: server.Transport()}
	form := "grant_type=client_credentials&client_id=demo&client_secret=demo-secret"
	response, err := client.Post("http://sandbox/oauth/token", formMedia, strings.NewReader(form))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `"access_token":"`)
	token, _, _ = strings.Cut(rest, `"`)
	return client, token, server.SourceID(sandbox.GeneratedSource)
}

// fetch gets a page and gives its size in bytes.
func fetch(b *testing.B, client *http.Client, token string, query url.Values, headers ...string) int64 {
	b.Helper()
	request, err := http.NewRequestWithContext(context.Background(), "GET", "http://sandbox/v3/accounts?"+query.Encode(), nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	size, err := io.Copy(io.Discard, response.Body)
	if err != nil || response.StatusCode != 200 {
		b.Fatal(response.Status, err)
	}
	return size
}

// BenchmarkPage takes one page of 250 out of a source of a million accounts.
func BenchmarkPage(b *testing.B) {
	const n = 1_000_000
	client, token, source := benchAPI(b, n)
	query := url.Values{"filters": {fmt.Sprintf("sourceId eq %q", source)}, "count": {"true"}}
	for name, headers := range map[string][]string{"plain": nil, "gzip": {"Accept-Encoding", "gzip"}} {
		for _, sorters := range []string{"id", "name"} {
			b.Run(name+"/"+sorters, func(b *testing.B) {
				query.Set("sorters", sorters)
				fetch(b, client, token, query) // by name the first page sorts
				b.ReportAllocs()
				page := 0
				for b.Loop() {
					query.Set("offset", fmt.Sprint(page*250%n))
					b.SetBytes(fetch(b, client, token, query, headers...))
					page += 7
				}
			})
		}
	}
}

// BenchmarkNew loads generated accounts and tells what one takes of memory.
func BenchmarkNew(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		server := sandbox.New(sandbox.Generate(n, 1))
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/account")
		runtime.KeepAlive(server)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/account")
}
