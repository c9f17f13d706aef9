package diff

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Protection is a list of accounts that are never taken away. A nil Protection
// protects none.
type Protection struct {
	exact map[string]string // keys, names and patterns as they were written, by their folded form
	globs []protectGlob
}

// protectGlob is a pattern and its folded form.
type protectGlob struct {
	glob
	folded string
}

// unused are the entries of a Protection that no live account was seen to need.
type unused struct {
	exact map[string]string
	globs []protectGlob
}

func (p *Protection) unused() unused {
	if p == nil {
		return unused{}
	}
	return unused{maps.Clone(p.exact), slices.Clone(p.globs)}
}

// see strikes out what protects an account with one of these names.
func (u *unused) see(texts ...string) {
	for _, text := range texts {
		if len(u.exact) == 0 || text == "" {
			continue
		}
		delete(u.exact, fold(text))
		u.globs = slices.DeleteFunc(u.globs, func(g protectGlob) bool {
			_, left := u.exact[g.folded]
			if left && g.MatchString(text) {
				delete(u.exact, g.folded)
				left = false
			}
			return !left
		})
	}
}

// list are the entries that are left, as they were written.
func (u *unused) list() []string { return slices.Sorted(maps.Values(u.exact)) }

// ParseProtect reads what the flag for protected accounts holds. A value that
// names an existing file stands for the file's lines, without blank ones and
// those that begin with #; any other value, and each line, is a key, a name or
// a pattern of such, in which * is any text, ? any character and [a-z] one of
// these characters ([!a-z] none of them). Letter case makes no difference, and
// a backslash is a character like any other. Without values nothing is protected.
//
// The function reads a whole file; where there is none its error is
// fs.ErrNotExist.
func ParseProtect(values []string, readFile func(path string) ([]byte, error)) (*Protection, error) {
	if len(values) == 0 {
		return nil, nil
	}
	p := &Protection{exact: map[string]string{}}
	for _, value := range values {
		if err := p.addValue(value, readFile); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addValue adds one value of the flag: a file's lines, or a pattern.
func (p *Protection) addValue(value string, readFile func(path string) ([]byte, error)) error {
	value = strings.TrimSpace(value)
	if value == "" {
		return errors.New("protect: the value is empty: give a key, a pattern (svc-*) or a file of such")
	}
	text, err := readFile(value)
	switch {
	case err == nil:
		return p.addFile(value, text)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("protect: %w; if it is no file but a key, write it as a pattern: %s", err, asPattern(value))
	case looksLikeFile(value):
		return fmt.Errorf("protect: there is no file %s; if it is a key, write it as a pattern: %s", value, asPattern(value))
	}
	if err := p.add(value); err != nil {
		return fmt.Errorf("protect: %w", err)
	}
	return nil
}

// looksLikeFile tells a misspelled file, which would protect nothing, from a key.
func looksLikeFile(value string) bool {
	if strings.ContainsAny(value, "*?[") {
		return false
	}
	switch strings.ToLower(filepath.Ext(value)) {
	case ".txt", ".csv", ".list", ".lst", ".conf":
		return true
	}
	return value[0] == '/' || strings.HasPrefix(value, "./") || strings.HasPrefix(value, "../")
}

// asPattern spells a key so that it cannot be taken for a file.
func asPattern(key string) string {
	_, n := utf8.DecodeRuneInString(key)
	return "[" + key[:n] + "]" + key[n:]
}

// addFile adds the lines of a file.
func (p *Protection) addFile(path string, text []byte) error {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return fmt.Errorf("protect: %s is not text in UTF-8: save it as that", path)
	}
	n, found := 0, false
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := p.add(line); err != nil {
			return fmt.Errorf("protect: %s:%d: %w", path, n, err)
		}
		found = true
	}
	if !found {
		return fmt.Errorf("protect: %s names no account: write one key or pattern a line, or leave the flag out", path)
	}
	return nil
}

// add adds one key or pattern. What looks like a pattern also stands for the
// account that is spelled so.
func (p *Protection) add(pattern string) error {
	p.exact[fold(pattern)] = pattern
	if !strings.ContainsAny(pattern, "*?[") {
		return nil
	}
	g, err := parseGlob(pattern)
	if err != nil {
		return err
	}
	p.globs = append(p.globs, protectGlob{g, fold(pattern)})
	return nil
}

// Protects reports whether an account with this key and name is protected.
func (p *Protection) Protects(key, name string) bool {
	return p != nil && (p.protects(key) || p.protects(name))
}

func (p *Protection) protects(text string) bool {
	if text == "" {
		return false
	}
	if _, ok := p.exact[fold(text)]; ok {
		return true
	}
	for _, g := range p.globs {
		if g.MatchString(text) {
			return true
		}
	}
	return false
}
