package isc

import (
	"errors"
	"net/http"
)

// void is the Error of an answer that does not fit its question. rule says in
// plain words which rule it broke.
func (r request) void(rule string) *Error {
	return &Error{
		Method: r.method, Path: r.path, Scope: r.scope, Status: http.StatusOK, Attempts: 1, void: true,
		Err: errors.New(rule + "; a proxy or cache may stand between"),
	}
}
