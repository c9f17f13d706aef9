package approval

import (
	"slices"
	"strings"
)

// Makers are the names of who makes a plan: the user of the system, the name
// that was given, and whom CI says it works for. A name that was given is one
// more, so that nobody gets rid of their own.
func Makers(user, given string, lookup func(string) string) (names []string) {
	all := []string{given, user}
	if lookup("GITHUB_ACTIONS") != "" {
		all = append(all, lookup("GITHUB_ACTOR"), lookup("GITHUB_TRIGGERING_ACTOR"))
	}
	if lookup("GITLAB_CI") != "" {
		all = append(all, lookup("GITLAB_USER_LOGIN"), lookup("GITLAB_USER_EMAIL"))
	}
	for _, name := range all {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// isMaker reports whether a signer is one of a plan's makers. Of a mail address
// the part before the @ is enough where the other one has no more: alice, a user
// of the system, is alice@example.com.
func isMaker(signer string, makers []string) bool {
	return slices.ContainsFunc(makers, func(maker string) bool { return same(folded(signer), folded(maker)) })
}

// knows reports whether one of the makers is on the list. Where none is, that
// the maker did not sign cannot be seen.
func (s *Signers) knows(makers []string) bool {
	for _, one := range s.byKey {
		if isMaker(one.name, makers) {
			return true
		}
	}
	return false
}

func same(a, b string) bool {
	localA, domainA, _ := strings.Cut(a, "@")
	localB, domainB, _ := strings.Cut(b, "@")
	return localA == localB && (domainA == domainB || domainA == "" || domainB == "")
}

// folded is a name by which people are told apart: without the domain that
// Windows puts before it, and letter case makes no difference.
func folded(name string) string {
	return strings.ToLower(strings.TrimSpace(name[strings.LastIndexByte(name, '\\')+1:]))
}
