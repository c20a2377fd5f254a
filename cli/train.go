package cli

import (
	"fmt"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/servmap"
)

var trainCommand = command{
	name: "train", args: "BASELINE...", usage: "learn the services map from baseline captures",
	flags: flags.Train, run: train,
}

func train(v *invocation) error {
	path := v.MapToTrain()
	m, err := v.mapToTrain(path)
	if err != nil {
		return err
	}
	names, err := v.trainingInputs()
	if err != nil {
		return err
	}
	if err := v.NotInput(path, names); err != nil {
		return err
	}
	opt := v.Ingest
	opt.Hash, opt.FlowFiles = true, true
	in, err := v.open(names, opt)
	if err != nil {
		return err
	}
	l, err := v.learnWhileKept(in, m, path)
	if err != nil {
		return err
	}
	s := in.Summary()
	if s.Interrupted && !s.Endless {
		return outcome(s)
	}
	for _, c := range s.Captures {
		if known, ok := m.Meta.Listed(c.SHA256); ok && !v.Force {
			return console.UsageError(fmt.Sprintf("%s: the map has learned it already, as %s; --force adds it again", c.Name, known))
		}
	}
	for _, c := range s.Captures {
		m.Meta.Add(servmap.Capture(c))
	}
	if err := v.ReplaceFile(path, m.Write); err != nil {
		return outcome(s, err)
	}
	if !v.Quiet {
		v.summarise(in, trainSummary(l, m, path))
		v.remoteShare(l.Outside, l.Flows)
	}
	return outcome(s)
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

// trainingInputs are the arguments; without any and at a terminal, the file
// that the command flows writes by the configuration.
func (v *invocation) trainingInputs() ([]string, error) {
	if len(v.args) == 0 && v.Ingest.Interface == "" && v.OutFile != "" && v.InIsTerminal() {
		return []string{v.OutFile}, nil
	}
	return v.inputNames()
}
