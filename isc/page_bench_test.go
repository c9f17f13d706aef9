package isc

import (
	jsonv1 "encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"accountsync/account"

	"github.com/go-json-experiment/json"
)

// structAccount is a page's account as one would decode it without thought.
type structAccount struct {
	ID                 string               `json:"id"`
	Name               string               `json:"name"`
	NativeIdentity     string               `json:"nativeIdentity"`
	SourceID           string               `json:"sourceId"`
	SourceName         string               `json:"sourceName"`
	IdentityID         string               `json:"identityId"`
	IdentityState      string               `json:"identityState"`
	Created            string               `json:"created"`
	Modified           string               `json:"modified"`
	Disabled           bool                 `json:"disabled"`
	Locked             bool                 `json:"locked"`
	ManuallyCorrelated bool                 `json:"manuallyCorrelated"`
	Uncorrelated       bool                 `json:"uncorrelated"`
	Identity           *struct{ ID string } `json:"identity"`
	Attributes         map[string]any       `json:"attributes"`
}

// BenchmarkDecodePage decodes a page of 250 accounts, about 321 KB, each way,
// in turn with encoding/json into structs: x-encoding-json is the best of its
// times as a multiple of the best of those. One page is plain, in the other half
// of the departments hold what encoders of several languages write as \u0026.
func BenchmarkDecodePage(b *testing.B) {
	plain := samplePage(250, "user")
	b.Run("page=plain", func(b *testing.B) { benchmarkDecode(b, plain) })
	b.Run("page=escaped", func(b *testing.B) { benchmarkDecode(b, escapedPage(plain)) })
}

// escapedPage gives every second account a department with escapes.
func escapedPage(page string) string {
	parts := strings.SplitAfter(page, `"department":"`)
	for i := 1; i < len(parts); i += 2 {
		parts[i] = strings.Replace(parts[i], `Engineering`, `R\u0026D \u003cnorth\u003e`, 1)
	}
	return strings.Join(parts, "")
}

func benchmarkDecode(b *testing.B, text string) {
	encodingJSON := func() int {
		var accounts []structAccount
		if err := jsonv1.Unmarshal([]byte(text), &accounts); err != nil {
			b.Fatal(err)
		}
		return len(accounts)
	}
	for _, way := range []struct {
		name   string
		decode func() int
	}{
		{"way=encoding-json", encodingJSON},
		{"way=ours", func() int { return countAccounts(b, text) }},
		{"way=go-json-experiment", func() int {
			var accounts []structAccount
			if err := json.Unmarshal([]byte(text), &accounts); err != nil {
				b.Fatal(err)
			}
			return len(accounts)
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			allocations := testing.AllocsPerRun(3, func() { way.decode() })
			own, base := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				b.StopTimer()
				base = min(base, timeDecoding(b, encodingJSON))
				b.StartTimer()
				own = min(own, timeDecoding(b, way.decode))
			}
			b.ReportMetric(own.Seconds()/base.Seconds(), "x-encoding-json")
			b.ReportMetric(allocations, "allocs/page")
		})
	}
}

func timeDecoding(b *testing.B, decode func() int) time.Duration {
	b.Helper()
	began := time.Now()
	if n := decode(); n != 250 {
		b.Fatalf("%d accounts", n)
	}
	return time.Since(began)
}

func countAccounts(b *testing.B, text string) int {
	n := 0
	var a *account.Account
	var err error
	for a, err = range decodePage(text) {
		if err != nil || len(a.Attributes) != 12 {
			b.Fatal(a, err)
		}
		n++
	}
	return n
}

// BenchmarkAccounts takes a page from the body of an answer to its last account.
func BenchmarkAccounts(b *testing.B) {
	text := samplePage(250, "user")
	c, err := New(Config{BaseURL: "https://tenant.example", ClientID: testID, ClientSecret: testSecret,
		HTTP: roundTrip(func(*http.Request) (*http.Response, error) { return answerOf(200, text), nil })})
	if err != nil {
		b.Fatal(err)
	}
	c.tokens.current.Store(&grant{token: "t"})
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := c.Accounts(b.Context(), account.Query{SourceID: "2c9180835d191a86015d28455b4a2329"})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range p.Accounts {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 250 {
			b.Fatal(n)
		}
	}
}
