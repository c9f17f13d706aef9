package isc

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.WriteString(z, text)
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	page := samplePage(250, "u")
	packed := pack(t, page)
	flipped := bytes.Clone(packed)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for name, tt := range map[string]struct {
		packed []byte
		want   string // the text begins with it
		err    error
	}{
		"nothing":    {nil, "", nil},
		"whole":      {packed, page, nil},
		"two":        {append(pack(t, "[]"), pack(t, " ")...), "[] ", nil},
		"empty":      {pack(t, ""), "", nil},
		"cut":        {packed[:len(packed)/2], page[:1000], io.ErrUnexpectedEOF},
		"end cut":    {packed[:len(packed)-4], page, io.ErrUnexpectedEOF},
		"head cut":   {packed[:5], "", io.ErrUnexpectedEOF},
		"not packed": {[]byte(page), "", gzip.ErrHeader},
		"damaged":    {flipped, page, gzip.ErrChecksum},
		"too long":   {pack(t, strings.Repeat(" ", maxBody+1)), " ", errTooLong},
	} {
		held := &memory{ctx: t.Context()}
		got, err := unpack(tt.packed, held)
		if !strings.HasPrefix(got, tt.want) || len(got) > maxBody || tt.err == nil && got != tt.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(tt.want))
		}
		held.release()
		if (tt.err == nil) != (err == nil) || err != nil && !strings.HasSuffix(err.Error(), tt.err.Error()) {
			t.Errorf("%s: %v, want %v", name, err, tt.err)
		}
	}
}

// TestMemoryIsShared: bodies of an ordinary size are free, the rest waits for
// room, and gives it back.
func TestMemoryIsShared(t *testing.T) {
	var all []*memory
	take := func(n int) error {
		m := &memory{ctx: t.Context()}
		all = append(all, m)
		return m.grow(n)
	}
	for range 100 {
		if err := take(freeBody); err != nil {
			t.Fatal(err)
		}
	}
	for range roomBytes / maxBody { // each but for what is free
		if err := take(maxBody); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	late := &memory{ctx: ctx}
	if err := late.grow(maxBody); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	late.release()
	waiting := make(chan error)
	again := &memory{ctx: t.Context()}
	go func() { waiting <- again.grow(maxBody) }()
	for _, m := range all {
		m.release()
	}
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	again.release()
	if !room.TryAcquire(roomBytes) {
		t.Error("some room was not given back")
	}
	room.Release(roomBytes)
}

// TestMemoryOfAnswersComesBack: a page that nobody holds any more makes room.
func TestMemoryOfAnswersComesBack(t *testing.T) {
	for range 3 * roomBytes / maxBody {
		m := &memory{ctx: t.Context()}
		if err := m.grow(maxBody); err != nil {
			t.Fatal(err)
		}
		m.keepFor(&answer{body: "x"})
	}
}
