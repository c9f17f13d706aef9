package csvfile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"accountsync/internal/suggest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodingOf finds an encoding by its name: those of the web, where latin1 is
// Windows-1252, and those of IANA's list, such as IBM850.
func encodingOf(name string) (encoding.Encoding, error) {
	if e, err := htmlindex.Get(name); err == nil {
		return e, nil
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e, nil
	}
	known := []string{"utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1250", "latin1", "iso-8859-15", "ibm850", "ibm437", "macintosh", "shift_jis", "gbk", "euc-kr"}
	return nil, fmt.Errorf("--encoding %q is unknown%s; names are %s", name, suggest.DidYouMean(name, known), strings.Join(known, ", "))
}

// decoder turns the file that begins so into UTF-8; nil where it is that.
func (f *File) decoder(head []byte) (transform.Transformer, error) {
	switch {
	case isUTF16(head):
		f.transcoded = "UTF-16"
		return utf.UTF16(utf.LittleEndian, utf.UseBOM).NewDecoder(), nil
	case f.opt.Encoding == "" || strings.HasPrefix(string(head), "PK\x03\x04"):
		return nil, nil
	}
	e, err := encodingOf(f.opt.Encoding)
	if err != nil || e == utf.UTF8 {
		return nil, err
	}
	if strings.HasPrefix(string(head), string(byteOrderMark)) {
		return nil, f.bad(0, fmt.Sprintf("the file begins with the byte order mark of UTF-8, and --encoding says %s", f.opt.Encoding), "leave out --encoding")
	}
	f.transcoded = f.opt.Encoding
	return e.NewDecoder(), nil
}

// encodingHint is what to type about a text that is not UTF-8: the encoding
// in which it would read as words.
func encodingHint(text string) string {
	if inRuns(text) {
		return "name the encoding with --encoding, such as windows-1251 or shift_jis, or save the file as UTF-8"
	}
	for _, guess := range []struct {
		name    string
		charmap *charmap.Charmap
	}{{"windows-1252", charmap.Windows1252}, {"ibm850", charmap.CodePage850}} {
		if readsWell(text, guess.charmap) {
			return fmt.Sprintf("use --encoding %s, or save the file as UTF-8", guess.name)
		}
	}
	return "save the file as UTF-8"
}

// inRuns reports whether four bytes past ASCII stand side by side: in texts of
// Latin script few do, and which of the other encodings a text has nothing tells.
func inRuns(text string) bool {
	run := 0
	for i := range len(text) {
		if text[i] < utf8.RuneSelf {
			run = 0
			continue
		}
		if run++; run == 4 {
			return true
		}
	}
	return false
}

// readsWell reports whether every byte past ASCII is a letter of Latin script in
// the encoding, or a sign that stands in texts.
func readsWell(text string, c *charmap.Charmap) bool {
	if strings.IndexByte(text, 0) >= 0 {
		return false
	}
	before := ' '
	for i := range len(text) {
		r := c.DecodeByte(text[i])
		if text[i] >= utf8.RuneSelf {
			letter := unicode.In(r, unicode.Latin)
			sign := strings.ContainsRune("€‘’“”–—…«»°§ºª\u00a0", r) && !(unicode.IsLetter(before) && strings.ContainsRune("€“”…«»", r) && i+1 < len(text) && unicode.IsLetter(rune(text[i+1])))
			if !letter && !sign {
				return false
			}
		}
		before = r
	}
	return true
}

// utf16Hint names the encoding of a line with a NUL byte beside each character.
func utf16Hint(line []byte) string {
	even, odd := 0, 0
	for i, c := range line {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	switch {
	case odd > len(line)/3 && even == 0:
		return "use --encoding utf-16le, or save the file as UTF-8"
	case even > len(line)/3 && odd == 0:
		return "use --encoding utf-16be, or save the file as UTF-8"
	}
	return "save the file as UTF-8"
}
