package journal

import (
	"encoding/binary"
	"hash/crc32"

	"accountsync/sync"
)

// row is the plan of an operation as it is stored.
type row struct {
	id                         int64
	phase                      int
	op                         string
	key, account, native, plan []byte
}

func (r *row) sum() int64 {
	return sum([]int64{r.id, int64(r.phase)}, []byte(r.op), r.key, r.account, r.native, r.plan)
}

// outcome is what became of an operation as it is stored.
type outcome struct {
	operation                 int64
	state, code               string
	created, result, evidence []byte
}

func outcomeOf(op *sync.Operation, l *sync.Line, id int64) outcome {
	return outcome{operation: id, state: string(op.State), code: string(op.Reason.Code), created: blob(op.Created), result: l.Result, evidence: blob(l.Evidence)}
}

// sum is the checksum of a version.
func (o *outcome) sum(version int64) int64 {
	return sum([]int64{o.operation, version}, []byte(o.state), []byte(o.code), o.created, o.result, o.evidence)
}

func headSum(run string, head []byte) int64 { return sum(nil, []byte(run), head) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is a checksum over numbers and texts, each text with its length.
func sum(numbers []int64, texts ...[]byte) int64 {
	var crc uint32
	var buf [8]byte
	add := func(n int64) {
		binary.LittleEndian.PutUint64(buf[:], uint64(n))
		crc = crc32.Update(crc, castagnoli, buf[:])
	}
	for _, n := range numbers {
		add(n)
	}
	for _, t := range texts {
		add(int64(len(t)))
		crc = crc32.Update(crc, castagnoli, t)
	}
	return int64(crc)
}
