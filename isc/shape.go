package isc

import "strings"

// shape is what the last object of its kind looked like. The accounts of a
// source mostly have the same members in the same order, many with the same
// values: what is as it was then need not be skimmed again.
type shape []member

// member is one member of the object.
type member struct {
	name  string
	head  string // all before its value
	value string
}

// skim skims an object and calls each with its members and the places of their
// values; each gives the place where the value ends.
func (h *shape) skim(s string, i int, each func(m *member, at int) (end int)) (end int) {
	if i = skimBlank(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for n := 0; i < len(s) && s[i] == '"'; n++ {
		m, at := h.member(s, i, n)
		if at == gaveUp {
			return gaveUp
		}
		if i = each(m, at); i == gaveUp {
			return gaveUp
		}
		if i = skimBlank(s, i); i == len(s) || s[i] != ',' {
			return skimByte(s, i, '}')
		}
		i = skimBlank(s, i+1)
	}
	return gaveUp
}

// member is the nth member, which begins at i. Its name is as it stands.
func (h *shape) member(s string, i, n int) (m *member, at int) {
	if n == len(*h) {
		*h = append(*h, member{})
	}
	m = &(*h)[n]
	if m.head != "" && strings.HasPrefix(s[i:], m.head) {
		return m, skimBlank(s, i+len(m.head))
	}
	if at = skimName(s, i); at == gaveUp {
		return nil, gaveUp
	}
	head := s[i:at]
	name := head[1:strings.LastIndexByte(head, '"')]
	if strings.IndexByte(name, '\\') >= 0 {
		return nil, gaveUp
	}
	*m = member{name: name, head: head}
	return m, at
}

// skim skims the value.
func (m *member) skim(s string, at int) (end int) {
	end = at + len(m.value)
	if m.value != "" && strings.HasPrefix(s[at:], m.value) && end < len(s) && (s[end] == ',' || s[end] == '}') {
		return end
	}
	if end = skimValue(s, at, 1); end != gaveUp {
		m.value = s[at:end]
	}
	return end
}
