package isc

import "github.com/go-json-experiment/json/jsontext"

// Skimming goes through JSON that is as it should be, in a third of the time a
// decoder takes that has to tell all that can be wrong. It accepts nothing that
// is not JSON, but where it is in doubt it gives up, and the decoder reads that
// account.
//
// Every function takes the place where something begins and gives the place
// where it ends; gaveUp, and any place from there on, is no place.

const gaveUp = -1

// maxSkim is how deep values may be nested.
const maxSkim = 32

// skimBlank gives the place of the next byte that is no white space.
func skimBlank(s string, i int) int {
	for i < len(s) && s[i] <= ' ' && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skimValue skims any value.
func skimValue(s string, i, depth int) (end int) {
	switch {
	case i >= len(s) || depth > maxSkim:
		return gaveUp
	case s[i] == '"':
		return skimString(s, i)
	case s[i] == '{':
		return skimObject(s, i, depth+1)
	case s[i] == '[':
		return skimArray(s, i, depth+1)
	}
	return skimScalar(s, i)
}

// skimScalar skims a number, true, false or null.
func skimScalar(s string, i int) (end int) {
	for end = i; end < len(s) && isScalar[s[end]]; end++ {
	}
	switch word := s[i:end]; {
	case word == "null" || word == "true" || word == "false" || isNatural(word):
		return end
	case word == "" || !jsontext.Value(word).IsValid():
		return gaveUp
	}
	return end
}

// isNatural reports whether the word is a number of nothing but digits.
func isNatural(word string) bool {
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return word == "0" || word != "" && word[0] != '0'
}

// skimString skims a string.
func skimString(s string, i int) (end int) {
	for i++; i < len(s); i++ {
		for !isSpecial[s[i]] {
			if i++; i == len(s) {
				return gaveUp
			}
		}
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			switch i++; {
			case i == len(s):
				return gaveUp
			case isEscape[s[i]]:
			case s[i] == 'u' && isHex4(s[i+1:]):
				i += 4
			default:
				return gaveUp
			}
		default:
			return gaveUp
		}
	}
	return gaveUp
}

// isHex4 reports whether the text begins with four hex digits. Which character
// they are, or which half of one, is for whoever decodes the string.
func isHex4(s string) bool {
	return len(s) >= 4 && isHex[s[0]] && isHex[s[1]] && isHex[s[2]] && isHex[s[3]]
}

var (
	isSpecial = tableOf("\"\\" + controls) // in a string
	isEscape  = tableOf(`"\/bfnrt`)        // after a \, save \u
	isHex     = tableOf("0123456789abcdefABCDEF")
	isScalar  = tableOf("+-.0123456789Eaeflnrstu")
	controls  = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" +
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"
)

func tableOf(bytes string) (table [256]bool) {
	for _, b := range []byte(bytes) {
		table[b] = true
	}
	return table
}

// skimArray skims an array whose elements are that deep.
func skimArray(s string, i, depth int) (end int) {
	if i = skimBlank(s, i+1); i < len(s) && s[i] == ']' {
		return i + 1
	}
	for {
		if i = skimValue(s, i, depth); i == gaveUp {
			return gaveUp
		}
		if i = skimBlank(s, i); i == len(s) || s[i] != ',' {
			return skimByte(s, i, ']')
		}
		i = skimBlank(s, i+1)
	}
}

// skimObject skims an object whose values are that deep.
func skimObject(s string, i, depth int) (end int) {
	if i = skimBlank(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for i < len(s) && s[i] == '"' {
		at := skimName(s, i)
		if at == gaveUp {
			return gaveUp
		}
		if i = skimValue(s, at, depth); i == gaveUp {
			return gaveUp
		}
		if i = skimBlank(s, i); i == len(s) || s[i] != ',' {
			return skimByte(s, i, '}')
		}
		i = skimBlank(s, i+1)
	}
	return gaveUp
}

// skimName skims a member's name and gives the place of its value.
func skimName(s string, i int) (at int) {
	if i = skimString(s, i); i == gaveUp {
		return gaveUp
	}
	if i = skimByte(s, skimBlank(s, i), ':'); i == gaveUp {
		return gaveUp
	}
	return skimBlank(s, i)
}

// skimByte skims one byte, which must be the one wanted.
func skimByte(s string, i int, want byte) (end int) {
	if i >= len(s) || s[i] != want {
		return gaveUp
	}
	return i + 1
}
