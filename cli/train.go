package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows/ingest"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var trainCommand = command{
	name: "train", args: "BASELINE...", usage: "learn the services map from baseline captures",
	flags: flags.Train, run: train,
	about: "A baseline is traffic in which everything is as it should be. The map is a JSON file to be reviewed, kept in git and edited by hand. A map that is there is not written over without --replace; --append adds to it.",
	examples: []example{
		{"servmap train baseline.pcap", "writes services_map.json"},
		{"servmap train --append tuesday.pcap", "adds another capture to it"},
	},
}

func train(v *invocation) error {
	path := v.Output
	if path == "" {
		path = cmp.Or(v.writesTo("servmap_file", v.MapFile), flags.DefaultMap)
	}
	if err := v.warnServices(); err != nil {
		return err
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
	var trained ingest.Summary
	var tell []func()
	kept := v.newRecording()
	if v.Each && v.Ingest.Interface == "" {
		all := servmap.NewUnion(m)
		for _, name := range names {
			one := servmap.NewMap(v.Settings)
			one.Limit(v.Limits())
			then, err := v.trainOn([]string{name}, one, m, path, kept, &trained)
			if err != nil {
				return err
			}
			tell = append(tell, then)
			if err := all.Add(one); err != nil {
				return console.UsageError(path + ": " + err.Error())
			}
		}
		all.Finish()
	} else {
		then, err := v.trainOn(names, m, m, path, kept, &trained)
		if err != nil {
			return err
		}
		tell = append(tell, then)
	}
	if lock == nil {
		if lock, err = v.lockMap(path, false, mapWait); err != nil {
			return problems(trained, console.OutputError{Err: err}) // all was analysed
		}
	}
	if err := v.ReplaceFile(path, m.Write); err != nil {
		return problems(trained, err)
	}
	for _, then := range tell {
		then()
	}
	return problems(trained, v.predict(kept, m))
}

// trainOn learns captures together into a map, and adds what became of them to trained. Those that the map
// known lists already are refused. What it returns tells what was learned, once that is written.
func (v *invocation) trainOn(names []string, m, known *servmap.Map, path string, kept *findings.Recording, trained *ingest.Summary) (tell func(), err error) {
	opt := v.Ingest
	opt.Hash, opt.FlowFiles = true, true
	v.sighted(&opt)
	in, err := v.open(names, opt)
	if err != nil {
		return nil, err
	}
	t, err := v.learnWhileKept(in, m, path, kept)
	if err != nil {
		return nil, err
	}
	s := in.Summary()
	trained.Problems = append(trained.Problems, s.Problems...)
	if s.Interrupted && !s.Endless {
		return nil, problems(s)
	}
	trained.Interrupted, trained.Endless = s.Interrupted, s.Endless
	if t.Flows == 0 {
		return nil, errors.Join(problems(s), console.UsageError("train: no flow was learned; "+path+" is as it was"))
	}
	for _, c := range s.Captures {
		if name, ok := known.Meta.Listed(c.SHA256); ok && !v.Force {
			return nil, console.UsageError(fmt.Sprintf("%s: the map has learned it already, as %s; --force adds it again", c.Name, name))
		}
	}
	for _, c := range s.Captures {
		m.Meta.Add(servmap.Capture(c))
	}
	v.warnBeyond(t.Beyond, path)
	if err := v.leaveOut(t); err != nil {
		return nil, err
	}
	return func() {
		if !v.Quiet {
			v.summarise(in, trainSummary(t, path))
			v.remoteShare(t.Outside, t.Flows)
			v.traffic(&t.Traffic)
			v.showLearned(t)
			v.showDenied()
		}
		v.warnClauses()
	}, nil
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
		err = v.keepsNames(path, m)
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
	more := ""
	if v.command.flags == flags.Train {
		more = ", --append adds to it"
	}
	return console.UsageError(path + ": there is a map already; --replace writes over it" + more)
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
