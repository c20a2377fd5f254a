package main

import "github.com/urfave/cli/v2"

func protocolsCommand() *cli.Command  { return &cli.Command{Name: "protocols"} }
func interfacesCommand() *cli.Command { return &cli.Command{Name: "interfaces"} }
func completionCommand() *cli.Command { return &cli.Command{Name: "completion"} }
