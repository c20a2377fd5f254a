package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/servmap"
)

var trainCommand = command{
	name: "train", args: "BASELINE...", usage: "learn the services map from baseline captures",
	flags: flags.Train, run: train,
}

func train(v *invocation) error {
	path := v.Output
	if path == "" {
		path = cmp.Or(v.writesTo("servmap_file", v.MapFile), flags.DefaultMap)
	}
	lock, err := v.lockForTraining(path)
	if err != nil {
		return err
	}
	defer func() { lock.Release() }()
	m, err := v.mapToTrain(path)
	if err != nil {
		return err
	}
	m.Limit(v.Limits())
	names, err := v.trainingInputs()
	if err != nil {
		return err
	}
	if err := v.NotInput(path, slices.Concat(names, v.ConfigFiles())); err != nil {
		return err
	}
	if err := v.mayWriteOver(path); err != nil {
		return err
	}
	opt := v.Ingest
	opt.Hash, opt.FlowFiles = true, true
	v.sighted(&opt)
	in, err := v.open(names, opt)
	if err != nil {
		return err
	}
	t, err := v.learnWhileKept(in, m, path)
	if err != nil {
		return err
	}
	s := in.Summary()
	if s.Interrupted && !s.Endless {
		return problems(s)
	}
	if t.Flows == 0 {
		return errors.Join(problems(s), console.UsageError("train: no flow was learned; "+path+" is as it was"))
	}
	for _, c := range s.Captures {
		if known, ok := m.Meta.Listed(c.SHA256); ok && !v.Force {
			return console.UsageError(fmt.Sprintf("%s: the map has learned it already, as %s; --force adds it again", c.Name, known))
		}
	}
	for _, c := range s.Captures {
		m.Meta.Add(servmap.Capture(c))
	}
	v.warnBeyond(t.Beyond, path)
	if err := v.leaveOut(t); err != nil {
		return err
	}
	if lock == nil {
		if lock, err = v.lockMap(path, false, mapWait); err != nil {
			return problems(s, console.OutputError{Err: err}) // all was analysed
		}
	}
	if err := v.ReplaceFile(path, m.Write); err != nil {
		return problems(s, err)
	}
	if !v.Quiet {
		v.summarise(in, trainSummary(t, path))
		v.remoteShare(t.Outside, t.Flows)
		v.showLearned(t)
	}
	return problems(s, v.predict(t, in))
}

// mapToTrain returns the map to learn into: an empty one, or with --append the
// one at path.
func (v *invocation) mapToTrain(path string) (*servmap.Map, error) {
	if !v.Append {
		return servmap.NewMap(v.Settings), nil
	}
	m, err := v.load(path, "there is no map to add to; train one without --append first")
	if err == nil {
		m.Adopt(v.Settings)
	}
	return m, err
}

// mayWriteOver refuses to write over what is at path, unless that was asked for.
func (v *invocation) mayWriteOver(path string) error {
	if v.Append || v.Replace || path == console.Stdout {
		return nil
	}
	if _, err := os.Lstat(path); err != nil || isDevice(path) {
		return nil
	}
	return console.UsageError(path + ": there is a map already; --replace writes over it, --append adds to it")
}

// isDevice reports whether a path is no file that holds anything, such as /dev/null.
func isDevice(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// trainingInputs are the arguments; without any and at a terminal, the file
// that the command flows writes by the configuration.
func (v *invocation) trainingInputs() ([]string, error) {
	if len(v.args) == 0 && v.Ingest.Interface == "" && v.OutFile != "" && v.InIsTerminal() {
		return []string{v.OutFile}, nil
	}
	return v.inputNames()
}
