package problem_test

import (
	"errors"
	"testing"

	"accountsync/internal/problem"
)

func TestEveryStatusHasItsSeverity(t *testing.T) {
	t.Parallel()
	for _, s := range problem.Statuses {
		if s.Code != problem.OK && problem.Worse(problem.OK, s.Code) != s.Code {
			t.Errorf("status %d is not worse than 0", s.Code)
		}
		if problem.Worse(s.Code, problem.Interrupted) != problem.Interrupted {
			t.Errorf("status %d is worse than an interruption", s.Code)
		}
	}
}

func TestJoinKeepsEachProblem(t *testing.T) {
	t.Parallel()
	if err := problem.Join(nil, nil); err != nil {
		t.Errorf("nothing joined is %v", err)
	}
	cause := errors.New("cause")
	one := problem.Errorf(problem.Config, "hint", "one: %w", cause)
	if err := problem.Join(nil, one); err != one {
		t.Errorf("one joined is %#v", err)
	}
	all := problem.Join(problem.Join(one, errors.New("two")), errors.New("three"))
	if each := problem.Each(all); len(each) != 3 || each[0] != one || !errors.Is(all, cause) {
		t.Errorf("joined: %#v", each)
	}
	if want := "one: cause\ntwo\nthree"; all.Error() != want {
		t.Errorf("text %q, want %q", all, want)
	}
	if wrapped := problem.Errorf(problem.Usage, "", "a %w b %w", one, cause); len(problem.Each(wrapped)) != 1 {
		t.Error("an error about two others was taken apart")
	}
}
