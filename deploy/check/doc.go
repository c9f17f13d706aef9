// Package check tests what deploy/ and the Dockerfile hold. It is a module of its own, so that the program needs
// none of what these tests need.
package check
