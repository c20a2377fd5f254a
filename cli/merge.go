package cli

import (
	"runtime"
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/servmap"
)

var mergeCommand = command{
	name: "merge", args: "MAP...", usage: "unite maps into one; a capture that several have learned counts once",
	flags: flags.Merge, run: merge,
	about: "The order of the maps does not matter, and a map may come twice. Maps that were made with different settings are refused.",
	examples: []example{
		{"servmap merge monday.json tuesday.json -o week.json", "unites two maps"},
		{"servmap merge --replace monday.json tuesday.json -o week.json", "writes over what is there"},
	},
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
	m, err := v.uniteMaps(v.args)
	if err != nil {
		return err
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

// uniteMaps loads maps and unites them. The next maps are read while one is added.
func (v *invocation) uniteMaps(paths []string) (*servmap.Map, error) {
	type loaded struct {
		m   *servmap.Map
		err error
	}
	ahead := runtime.GOMAXPROCS(0)
	next := make([]chan loaded, len(paths))
	for i := range next {
		next[i] = make(chan loaded, 1)
	}
	read := func(i int) {
		if i < len(paths) {
			m, err := servmap.Load(paths[i])
			next[i] <- loaded{m, err}
		}
	}
	for i := range ahead {
		go read(i)
	}
	var u *servmap.Union
	for i, path := range paths {
		l := <-next[i]
		go read(i + ahead)
		m, err := v.admit(path, l.m, l.err, noMap)
		if err == nil {
			err = v.keepsNames(path, m)
		}
		if err != nil {
			return nil, err
		}
		if u == nil {
			u = servmap.NewUnion(m)
		} else if err := u.Add(m); err != nil {
			return nil, console.UsageError(path + ": " + err.Error())
		}
	}
	return u.Finish(), nil
}
