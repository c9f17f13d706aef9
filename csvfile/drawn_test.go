package csvfile

import "testing"

func TestDrawnTables(t *testing.T) {
	t.Parallel()
	for sample, want := range map[string]int{
		"+----+\n| id |\n+----+\n":                          1,
		"Connected\r\n\r\n+----+---+\r\n| id | a |\r\n":     3,
		"id a\n-- -\n":                                      1,
		"Changed database\r\nid   name \r\n---- ----- \r\n": 2,
		" id | name \n----+------\n":                        1,
		"|id|name|\n|---|---|\n":                            1,
		"╔════╤═══╗\n":                                      1,
		// What is a table with delimiters, or a row of it.
		"id,name\n--,----\n":         0,
		"id;first name\n--- ---;x\n": 0,
		"id,full name\n--- ---\n":    0,
		"id\n--- ---\n":              0,
		"id|name\n--|----\n":         0,
		"+-+\nid\n":                  0,
		"id\n+----+\n":               0,
		"a b\n-x- ---\n":             0,
		"":                           0,
	} {
		if line, what, hint := drawnTable([]byte(sample)); line != want || (what == "") != (want == 0) || (hint == "") != (want == 0) {
			t.Errorf("%q: line %d, %q, %q; want line %d", sample, line, what, hint, want)
		}
	}
}
