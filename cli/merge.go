package cli

import (
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
)

var mergeCommand = command{
	name: "merge", args: "MAP...", usage: "unite maps into one; a capture that several have learned counts once",
	flags: flags.Merge, run: merge,
}

func merge(v *invocation) error {
	if len(v.args) == 0 {
		return console.UsageError("merge: no map is named")
	}
	path := v.Output
	if path == "" {
		path = console.Stdout
	}
	if slices.Contains(v.args, path) {
		return console.UsageError(path + ": it is one of the maps to unite; write to another file")
	}
	m, err := v.loadMap(v.args[0])
	if err != nil {
		return err
	}
	for _, name := range v.args[1:] {
		more, err := v.loadMap(name)
		if err != nil {
			return err
		}
		if err := m.Unite(more); err != nil {
			return console.UsageError(name + ": " + err.Error())
		}
	}
	if len(v.args) == 1 {
		m.SortServices()
	}
	if err := v.mayWriteOver(path); err != nil {
		return err
	}
	lock, err := v.lockMap(path, false, mapWait)
	if err != nil {
		return err
	}
	defer lock.Release()
	return v.ReplaceFile(path, m.Write)
}
