package csvfile

import (
	"bytes"
	"encoding/csv"
	"io"
)

// delimiters are what findDelimiter looks for; of equals the first wins.
var delimiters = []rune{',', ';', '\t', '|'}

// findDelimiter finds the delimiter of the file that begins with the sample:
// the one that splits the header and, if possible, every record after it into
// the same number of cells, the most of them. A file of one column has a comma.
func findDelimiter(sample []byte, comment rune) rune {
	if i := bytes.LastIndexByte(sample, '\n'); i >= 0 && len(sample) == sampleSize {
		sample = sample[:i+1] // the last record may be cut
	}
	best, bestAlike, bestCells := ',', -1.0, 1
	for _, d := range delimiters {
		if d == comment {
			continue
		}
		cells, alike := splitsInto(sample, d, comment)
		if cells > 1 && (alike > bestAlike || alike == bestAlike && cells > bestCells) {
			best, bestAlike, bestCells = d, alike, cells
		}
	}
	return best
}

// splitsInto counts the header's cells, and the share of the first records that
// have as many.
func splitsInto(sample []byte, delimiter, comment rune) (cells int, alike float64) {
	cr := csv.NewReader(bytes.NewReader(sample))
	cr.Comma, cr.Comment, cr.FieldsPerRecord, cr.ReuseRecord = delimiter, comment, -1, true
	header, err := cr.Read()
	if err != nil {
		return 0, 0
	}
	cells = len(header)
	records, same := 0, 0
	for ; records < 50; records++ {
		record, err := cr.Read()
		if err == io.EOF {
			break
		}
		if err == nil && len(record) == cells {
			same++
		}
	}
	if records == 0 {
		return cells, 1
	}
	return cells, float64(same) / float64(records)
}
