package diff

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/csvfile"
)

// benchSchema has 12 attributes, one of them multi-valued.
var benchSchema = account.Schema{IdentityAttribute: "id", Attributes: append(
	[]account.SchemaAttribute{{Name: "id", Type: account.TypeString}, {Name: "number", Type: account.TypeLong}, {Name: "groups", Type: account.TypeString, Multi: true}},
	benchTexts()...)}

func benchTexts() []account.SchemaAttribute {
	attrs := make([]account.SchemaAttribute, 9)
	for i := range attrs {
		attrs[i] = account.SchemaAttribute{Name: "text" + strconv.Itoa(i), Type: account.TypeString}
	}
	return attrs
}

// benchRow is the i-th row and the account that is as it says.
func benchRow(row *account.Row, a *account.Account, i int) {
	row.Key = fmt.Sprintf("user%07d@example.com", i)
	row.Line, row.Offset = i+2, int64(i)*200
	row.Cells = append(row.Cells[:0], strconv.Itoa(i), "staff;users;team"+strconv.Itoa(i%100))
	a.ID, a.NativeIdentity = strconv.Itoa(i), row.Key
	a.Attributes = append(a.Attributes[:0],
		account.Attribute{Name: "id", Value: account.StringValue(row.Key)},
		account.Attribute{Name: "number", Value: account.StringValue(row.Cells[0])},
		account.Attribute{Name: "groups", Value: account.ListValue([]string{"users", "staff", "team" + strconv.Itoa(i%100)})})
	for n := range 9 {
		cell := "some text of attribute " + strconv.Itoa(n)
		row.Cells = append(row.Cells, cell)
		a.Attributes = append(a.Attributes, account.Attribute{Name: "text" + strconv.Itoa(n), Value: account.StringValue(cell)})
	}
}

// benchTable is a table of n rows as benchRow makes them.
func benchTable(b *testing.B, n int) *csvfile.Table {
	b.Helper()
	path := filepath.Join(b.TempDir(), "desired.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprint(w, "id,number,groups")
	for i := range 9 {
		fmt.Fprintf(w, ",text%d", i)
	}
	var row account.Row
	var a account.Account
	for i := range n {
		benchRow(&row, &a, i)
		fmt.Fprintf(w, "\n%s", row.Key)
		for _, c := range row.Cells {
			fmt.Fprintf(w, ",%s", c)
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return bindBench(b, path)
}

func bindBench(b *testing.B, path string) *csvfile.Table {
	b.Helper()
	t := openTable(b, path, benchSchema, csvfile.Options{})
	b.Cleanup(func() { t.Close() })
	return t
}

// BenchmarkIndex builds an index of n rows and reports what it holds on to: a
// row is an operation.
func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000, 3_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			table := benchTable(b, 0)
			rows := sampleRows(1000)
			key := make([]byte, 0, 32)
			for b.Loop() {
				before := heap()
				ix := NewIndex(table)
				for i := range n {
					row := rows[i%len(rows)]
					key = fmt.Appendf(key[:0], "user%07d@example.com", i)
					row.Key = unsafeString(key)
					ix.Add(&row)
				}
				if err := ix.Seal(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(heap()-before)/float64(n), "held-bytes/row")
				runtime.KeepAlive(ix)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}

func sampleRows(n int) []account.Row {
	rows := make([]account.Row, n)
	var a account.Account
	for i := range rows {
		benchRow(&rows[i], &a, i)
	}
	return rows
}

// heap is how many bytes are in use once everything else is collected.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkProbe holds a million live accounts, all equal to their rows,
// against an index: an account is an operation.
func BenchmarkProbe(b *testing.B) { benchProbe(b, benchTable(b, 0)) }

// BenchmarkProbeStates is BenchmarkProbe with every column of states.
func BenchmarkProbeStates(b *testing.B) {
	path := filepath.Join(b.TempDir(), "desired.csv")
	header := strings.Join([]string{"id", "number", "groups", "text0", "text1", "text2", "text3", "text4", "text5", "text6", "text7", "text8", stateHeader[len("id,city,"):]}, ",")
	if err := os.WriteFile(path, []byte(header+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	benchProbe(b, bindBench(b, path))
}

func benchProbe(b *testing.B, table *csvfile.Table) {
	const n = 1_000_000
	ix, accounts := probeIndex(b, table, n)
	key := make([]byte, 0, 32)
	d := Start(ix, Policy{}, &counter{})
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%n == 0 {
			d = Start(ix, Policy{}, &counter{})
		}
		a := accounts[i%len(accounts)]
		key = fmt.Appendf(key[:0], "user%07d@example.com", i%n)
		a.NativeIdentity = unsafeString(key)
		if err := d.Account(&a); err != nil {
			b.Fatal(err)
		}
	}
	if got := d.kept.count(); got != (b.N-1)%n+1 {
		b.Fatalf("%d accounts are kept", got)
	}
}

// probeIndex is an index of n rows and 1,000 accounts that are as the rows say
// but for their keys.
func probeIndex(b *testing.B, table *csvfile.Table, n int) (*Index, []account.Account) {
	b.Helper()
	ix := NewIndex(table)
	rows := sampleRows(1000)
	accounts := make([]account.Account, len(rows))
	for i := range accounts {
		var row account.Row
		benchRow(&row, &accounts[i], i)
		accounts[i].IdentityID = fmt.Sprintf("%032x", i)
		rows[i].States = account.States{Disabled: account.False, Correlated: true, IdentityID: accounts[i].IdentityID}
	}
	for i := range n {
		row := rows[i%len(rows)]
		row.Key = fmt.Sprintf("user%07d@example.com", i)
		ix.Add(&row)
	}
	if err := ix.Seal(); err != nil {
		b.Fatal(err)
	}
	return ix, accounts
}

// BenchmarkDiff reads a CSV of 20,000 rows, diffs as many accounts, of which
// 1 % differ and 1 % are not there, and makes the plan.
func BenchmarkDiff(b *testing.B) {
	const rows = 20_000
	path := benchTable(b, rows).Path()
	accounts := make([]account.Account, rows)
	for i := range accounts {
		var row account.Row
		benchRow(&row, &accounts[i], i)
		if i%100 == 1 {
			accounts[i].Attributes[5].Value = `"another text"`
		}
	}
	for b.Loop() {
		ix := fill(b, NewIndex(bindBench(b, path)))
		var n counter
		d := Start(ix, Policy{}, &n)
		for i := range accounts {
			if i%100 == 0 {
				continue
			}
			if err := d.Account(&accounts[i]); err != nil {
				b.Fatal(err)
			}
		}
		p, err := d.End()
		if err != nil {
			b.Fatal(err)
		}
		if n.changes != rows/50 || p.Balance() != nil {
			b.Fatalf("%d changes, %v", n.changes, p.Balance())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// counter is a sink that keeps nothing. It looks now and then how much memory is
// in use, garbage included.
type counter struct {
	changes, rest int
	peak          uint64
}

func (c *counter) Change(*Change) error {
	if c.changes++; c.changes%20_000 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.peak = max(c.peak, m.Sys-m.HeapReleased)
	}
	return nil
}

func (c *counter) Rejected(account.Rejected) error { c.rest++; return nil }
func (c *counter) Orphan(Orphan) error             { c.rest++; return nil }
func (c *counter) Absence(Absence) error           { c.rest++; return nil }
func (c *counter) Withdraw([]string) error         { return nil }
func (c *counter) DropAbsences() error             { return nil }

// BenchmarkMillion makes plans of a million changes of accounts with 12
// attributes, index and all, and reports the most memory that was in use on the
// way: a change is an operation.
func BenchmarkMillion(b *testing.B) {
	const n = 1_000_000
	path := benchTable(b, n).Path()
	some := benchTable(b, 1).Path()
	for _, bench := range []struct {
		name     string
		path     string
		accounts int
		edit     func(*account.Account)
	}{
		{"create", path, 0, nil},
		{"put", path, n, func(a *account.Account) { a.Attributes[5].Value = `"another text"` }},
		{"delete", some, n + 1, func(*account.Account) {}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var row account.Row
			var a account.Account
			for b.Loop() {
				debug.FreeOSMemory()
				var c counter
				ix := fill(b, NewIndex(bindBench(b, bench.path)))
				d := Start(ix, Policy{Removal: RemovalDelete, Now: today}, &c)
				for i := range bench.accounts {
					benchRow(&row, &a, i)
					bench.edit(&a)
					if err := d.Account(&a); err != nil {
						b.Fatal(err)
					}
				}
				p, err := d.End()
				if err != nil {
					b.Fatal(err)
				}
				if c.changes != n || p.Balance() != nil {
					b.Fatalf("%d changes, %v", c.changes, p.Balance())
				}
				b.ReportMetric(float64(c.peak)/(1<<20), "peak-MiB")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/change")
		})
	}
}
