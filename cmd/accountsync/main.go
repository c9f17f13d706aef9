// Command accountsync makes the accounts of a SailPoint ISC source equal to a
// CSV file, and proves it.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Environ(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
