// Command servmap learns from a baseline capture who talks to whom and with
// which applications, and judges every flow of another capture by it.
package main

import (
	"os"

	"servmap/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
