package fleet

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// Users are who may see the pages, by basic authentication.
type Users struct {
	hashes map[string][]byte // by name, bcrypt
	key    []byte            // of the memory below
	mu     sync.Mutex
	known  map[[sha256.Size]byte]bool // names and passwords that were right: bcrypt is slow on purpose
	turn   chan struct{}              // few compare at the same time
}

// ReadUsers reads the text of an htpasswd file, whose passwords are hashed with
// bcrypt.
func ReadUsers(text string) (*Users, error) {
	u := &Users{hashes: map[string][]byte{}, key: []byte(rand.Text()), known: map[[sha256.Size]byte]bool{}, turn: make(chan struct{}, 2)}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		if _, err := bcrypt.Cost([]byte(hash)); !ok || name == "" || err != nil {
			return nil, fmt.Errorf("line %d is not NAME:HASH with a bcrypt hash", n)
		}
		u.hashes[name] = []byte(hash)
	}
	if len(u.hashes) == 0 {
		return nil, fmt.Errorf("it names no user")
	}
	return u, nil
}

// guard lets users in.
func (u *Users) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, given := r.BasicAuth()
		if !given || !u.right(name, password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="accountsync", charset="UTF-8"`)
			http.Error(w, "sign in", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// nobody is compared where there is no such user: it takes as long.
var nobody = []byte("$2a$10$7EqJtq98hPqEX7fNZaFWoO.h1r8ZLzvzJ8fU9cfYb0s7RfJ6s0R2a")

func (u *Users) right(name, password string) bool {
	mac := hmac.New(sha256.New, u.key)
	fmt.Fprintf(mac, "%d:%s%s", len(name), name, password)
	sum := [sha256.Size]byte(mac.Sum(nil))
	u.mu.Lock()
	known := u.known[sum]
	u.mu.Unlock()
	if known {
		return true
	}
	hash, there := u.hashes[name]
	if !there {
		hash = nobody
	}
	u.turn <- struct{}{}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && there
	<-u.turn
	if right {
		u.mu.Lock()
		u.known[sum] = true
		u.mu.Unlock()
	}
	return right
}
