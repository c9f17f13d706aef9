package sync

import (
	"slices"
	"time"
)

const (
	// firstStep is the shortest time between two looks at one account, slowLook the longest.
	firstStep, slowLook = 250 * time.Millisecond, 10 * time.Second
	// sharp is how exactly it is worth knowing how long the API takes: it costs a look.
	sharp = 100 * time.Millisecond
	// unknownLook is how old a write is before its account is looked at while
	// more is being sent, until it is known how long the API takes.
	unknownLook = 500 * time.Millisecond
)

// latency is what a run has learnt of how long the API takes to show a change,
// counted from the answer.
type latency struct {
	hides time.Duration // so old it did not show yet
	shows time.Duration // so old it showed; 0: not known
}

// observation is what a look showed of one change.
type observation struct {
	age   time.Duration
	shown bool
}

// safe is how old a change is to be before a look at it that takes a place from
// what is still to be sent.
func (l latency) safe() time.Duration {
	if l.shows == 0 {
		return max(unknownLook, l.hides+step(l.hides))
	}
	return l.shows
}

// next is how old a change is to be before the first look when nothing else is
// to be sent: as soon as it can show.
func (l latency) next() time.Duration {
	switch {
	case l.hides == 0:
		return 0
	case l.shows > 0 && l.shows-l.hides <= max(sharp, l.shows/10):
		return l.shows
	}
	return l.after(l.hides)
}

// after is how old a change is to be before the next look, when it did not show
// at an age: halfway to where others showed, at most.
func (l latency) after(age time.Duration) time.Duration {
	switch next := age + step(age); {
	case age >= l.shows, next < l.shows:
		return next
	case age <= l.hides:
		return (age + l.shows) / 2
	}
	return l.shows
}

// step grows with the age, so that a slow API is asked a few times only.
func step(age time.Duration) time.Duration { return min(max(firstStep, age/4), slowLook) }

// learn takes what one look showed. What nine in ten show counts, so that a task
// that hangs teaches nothing.
func (l *latency) learn(sample []observation) {
	slices.SortFunc(sample, func(a, b observation) int { return int(b.age - a.age) }) // the oldest first
	var shows, hides time.Duration
	hidden := 0
	for i, o := range sample {
		if !o.shown {
			hidden++
		}
		if hidden*10 > i+1 {
			hides = o.age
			break
		}
		if o.shown {
			shows = max(o.age, 1)
		}
	}
	if shows > 0 && (l.shows == 0 || shows < l.shows || hides >= l.shows) {
		l.shows = shows
	}
	if hides > l.hides || l.hides >= l.shows && l.shows > 0 {
		l.hides = hides
	}
	if l.shows <= l.hides { // it has become slower
		l.shows = 0
	}
}
