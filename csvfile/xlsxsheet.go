package csvfile

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sheetRow is one row of a worksheet. Its cells are used again for the next one.
type sheetRow struct {
	number int // from 1
	hidden bool
	cells  []sheetCell // from column A on
}

type sheetCell struct {
	text  string
	fault faultKind
}

// area is a stretch of merged cells. Rows count from 1, columns from 0.
type area struct{ top, left, bottom, right int }

// The size of a worksheet.
const (
	mostRows     = 1 << 20
	mostCellText = 16 << 20 // bytes of XML between two tags, at the most
)

// tokenReader fails where an XML token is longer than anything a sheet holds.
type tokenReader struct {
	r     io.Reader
	given int64
	begun int64 // where the token began, moved on by the parser
}

func (t *tokenReader) Read(p []byte) (int, error) {
	if t.given-t.begun > mostCellText {
		return 0, errors.New("a cell is longer than 16 MiB")
	}
	n, err := t.r.Read(p)
	t.given += int64(n)
	return n, err
}

// xmlTokens calls each with the tokens of a part. The names come without their
// name spaces.
func (w *workbook) xmlTokens(name string, each func(xml.Token) error) error {
	part, err := w.open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	in := &tokenReader{r: &limited{part, mostSheet}}
	dec := xml.NewDecoder(in)
	depth := 0
	for {
		token, err := dec.RawToken()
		if err == io.EOF && depth != 0 {
			err = io.ErrUnexpectedEOF
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
		in.begun = dec.InputOffset()
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if err := each(token); err != nil {
			return err
		}
	}
}

// sheetReader makes rows of a sheet's tokens.
type sheetReader struct {
	*workbook
	yield  func(sheetRow) error
	row    sheetRow
	merged []area

	inRow, inCell bool
	column        int // of the cell
	typ           string
	style         int
	formula       bool
	valued        bool // it has a value
	collecting    bool // the text of a value
	phonetic      int  // how deep in readings, which are no text
	text          []byte
}

// read calls yield with the rows of a sheet that are there, in their order.
func (w *workbook) read(s worksheet, yield func(sheetRow) error) ([]area, error) {
	r := &sheetReader{workbook: w, yield: yield}
	err := w.xmlTokens(s.path, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			return r.start(t)
		case xml.EndElement:
			return r.end(t.Name.Local)
		case xml.CharData:
			if r.collecting {
				r.text = append(r.text, t...)
			}
		}
		return nil
	})
	return r.merged, err
}

func (r *sheetReader) start(t xml.StartElement) error {
	switch name := t.Name.Local; {
	case name == "row" && !r.inRow:
		number := r.row.number + 1
		r.row.hidden = false
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "r":
				number, _ = strconv.Atoi(a.Value)
			case "hidden":
				r.row.hidden = a.Value == "1" || a.Value == "true"
			}
		}
		if number <= r.row.number || number > mostRows {
			return fmt.Errorf("row %d follows row %d", number, r.row.number)
		}
		r.inRow, r.row.number, r.row.cells, r.column = true, number, r.row.cells[:0], -1
	case name == "c" && r.inRow && !r.inCell:
		r.inCell, r.typ, r.style, r.formula, r.valued, r.text = true, "", 0, false, false, r.text[:0]
		r.column++
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "r":
				column, row, ok := cellAt(a.Value)
				if !ok || row != r.row.number || column < r.column {
					return fmt.Errorf("cell %.10q is in row %d, column %d", a.Value, r.row.number, r.column+1)
				}
				r.column = column
			case "t":
				r.typ = a.Value
			case "s":
				r.style, _ = strconv.Atoi(a.Value)
			}
		}
		if r.column >= mostColumns {
			return fmt.Errorf("row %d has more than %d columns", r.row.number, mostColumns)
		}
	case r.inCell && name == "f":
		r.formula = true
	case r.inCell && name == "rPh":
		r.phonetic++
	case r.inCell && (name == "v" || name == "t" && r.phonetic == 0):
		r.collecting, r.valued = true, true
	case name == "mergeCell":
		for _, a := range t.Attr {
			from, to, ok := strings.Cut(a.Value, ":")
			if a.Name.Local != "ref" || !ok {
				continue
			}
			left, top, ok1 := cellAt(from)
			right, bottom, ok2 := cellAt(to)
			if ok1 && ok2 && len(r.merged) < mostMerged {
				r.merged = append(r.merged, area{top, left, bottom, right})
			}
		}
	}
	return nil
}

func (r *sheetReader) end(name string) error {
	switch {
	case name == "v" || name == "t":
		r.collecting = false
	case name == "rPh":
		r.phonetic--
	case name == "c" && r.inCell:
		r.inCell = false
		cell, err := r.cell()
		if err != nil || cell == (sheetCell{}) {
			return err
		}
		for len(r.row.cells) < r.column {
			r.row.cells = append(r.row.cells, sheetCell{})
		}
		r.row.cells = append(r.row.cells, cell)
	case name == "row" && r.inRow && !r.inCell:
		r.inRow = false
		return r.yield(r.row)
	}
	return nil
}

// cell is what the cell that has ended holds.
func (r *sheetReader) cell() (c sheetCell, err error) {
	switch {
	case r.formula && !r.valued:
		return sheetCell{fault: faultFormula}, nil
	case len(r.text) == 0:
		return c, nil
	}
	text := string(r.text)
	switch r.typ {
	case "s":
		at, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || r.strings == nil {
			return c, fmt.Errorf("cell %s refers to a text that is not there", cellName(r.column, r.row.number))
		}
		c.text, err = r.strings.at(at)
		return c, err
	case "b":
		return sheetCell{text: strconv.FormatBool(text == "1" || text == "true")}, nil
	case "e":
		return sheetCell{text: text, fault: faultError}, nil
	case "str", "inlineStr":
		return sheetCell{text: unescaped(text)}, nil
	case "d":
		return sheetCell{text: text}, nil
	case "", "n":
		var format cellFormat
		if r.style >= 0 && r.style < len(r.formats) {
			format = r.formats[r.style]
		}
		return format.cell(strings.TrimSpace(text), r.date1904), nil
	}
	return c, fmt.Errorf("cell %s is of the unknown type %.10q", cellName(r.column, r.row.number), r.typ)
}

// cellAt reads the name of a cell, such as C7 or $C$7.
func cellAt(name string) (column, row int, ok bool) {
	name = strings.ReplaceAll(name, "$", "")
	letters := 0
	for letters < len(name) && name[letters] >= 'A' && name[letters] <= 'Z' {
		if letters++; letters > 3 {
			return 0, 0, false
		}
		column = column*26 + int(name[letters-1]-'A') + 1
	}
	row, err := strconv.Atoi(name[letters:])
	return column - 1, row, err == nil && letters > 0 && row >= 1 && row <= mostRows
}

// unescaped undoes _x000D_, in which a workbook writes characters that XML cannot hold.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		if len(text) >= i+7 && text[i] == '_' && text[i+1] == 'x' && text[i+6] == '_' {
			if code, err := strconv.ParseUint(text[i+2:i+6], 16, 16); err == nil && utf8.ValidRune(rune(code)) {
				b.WriteRune(rune(code))
				i += 7
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// sharedStrings are the texts of a workbook, in a temporary file.
type sharedStrings struct {
	file   *os.File
	ends   []uint32 // of each text in the file
	blocks [256]textBlock
}

// textBlock is a stretch of the file that was read last: texts that are used
// near each other lie near each other.
type textBlock struct {
	number int64 // from 1; 0 for none
	data   []byte
}

const textBlockSize = 8 << 10

// readStrings copies the texts to a temporary file that has no name.
func (w *workbook) readStrings(name string) (*sharedStrings, error) {
	file, temporary, err := newTemporary("accountsync-*.txt")
	if err != nil {
		return nil, err
	}
	s := &sharedStrings{file: file}
	defer func() {
		if temporary != "" {
			os.Remove(temporary)
		}
	}()
	out := newCountingWriter(file)
	phonetic, collecting := 0, false
	var text []byte
	err = w.xmlTokens(name, func(token xml.Token) error {
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "rPh":
				phonetic++
			case "t":
				collecting = phonetic == 0
			}
		case xml.CharData:
			if collecting {
				text = append(text, t...)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "rPh":
				phonetic--
			case "t":
				collecting = false
			case "si":
				if _, err := out.WriteString(unescaped(string(text))); err != nil {
					return err
				}
				if text = text[:0]; out.n > 1<<32-1 {
					return errors.New("the texts of the workbook are longer than 4 GiB")
				}
				s.ends = append(s.ends, uint32(out.n))
			}
		}
		return nil
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *sharedStrings) close() { s.file.Close() }

// at is the text of that number.
func (s *sharedStrings) at(i int) (string, error) {
	if i < 0 || i >= len(s.ends) {
		return "", fmt.Errorf("text %d of %d is asked for", i, len(s.ends))
	}
	from, to := int64(0), int64(s.ends[i])
	if i > 0 {
		from = int64(s.ends[i-1])
	}
	if number := from/textBlockSize + 1; from < to && (to-1)/textBlockSize+1 == number {
		b := &s.blocks[number%int64(len(s.blocks))]
		if b.number != number {
			b.data = append(b.data[:0], make([]byte, textBlockSize)...)
			n, err := s.file.ReadAt(b.data, (number-1)*textBlockSize)
			if err != nil && err != io.EOF {
				return "", err
			}
			b.number, b.data = number, b.data[:n]
		}
		base := (number - 1) * textBlockSize
		return string(b.data[from-base : to-base]), nil
	}
	text := make([]byte, to-from)
	_, err := s.file.ReadAt(text, from)
	if len(text) == 0 || err == io.EOF && from+int64(len(text)) == to {
		err = nil
	}
	return string(text), err
}
