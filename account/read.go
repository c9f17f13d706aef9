package account

// Read streams the file once. For every record it calls each with either a row
// or the reason why there is none; the row is used again for the next record.
// Records of other sources among Options.Sources are passed over. An error of
// each ends the reading and is returned as it is; any other error (a
// *FileError) means that the file cannot be used: act on no row of it before
// Read has returned nil.
func (t *Table) Read(each func(*Row, *Rejected) error) error {
	row := Row{Cells: make([]string, len(t.columns))}
	return t.scan(&t.lines, func(r *record) error {
		if r.unparsed != "" {
			return each(nil, &Rejected{Line: r.line, Reason: r.unparsed, Offset: -1})
		}
		if t.elsewhere(r.cells) {
			return nil
		}
		row.Line, row.Offset = r.line, r.offset
		if reason := t.fill(&row, r.cells, r.suspicious); reason != "" {
			return each(nil, &Rejected{Line: row.Line, Key: row.Key, Reason: reason, Offset: row.Offset})
		}
		return each(&row, nil)
	})
}
