package sync_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
)

// liar stands between the program and an honest server.
type liar struct {
	w    *world
	next http.RoundTripper
	lock gosync.Mutex
	lie  func(l *liar, r *http.Request) (*http.Response, error)
	kept map[string]*kept
	n    map[string]int // requests so far, by what a lie counts
}

// kept is an answer that a gateway has kept.
type kept struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
}

func (k *kept) answer(r *http.Request) *http.Response {
	return &http.Response{Status: http.StatusText(k.status), StatusCode: k.status, Header: k.header.Clone(), Body: io.NopCloser(bytes.NewReader(k.body)),
		ContentLength: int64(len(k.body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r}
}

func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	return l.lie(l, r)
}

// count counts, from 1.
func (l *liar) count(what string) int {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.n[what]++
	return l.n[what]
}

// fetch is the honest answer.
func (l *liar) fetch(r *http.Request) (*kept, error) {
	plain := r.Clone(r.Context())
	plain.Header.Set("Accept-Encoding", "identity")
	a, err := l.next.RoundTrip(plain)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	a.Header.Del("Content-Length")
	return &kept{time.Now(), a.StatusCode, a.Header, body}, err
}

func isList(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/accounts")
}

func isLook(r *http.Request) bool {
	return isList(r) && strings.Contains(r.URL.Query().Get("filters"), "nativeIdentity")
}

// cutNames is the request with some of the names it asks for.
func cutNames(r *http.Request, keep func([]string) []string) *http.Request {
	q := r.URL.Query()
	before, rest, in := strings.Cut(q.Get("filters"), "nativeIdentity in (")
	if !in {
		return r
	}
	names, after, _ := strings.Cut(rest, ")")
	q.Set("filters", before+"nativeIdentity in ("+strings.Join(keep(strings.Split(names, ",")), ",")+")"+after)
	r = r.Clone(r.Context())
	r.URL.RawQuery = q.Encode()
	return r
}

// edited answers a list with its accounts changed; total is added to its total.
func (l *liar) edited(r *http.Request, total int, edit func([]map[string]any) []map[string]any) (*http.Response, error) {
	k, err := l.fetch(r)
	if err != nil {
		return nil, err
	}
	if k.status != 200 {
		return k.answer(r), nil
	}
	var accounts []map[string]any
	if err := json.Unmarshal(k.body, &accounts); err != nil {
		return nil, err
	}
	n := len(accounts)
	accounts = edit(accounts)
	if k.body, err = json.Marshal(accounts); err != nil {
		return nil, err
	}
	if was, err := strconv.Atoi(k.header.Get("X-Total-Count")); err == nil {
		k.header.Set("X-Total-Count", strconv.Itoa(was-n+len(accounts)+total))
	}
	return k.answer(r), nil
}

// cached answers from what was answered for the same question in the last minute.
func (l *liar) cached(r *http.Request, forTime time.Duration) (*http.Response, error) {
	l.lock.Lock()
	k := l.kept[r.URL.String()]
	l.lock.Unlock()
	if k == nil || time.Since(k.at) > forTime {
		var err error
		if k, err = l.fetch(r); err != nil {
			return nil, err
		}
		l.lock.Lock()
		l.kept[r.URL.String()] = k
		l.lock.Unlock()
	}
	return k.answer(r), nil
}

func nativeOf(a map[string]any) string { return fmt.Sprint(a["nativeIdentity"]) }

var errCut = errors.New("connection reset by peer")

// liars are servers and gateways that do not tell the truth. None of them may
// bring the program to write what is wrong or to call verified what is not so.
var liars = map[string]func(l *liar, r *http.Request) (*http.Response, error){
	"lists are cached for a minute": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) {
			return l.cached(r, time.Minute)
		}
		return l.next.RoundTrip(r)
	},
	"lists are cached for a minute and answers of creates are lost": func(l *liar, r *http.Request) (*http.Response, error) {
		switch {
		case isList(r):
			return l.cached(r, time.Minute)
		case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/accounts") && l.count("create") <= 3:
			_, _ = l.fetch(r)
			return nil, errCut
		}
		return l.next.RoundTrip(r)
	},
	"lists are cached for a minute and answers of puts are lost": func(l *liar, r *http.Request) (*http.Response, error) {
		switch {
		case isList(r):
			return l.cached(r, time.Minute)
		case r.Method == "PUT" && l.count("put") <= 3:
			_, _ = l.fetch(r)
			return nil, errCut
		}
		return l.next.RoundTrip(r)
	},
	"the count is one too many in every other list": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) {
			return l.edited(r, l.count("list")%2, func(a []map[string]any) []map[string]any { return a })
		}
		return l.next.RoundTrip(r)
	},
	"of the names in a query only the last is looked at": func(l *liar, r *http.Request) (*http.Response, error) {
		return l.next.RoundTrip(cutNames(r, func(names []string) []string { return names[len(names)-1:] }))
	},
	"of the names in a query only the first ten are looked at": func(l *liar, r *http.Request) (*http.Response, error) {
		return l.next.RoundTrip(cutNames(r, func(names []string) []string { return names[:min(len(names), 10)] }))
	},
	"an account less and a count that agrees in every other look": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) && l.count("look")%2 == 0 {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any { return a[:max(0, len(a)-1)] })
		}
		return l.next.RoundTrip(r)
	},
	"accounts of another source in looks": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					if nativeOf(a[i]) == "a1" {
						a[i]["sourceId"] = strings.Repeat("9", 32)
					}
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"what was put shows old, new, old": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) && l.count("look")%3 != 0 {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					if attributes, ok := a[i]["attributes"].(map[string]any); ok && attributes["city"] == "Paris" {
						attributes["city"] = "Oslo"
					}
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"deleted accounts come back under a new id": func(l *liar, r *http.Request) (*http.Response, error) {
		if r.Method != "DELETE" {
			return l.next.RoundTrip(r)
		}
		native := ""
		for _, a := range l.w.server.Accounts(l.w.server.SourceID("S")) {
			if strings.HasSuffix(r.URL.Path, a.ID) {
				native = a.NativeIdentity
			}
		}
		time.AfterFunc(2160*time.Millisecond, func() {
			if l.w.account(native) != nil {
				return
			}
			l.w.server.SetAccount(l.w.server.SourceID("S"), sandbox.AccountSeed{ID: fmt.Sprintf("%032x", l.count("id")), Created: time.Now(),
				Attributes: sandbox.Attributes{"id": native, "city": "Oslo", "groups": []string{"VPN"}, "note": "kept by hand"}})
		})
		return l.next.RoundTrip(r)
	},
	"creates are done and answered 409": func(l *liar, r *http.Request) (*http.Response, error) {
		if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/accounts") {
			k, err := l.fetch(r)
			if err != nil {
				return nil, err
			}
			k.status, k.body = 409, []byte(`{"detailCode":"409 Conflict","messages":[{"text":"the account exists already"}]}`)
			return k.answer(r), nil
		}
		return l.next.RoundTrip(r)
	},
	"native identities come in capitals": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					a[i]["nativeIdentity"] = strings.ToUpper(nativeOf(a[i]))
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"native identities come in capitals in looks": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					a[i]["nativeIdentity"] = strings.ToUpper(nativeOf(a[i]))
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"every other look is refused": func(l *liar, r *http.Request) (*http.Response, error) {
		waits := []string{"-5", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", "99999999999", "1.5"}
		if n := l.count("look"); isLook(r) && n%2 == 0 && n < 24 {
			return (&kept{time.Now(), 429, http.Header{"Retry-After": {waits[n/2%len(waits)]}}, []byte(`{"message":" Rate Limit Exceeded "}`)}).answer(r), nil
		}
		return l.next.RoundTrip(r)
	},
	"looks after the first write are refused for five minutes": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) && l.w.writes() > 0 && l.count("look") < 40 {
			return (&kept{time.Now(), 429, http.Header{"Retry-After": {"30"}}, nil}).answer(r), nil
		}
		return l.next.RoundTrip(r)
	},
	"looks end in the middle": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) && l.count("look")%2 == 0 {
			k, err := l.fetch(r)
			if err != nil {
				return nil, err
			}
			k.body = k.body[:len(k.body)/2]
			return k.answer(r), nil
		}
		return l.next.RoundTrip(r)
	},
	"accounts come without attributes in every other list": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) && l.count("list")%2 == 0 {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					a[i]["attributes"] = nil
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"accounts come without attributes": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					a[i]["attributes"] = nil
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"accounts come with some of their attributes": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any {
				for i := range a {
					if attributes, ok := a[i]["attributes"].(map[string]any); ok {
						delete(attributes, "id")
						delete(attributes, "note")
					}
				}
				return a
			})
		}
		return l.next.RoundTrip(r)
	},
	"answers of looks are swapped": func(l *liar, r *http.Request) (*http.Response, error) {
		if isLook(r) {
			k, err := l.fetch(r)
			if err != nil {
				return nil, err
			}
			l.lock.Lock()
			last := l.kept["last"]
			l.kept["last"] = k
			l.lock.Unlock()
			if last != nil {
				return last.answer(r), nil
			}
		}
		return l.next.RoundTrip(r)
	},
	"the source is empty from the first write on": func(l *liar, r *http.Request) (*http.Response, error) {
		if isList(r) && l.w.writes() > 0 {
			return l.edited(r, 0, func(a []map[string]any) []map[string]any { return []map[string]any{} })
		}
		return l.next.RoundTrip(r)
	},
	"tasks are those of others": func(l *liar, r *http.Request) (*http.Response, error) {
		k, err := l.fetch(r)
		if err != nil {
			return nil, err
		}
		if k.status == 202 {
			l.lock.Lock()
			last := l.kept["last"]
			l.kept["last"] = k
			l.lock.Unlock()
			if last != nil {
				k = last
			}
		}
		return k.answer(r), nil
	},
}

// Whatever liars say: nothing that was there is created over, nothing that has a
// row deleted, no attribute lost that nobody asked about, and what is called
// verified is so.
func TestLiars(t *testing.T) {
	t.Parallel()
	csv := "id,city,groups\n"
	for i := range 12 {
		csv += fmt.Sprintf("a%d,%s,VPN\n", i, []string{"Oslo", "Paris", "Oslo"}[i%3])
	}
	csv += "n0,Rome,VPN\nn1,Rome,VPN;Mail\nn2,Rome,\n"
	for name, lie := range liars {
		t.Run(name, func(t *testing.T) {
			for _, removal := range []string{"delete", "disable"} {
				bubble(t, 16, csv, func(w *world) {
					w.terms.Removal = map[string]sync.Terms{"delete": {Removal: "delete"}, "disable": {Removal: "disable"}}[removal].Removal
					w.client = w.connectBy(&liar{w: w, next: w.server.Transport(), lie: lie, kept: map[string]*kept{}, n: map[string]int{}})
					before := w.server.Accounts(w.server.SourceID("S"))
					got, err := w.sync()
					t.Logf("%s: %v, %s", removal, err, got.outcome)
					for _, op := range got.Operations {
						if op.State != sync.Verified {
							t.Log(op.Op, op.Key, op.State, got.WhyWithheld(op), op.Error)
						}
					}
					if wrong := w.misdeeds(csv, before, got); wrong != "" {
						t.Error(wrong)
					}
					for _, a := range w.server.Accounts(w.server.SourceID("S")) {
						i := slices.IndexFunc(before, func(b sandbox.Account) bool { return b.ID == a.ID })
						if i >= 0 && a.Value("note") != before[i].Value("note") {
							t.Errorf("%s has lost its note", a.NativeIdentity)
						}
					}
					if strings.Contains(name, "come back") {
						for _, op := range got.Operations {
							if op.Op == "delete" && op.State == sync.Verified && w.account(op.Native) != nil {
								t.Errorf("delete %s is verified, and it is there", op.Key)
							}
						}
					}
				})
			}
		})
	}
}

// What a cache has kept of one run's questions is no answer to the next run's:
// what the first one created is not created over.
func TestCacheBetweenRuns(t *testing.T) {
	for _, key := range []string{"address", "filters"} {
		bubble(t, 40, rows(40, "n0,Rome,VPN", "n1,Rome,VPN"), func(w *world) {
			w.client = w.connectBy(&liar{w: w, next: w.server.Transport(), kept: map[string]*kept{}, n: map[string]int{}, lie: func(l *liar, r *http.Request) (*http.Response, error) {
				if !isList(r) {
					return l.next.RoundTrip(r)
				}
				if key == "filters" && isLook(r) {
					q := r.URL.Query()
					q.Del("limit")
					r = r.Clone(r.Context())
					r.URL.RawQuery = q.Encode()
				}
				return l.cached(r, time.Minute)
			}})
			if got, err := w.sync(); err != nil || got.Totals.Create.Verified != 2 {
				t.Fatalf("%+v, %v", got.Totals.Create, err)
			}
			n := w.writes()
			got, err := w.sync()
			if err != nil || w.writes() != n || w.upserts() != 0 {
				t.Errorf("by %s: %d more writes, %d over accounts that were there, %v: %v", key, w.writes()-n, w.upserts(), states(got), err)
			}
		})
	}
}

// A page that comes under another offset, too, in place of its own.
func TestPageRepeated(t *testing.T) {
	for _, stays := range []bool{false, true} {
		bubble(t, 600, rows(598, "n0,Rome,VPN"), func(w *world) {
			w.client = w.connectBy(&liar{w: w, next: w.server.Transport(), kept: map[string]*kept{}, n: map[string]int{}, lie: func(l *liar, r *http.Request) (*http.Response, error) {
				if q := r.URL.Query(); isList(r) && q.Get("offset") == "250" && (stays || l.count("page") == 1) {
					q.Set("offset", "0")
					r = r.Clone(r.Context())
					r.URL.RawQuery = q.Encode()
				}
				return l.next.RoundTrip(r)
			}})
			before := w.server.Accounts(w.server.SourceID("S"))
			got, err := w.sync()
			if wrong := w.misdeeds(rows(598), before, got); wrong != "" || err != nil {
				t.Error(wrong, err)
			}
			if got.Listing.Proven == stays || stays != (w.account("a599") != nil) {
				t.Errorf("stays %v: %+v", stays, got.Listing)
			}
		})
	}
}
