package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// idLength is the length of every id: 16 bytes in hexadecimal.
const idLength = 32

// deriveID makes an id out of the seed and what it identifies, so that two servers with one seed agree.
func deriveID(seed uint64, parts ...string) string {
	return derive(seed, parts...)[:idLength]
}

// derive hashes seed and parts into 64 hexadecimal digits.
func derive(seed uint64, parts ...string) string {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 128), seed)
	for _, part := range parts {
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(text, ':')
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
