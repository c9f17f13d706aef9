package journal

import (
	"encoding/binary"
	"hash/crc32"

	"accountsync/sync"
)

// outcome is what became of an operation as it is stored.
type outcome struct {
	id                        int64
	op                        string
	plannedState, plannedCode string
	state, code               string
	created, result, evidence []byte
}

// outcomeOf is how an operation stands. How it was planned counts for its first
// version only: what is stored of it never changes.
func outcomeOf(run int64, op *sync.Operation, l *sync.Line) outcome {
	return outcome{id: run<<32 | op.Row.Place, op: string(op.Op), plannedState: string(op.Row.State), plannedCode: string(op.Row.Code),
		state: string(op.State), code: string(op.Reason.Code), created: orNull(op.Created), result: l.Result, evidence: orNull(string(l.Evidence))}
}

// sum is the checksum of a version.
func (o *outcome) sum(version int64) int64 {
	return sum([]int64{o.id, version}, []byte(o.op), []byte(o.state), []byte(o.code), o.created, o.result, o.evidence)
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
