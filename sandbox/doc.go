// Package sandbox is a stand-in for the accounts, sources, schemas, task status and sign-in parts of the
// SailPoint ISC API, with bad days: an http.Handler that answers as the documentation says, refuses what
// the documentation does not allow, and breaks in chosen, counted ways.
//
// Nothing in it is random and nothing runs in the background: ids are derived from the seed, faults fire by
// count, and a task is done when a request comes after its time. So it works alike over a socket
// ([Server.Start], httptest.NewServer) and in memory ([Server.Transport]), also inside a testing/synctest bubble.
package sandbox
