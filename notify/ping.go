package notify

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// The dialect of healthchecks.io: URL/start when a run begins, URL/STATUS when
// it ends, with a text as the body; rid tells which end belongs to which start.

// pingMost is how much of a text is kept by those who are pinged.
const pingMost = 100_000

// pingAddress is where a step of a run is told.
func (r *Receiver) pingAddress(step, run string) string {
	u := r.url.JoinPath(step)
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&rid="+pingID(run), "&")
	return u.String()
}

// pingID is a run's id as a UUID, the same one every time.
func pingID(run string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("accountsync run "+run)).String()
}

// PingStart tells that a run begins.
func (c *Client) PingStart(ctx context.Context, r *Receiver, run string) error {
	return recorded(c.post(ctx, r.pingAddress("start", run), "", nil))
}

// PingEnd tells how a run ended.
func (c *Client) PingEnd(ctx context.Context, r *Receiver, run string, status int, text string) error {
	return recorded(c.post(ctx, r.pingAddress(strconv.Itoa(status), run), "text/plain; charset=utf-8", []byte(shortened(text, pingMost))))
}

// recorded knows the answers that say 200 and mean no: OK (not found), OK (rate limited).
func recorded(said string, err error) error {
	switch said = strings.TrimSpace(said); {
	case err != nil:
		return err
	case said == "OK (not found)":
		return errors.New("there is no such check")
	case strings.HasPrefix(said, "OK ("):
		return errors.New("too many pings: rate limited")
	}
	return nil
}

// shortened is the text cut at the end of a line, to so many bytes.
func shortened(text string, most int) string {
	const cut = "\n(cut here)\n"
	if len(text) <= most {
		return text
	}
	text = strings.ToValidUTF8(text[:most-len(cut)], "")
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + cut
}
