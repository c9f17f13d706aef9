package csvfile

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"accountsync/internal/text"
)

// workbook is an opened .xlsx file. It is read by hand: the readers there are
// either hold it in memory whole, or tell neither an error from a text nor the
// end of a sheet from a sheet that is cut off.
type workbook struct {
	zip      *zip.Reader
	sheets   []worksheet
	date1904 bool
	formats  []cellFormat // by the number of a cell's style
	strings  *sharedStrings
}

type worksheet struct {
	Name   string
	path   string // in the archive
	hidden bool
}

// Bounds on the parts of a workbook, in bytes once unpacked.
const (
	mostPart  = 64 << 20 // of one that is held in memory
	mostSheet = 16 << 30
)

// errNoWorkbook says that an archive is not one of a workbook.
var errNoWorkbook = errors.New("not a workbook")

// openWorkbook reads what a workbook says of its sheets. Close it.
func openWorkbook(in io.ReaderAt, size int64) (*workbook, error) {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, err
	}
	w := &workbook{zip: z}
	main := "xl/workbook.xml"
	links, err := w.links("")
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if strings.HasSuffix(l.Type, "/officeDocument") {
			main = l.Target
		}
	}
	if w.part(main) == nil || strings.HasSuffix(main, ".bin") {
		return nil, errNoWorkbook
	}
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string `xml:"name,attr"`
			State string `xml:"state,attr"`
			Link  string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(main, &book); err != nil {
		return nil, err
	}
	w.date1904 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	if links, err = w.links(main); err != nil {
		return nil, err
	}
	for _, s := range book.Sheets {
		at := slices.IndexFunc(links, func(l link) bool { return l.ID == s.Link && strings.HasSuffix(l.Type, "/worksheet") })
		if at >= 0 { // a chart is no table
			w.sheets = append(w.sheets, worksheet{s.Name, links[at].Target, s.State == "hidden" || s.State == "veryHidden"})
		}
	}
	for _, l := range links {
		switch {
		case strings.HasSuffix(l.Type, "/styles"):
			w.formats, err = w.readFormats(l.Target)
		case strings.HasSuffix(l.Type, "/sharedStrings"):
			w.strings, err = w.readStrings(l.Target)
		}
		if err != nil {
			w.Close()
			return nil, err
		}
	}
	return w, nil
}

// Close removes the temporary files.
func (w *workbook) Close() {
	if w.strings != nil {
		w.strings.close()
	}
}

// link is a relationship of a part of the archive.
type link struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// links are the relationships of a part, with targets from the root; of the
// archive itself for "".
func (w *workbook) links(of string) ([]link, error) {
	dir, file := path.Split(of)
	name := dir + "_rels/" + file + ".rels"
	if w.part(name) == nil {
		return nil, nil
	}
	var doc struct {
		Links []link `xml:"Relationship"`
	}
	if err := w.decode(name, &doc); err != nil {
		return nil, err
	}
	for i, l := range doc.Links {
		if !strings.HasPrefix(l.Target, "/") {
			l.Target = path.Join(dir, l.Target)
		}
		doc.Links[i].Target = strings.TrimPrefix(path.Clean(l.Target), "/")
	}
	return doc.Links, nil
}

func (w *workbook) part(name string) *zip.File {
	at := slices.IndexFunc(w.zip.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, name) })
	if at < 0 {
		return nil
	}
	return w.zip.File[at]
}

// decode reads a small part whole.
func (w *workbook) decode(name string, doc any) error {
	part, err := w.open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	if err := xml.NewDecoder(&limited{part, mostPart}).Decode(doc); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (w *workbook) open(name string) (io.ReadCloser, error) {
	part := w.part(name)
	if part == nil {
		return nil, fmt.Errorf("%s is missing in the workbook", name)
	}
	return part.Open()
}

// limited fails where a part goes on for too long: an archive can promise any size.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errors.New("a part of the workbook is too large")
	}
	return n, err
}

// sheet finds the sheet of that name, or the only one that is not hidden and
// holds anything for "".
func (w *workbook) sheet(name string) (s worksheet, passedOver []string, problem string) {
	var names, filled, hidden []string
	for _, one := range w.sheets {
		names = append(names, one.Name)
		if name != "" && strings.EqualFold(one.Name, name) {
			return one, nil, ""
		}
		switch {
		case one.hidden:
			hidden = append(hidden, one.Name)
		case !w.isEmpty(one):
			filled = append(filled, one.Name)
			s = one
		}
	}
	switch {
	case name != "":
		return s, nil, fmt.Sprintf("the workbook has no sheet %q; it has %s", name, quotedList(names))
	case len(filled) == 1:
		return s, hidden, ""
	case len(filled) > 1:
		return s, nil, fmt.Sprintf("the workbook has %d sheets, and which one holds the accounts is not known: %s", len(filled), quotedList(filled))
	case len(hidden) > 0:
		return s, nil, "the workbook's sheets are empty or hidden; hidden: " + quotedList(hidden)
	}
	return s, nil, "the workbook is empty"
}

// errFilled ends the search for a first value.
var errFilled = errors.New("not empty")

// isEmpty reports whether no cell of the sheet holds anything. One that cannot
// be read is not empty: it is named when it is read.
func (w *workbook) isEmpty(s worksheet) bool {
	_, err := w.read(s, func(row sheetRow) error {
		if slices.ContainsFunc(row.cells, func(c sheetCell) bool { return c.text != "" || c.fault != noFault }) {
			return errFilled
		}
		return nil
	})
	return err == nil
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// normaliseSheet converts a sheet.
func (w *workbook) normaliseSheet(s worksheet, out io.Writer) (*normalised, error) {
	n := newNormaliser(out, &normalised{sheet: s.Name})
	var record []string
	hidden, last, width := 0, 0, 0
	merged, err := w.read(s, func(row sheetRow) error {
		record = record[:0]
		filled := 0
		for at, c := range row.cells {
			record = append(record, c.text)
			if c != (sheetCell{}) {
				filled = at + 1
			}
			if c.fault != noFault {
				n.faults = append(n.faults, cellFault{int32(row.number), uint16(at), c.fault})
			}
		}
		if filled == 0 {
			return nil
		}
		if row.hidden {
			hidden++
		}
		last, width = row.number, max(width, filled)
		return n.row(row.number, record[:filled])
	})
	if err != nil {
		return nil, err
	}
	for _, area := range merged {
		n.merge(area, last, width)
	}
	if hidden == 1 {
		n.notes = append(n.notes, "1 hidden row of the sheet was read like any other.")
	} else if hidden > 1 {
		n.notes = append(n.notes, fmt.Sprintf("%d hidden rows of the sheet were read like any other.", hidden))
	}
	return n.normalised, n.flush()
}

// mostMerged is how many merged cells are told apart.
const mostMerged = 1 << 20

// merge notes the cells of a merged area that hold no value of their own.
func (n *normaliser) merge(a area, lastRow, width int) {
	for row := a.top; row <= min(a.bottom, lastRow); row++ {
		for at := a.left; at <= min(a.right, width-1); at++ {
			if (row != a.top || at != a.left) && len(n.faults) < mostMerged {
				n.faults = append(n.faults, cellFault{int32(row), uint16(at), faultMerged})
			}
		}
	}
}

// normaliseWorkbook converts one sheet of a workbook: the one of that name, or
// the only one there is for "".
func (f *File) normaliseWorkbook(in io.ReaderAt, size int64, sheet string, out io.Writer) error {
	w, err := openWorkbook(in, size)
	if errors.Is(err, errNoWorkbook) {
		return f.bad(0, "this is "+archiveKind(in, size)+", not a table of accounts", "save the table as .xlsx, or as CSV (UTF-8)")
	}
	if err != nil {
		return f.damaged(err)
	}
	defer w.Close()
	s, passedOver, problem := w.sheet(sheet)
	if problem != "" {
		hint := "put the accounts into a sheet of the workbook"
		if len(w.sheets) > 0 {
			which := w.sheets[0].Name
			for _, one := range w.sheets {
				if !one.hidden {
					which = one.Name
					break
				}
			}
			hint = "name the sheet: --file " + text.ShellWord(f.name+"#"+which)
		}
		return f.bad(0, problem, hint)
	}
	if f.other, err = w.normaliseSheet(s, out); err != nil {
		return f.damaged(err)
	}
	for _, name := range passedOver {
		f.other.notes = append(f.other.notes, fmt.Sprintf("The hidden sheet %q was passed over.", name))
	}
	return nil
}

// damaged is the error of a workbook that cannot be read to its end.
func (f *File) damaged(err error) error {
	return &FileError{Path: f.name, Msg: "the workbook is damaged or cut off: " + err.Error(), Err: err,
		Hint: "open it in a spreadsheet program and save it again as .xlsx, or copy it anew"}
}

// archiveKind says what an archive without a workbook is.
func archiveKind(in io.ReaderAt, size int64) string {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return "a damaged zip archive"
	}
	for _, f := range z.File {
		switch {
		case f.Name == "xl/workbook.bin":
			return "a binary Excel workbook (.xlsb)"
		case f.Name == "content.xml":
			return "an OpenDocument file (.ods)"
		case strings.HasPrefix(f.Name, "Index/") && strings.HasSuffix(f.Name, ".iwa"):
			return "a Numbers document"
		case f.Name == "word/document.xml":
			return "a Word document"
		}
	}
	return "a zip archive"
}
