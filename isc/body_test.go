package isc

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
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
		got, err := unpack(tt.packed)
		if !strings.HasPrefix(got, tt.want) || len(got) > maxBody || tt.err == nil && got != tt.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(tt.want))
		}
		if (tt.err == nil) != (err == nil) || err != nil && !strings.HasSuffix(err.Error(), tt.err.Error()) {
			t.Errorf("%s: %v, want %v", name, err, tt.err)
		}
	}
}
