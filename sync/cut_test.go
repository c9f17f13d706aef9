package sync_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"accountsync/diff"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// cut is a gateway that cuts a list of names in a filter, or the answer to it,
// without a word.
type cut struct {
	next        http.RoundTripper
	names, rows int // how many are left; 0: all
}

var nameList = regexp.MustCompile(`nativeIdentity in \((.*)\)`)

func (c cut) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	in := nameList.FindStringSubmatch(query.Get("filters"))
	if in == nil {
		return c.next.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding")
	if names := strings.Split(in[1], ","); c.names > 0 && len(names) > c.names {
		query.Set("filters", strings.Replace(query.Get("filters"), in[1], strings.Join(names[:c.names], ","), 1))
		r.URL.RawQuery = query.Encode()
	}
	answer, err := c.next.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK || c.rows == 0 {
		return answer, err
	}
	var rows []jsontext.Value
	if err := json.UnmarshalRead(answer.Body, &rows); err != nil {
		return nil, err
	}
	if len(rows) > c.rows {
		rows = rows[:c.rows]
		answer.Header.Set("X-Total-Count", fmt.Sprint(c.rows))
	}
	body, err := json.Marshal(rows)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, err
}

// A look that is cut short, with a total that agrees, proves of nothing that it
// is not there: no account is called deleted, or gone, that is there.
func TestLooksThatAreCutShort(t *testing.T) {
	for name, c := range map[string]cut{
		"the first three names": {names: 3}, "the first three rows": {rows: 3}, "two rows": {rows: 2},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 20, rows(9, "a9,Paris,VPN", "a10,Paris,VPN", "a11,Paris,VPN", "a12,Paris,VPN", "a13,Paris,VPN", "n1,Rome,", "n2,Rome,", "n3,Rome,", "n4,Rome,"), func(w *world) {
				c.next = w.server.Transport()
				w.client = w.connectBy(c)
				r, err := w.sync()
				if len(r.Operations) == 0 {
					w.t.Fatal("nothing was planned: ", err)
				}
				for _, op := range r.Operations {
					there := w.account(op.Native) != nil
					switch {
					case op.Op == diff.Delete && op.State == sync.Verified && there:
						w.t.Errorf("delete %s is verified (%s), and it is there", op.Key, op.Reason.Code)
					case op.Reason.Code == sync.CodeGone && there:
						w.t.Errorf("%s %s is called gone, and it is there", op.Op, op.Key)
					}
				}
				if n := w.upserts(); n > 0 {
					w.t.Errorf("%d creates changed an account that was there", n)
				}
			})
		})
	}
}
