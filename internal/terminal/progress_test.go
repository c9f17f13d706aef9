package terminal

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	accountsync "accountsync/sync"

	"github.com/rs/zerolog"
)

func TestPaceInWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pace
		check := func(held Pause, want string) {
			t.Helper()
			if got := p.text(held); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		p.at(time.Now(), accountsync.Progress{Step: "listing", Done: 250})
		check(Pause{}, "250")
		time.Sleep(10 * time.Second)
		p.at(time.Now(), accountsync.Progress{Step: "listing", Done: 1250, Total: 20_000})
		check(Pause{}, "1,250 of 20,000, 3m8s left, 100/s")
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 1, Total: 200})
		time.Sleep(10 * time.Second)
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 101, Total: 200, Failed: 2})
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 99, Total: 200, Failed: 1}) // a slower worker's
		check(Pause{10 * time.Minute, 10 * time.Minute}, "101 of 200, 2 failed, waiting 10m as the API asked (Retry-After), 10s left, 10/s")
		check(Pause{Length: 6500 * time.Millisecond}, "101 of 200, 2 failed, pausing 7s after a refusal, 10s left, 10/s")
		p.at(time.Now(), accountsync.Progress{Step: "sending", Done: 200, Total: 200, Failed: 2})
		check(Pause{}, "200 of 200, 2 failed, 20/s")
	})
}

// Off a terminal, long work leaves a line in the log every 30 s.
func TestProgressIsLoggedEvery30Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&Console{Out: &out}, zerolog.New(&out), false, nil)
		for i := range 71 {
			p.Watch(accountsync.Progress{Step: "sending", Done: 10 * i, Total: 1000, Failed: i / 50})
			time.Sleep(time.Second)
		}
		p.End()
		want := `{"level":"info","step":"sending","done":300,"total":1000,"failed":0,"per_second":10,"left":"1m10s","message":"progress"}
{"level":"info","step":"sending","done":600,"total":1000,"failed":1,"per_second":10,"left":"40s","message":"progress"}
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", &out, want)
		}
	})
}
