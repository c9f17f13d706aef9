package ratelimit

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseQuota(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want Quota
		text string
	}{
		{"100/10s", Quota{100, 10 * time.Second}, "100/10s"},
		{" 20 / s ", Quota{20, time.Second}, "20/1s"},
		{"5000/1h", Quota{5000, time.Hour}, "5000/1h"},
		{"10/m", Quota{10, time.Minute}, "10/1m"},
		{"7/1m30s", Quota{7, 90 * time.Second}, "7/1m30s"},
		{"1/1.5s", Quota{1, 1500 * time.Millisecond}, "1/1.5s"},
		{"1000000/24h", Quota{1_000_000, 24 * time.Hour}, "1000000/24h"},
	}
	for _, test := range tests {
		got, err := ParseQuota(test.in)
		if err != nil || got != test.want || got.String() != test.text {
			t.Errorf("ParseQuota(%q) = %v, %v; want %v", test.in, got, err, test.text)
		}
	}
}

func TestParseQuotaErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""},
		{"100", ""},
		{"/10s", "number of requests is missing"},
		{"ten/10s", `"ten" is not a whole number`},
		{"1.5/10s", `"1.5" is not a whole number`},
		{"99999999999999999999/s", "not a whole number"},
		{"0/10s", "0 requests is not between"},
		{"-5/10s", "-5 requests is not between"},
		{"1000001/s", "not between 1 and 1000000"},
		{"100/", "the time is missing"},
		{"100/10", "did you mean 10s?"},
		{"100/10 parsecs", `"10 parsecs" is not a time`},
		{"100/10s/2", "is not a time"},
		{"100/-10s", "a time of -10s is not between"},
		{"100/1us", "a time of 1µs is not between"},
		{"100/25h", "not between"},
	}
	for _, test := range tests {
		got, err := ParseQuota(test.in)
		if err == nil {
			t.Errorf("ParseQuota(%q) = %v, want an error with %q", test.in, got, test.want)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "write 100/10s") {
			t.Errorf("ParseQuota(%q): %v; want %q and what to write", test.in, err, test.want)
		}
	}
}

func TestQuotaReadsItsOwnText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := Quota{
			N:   rapid.IntRange(1, maxRequests).Draw(t, "N"),
			Per: time.Duration(rapid.Int64Range(int64(minPer), int64(maxPer)).Draw(t, "Per")),
		}
		text, _ := want.MarshalText()
		var got Quota
		if err := got.UnmarshalText(text); err != nil || got != want {
			t.Fatalf("%v read back as %v, %v", want, got, err)
		}
	})
}

func TestNewTransportPanicsWithoutQuota(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a quota of nothing was taken")
		}
	}()
	NewTransport(nil, Quota{})
}

func FuzzParseQuota(f *testing.F) {
	for _, seed := range []string{"100/10s", "20/s", "1/1.5s", "/", "100/10", "-1/-1s", "1/1h0m0.000001s", "9/𝟗s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := ParseQuota(s)
		if err != nil {
			if q != (Quota{}) {
				t.Errorf("an error and a quota: %v", q)
			}
			return
		}
		if !q.valid() {
			t.Errorf("ParseQuota(%q) = %d in %v, out of bounds", s, q.N, q.Per)
		}
		if again, err := ParseQuota(q.String()); err != nil || again != q {
			t.Errorf("%q read back as %v, %v", q, again, err)
		}
	})
}
