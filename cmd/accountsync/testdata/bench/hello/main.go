// Command hello is a program that does nothing: what starting any takes.
package main

import "fmt"

func main() { fmt.Println("hello") }
