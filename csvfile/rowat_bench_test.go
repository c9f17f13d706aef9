package csvfile

import (
	"fmt"
	"io"
	"testing"

	"accountsync/account"
)

func BenchmarkRowAt(b *testing.B) {
	f, err := Open(writeBenchFile(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	tab, err := f.Bind(people, benchSchema)
	if err != nil {
		b.Fatal(err)
	}
	var offsets []int64
	err = tab.read(func(r *account.Row, _ *account.Rejected) error {
		offsets = append(offsets, r.Offset)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := tab.RowAt(offsets[i*7919%len(offsets)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	a := &account.Account{NativeIdentity: "E0000001"}
	for i, s := range benchSchema.Attributes[1:] {
		a.Attributes = append(a.Attributes, account.Attribute{Name: s.Name, Value: account.StringValue(fmt.Sprintf("value %d", i))})
	}
	a.Attributes[len(a.Attributes)-1].Value = account.ListValue([]string{"g1", "g2", "g3"})
	w := NewWriter(io.Discard, people, benchSchema)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(a); err != nil {
			b.Fatal(err)
		}
	}
}
