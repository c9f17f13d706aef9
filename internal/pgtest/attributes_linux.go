package pgtest

import "syscall"

// attributes have the server end with the tests, however these end.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT} }
