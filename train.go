package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"servmap/flows"
	"servmap/servmap"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// defaultMap is the map's name where nobody says otherwise.
const defaultMap = "services_map.json"

func trainCommand() *cli.Command {
	return &cli.Command{
		Name:      "train",
		Usage:     "learn the services map from baseline captures",
		ArgsUsage: "BASELINE...",
		Flags: captureFlags(
			&cli.BoolFlag{Name: "append", Usage: "add to the map that is there"},
			&cli.BoolFlag{Name: "force", Usage: "with --append: even if the map knows the capture already"},
		),
		Action: train,
	}
}

func train(c *cli.Context) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	if o.output == "" {
		o.output = first(o.config.writesTo("servmap_file", o.config.ServmapFile), defaultMap)
	}
	path := o.output
	lock, err := lockForTraining(path, o, c.Bool("append"))
	if err != nil {
		return err
	}
	defer lock.Release()
	m, err := mapToTrain(o, path, c.Bool("append"))
	if err != nil {
		return err
	}
	m.Limit(o.limits())
	names, err := trainingInputs(c, o)
	if err != nil {
		return err
	}
	if err := notInput(path, slices.Concat(names, o.config.files())); err != nil {
		return err
	}
	a, err := begin(o, names, withHashes|withCSVs)
	if err != nil {
		return err
	}
	l, err := a.learnWhileKept(m, path)
	if err != nil {
		return err
	}
	if a.stopped && !a.running {
		return a.outcome()
	}
	for i := range a.captures {
		if known, ok := m.Meta.Listed(a.captures[i].SHA256); ok && !c.Bool("force") {
			return usageError(fmt.Sprintf("%s: the map has learned it already, as %s; --force adds it again", a.captures[i].Name, known))
		}
	}
	m.Meta.Add(a.captures...)
	warnBeyond(l.Beyond, path)
	if lock == nil {
		if lock, err = lockMap(path, false, mapWait, o.quiet); err != nil {
			return a.outcome(outputError{err}) // all was analysed
		}
		defer lock.Release()
	}
	if err := writeWhole(path, a.done, m.Write); err != nil {
		return a.outcome(err)
	}
	if !o.quiet {
		a.summarise(trained(l, m, path))
		a.remoteShare(l.Outside, l.Flows)
	}
	return a.outcome()
}

// mapToTrain returns the map to learn into: an empty one, or with --append the
// one at path.
func mapToTrain(o *options, path string, add bool) (*servmap.Map, error) {
	if !add {
		return servmap.NewMap(o.settings), nil
	}
	m, err := servmap.Load(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError(path + ": there is no map to add to; train one without --append first")
	}
	if err != nil {
		return nil, usageError(describe(err))
	}
	m.Adopt(o.settings)
	warnDifferences(m, o, path)
	return m, nil
}

// trainingInputs are the arguments; without any and at a terminal, the file
// that `flows` writes by the configuration.
func trainingInputs(c *cli.Context, o *options) ([]string, error) {
	if !c.Args().Present() && o.iface == "" && o.config.OutFile != "" && term.IsTerminal(int(os.Stdin.Fd())) {
		return []string{o.config.OutFile}, nil
	}
	return inputNames(c, o)
}

// learn adds all flows of the inputs to m.
func (a *analysis) learn(m *servmap.Map) (*servmap.Learner, error) {
	l := servmap.NewLearner(m, servmap.NewFolder(a.opt.settings))
	return l, a.run(func(f *flows.Flow) error { l.Learn(f); return nil })
}

// learnWhileKept learns; from an interface, it rewrites the map at path every few
// seconds.
func (a *analysis) learnWhileKept(m *servmap.Map, path string) (*servmap.Learner, error) {
	if a.live == nil || path == toStdout {
		return a.learn(m)
	}
	l := servmap.NewLearner(m, servmap.NewFolder(a.opt.settings))
	k := keep(path, rewriteEvery, a.done, m.Write)
	err := a.run(func(f *flows.Flow) error {
		k.change(func() { l.Learn(f) })
		return nil
	})
	return l, errors.Join(err, k.stop(false))
}

// warnDifferences says where the settings differ from those that made the map.
func warnDifferences(m *servmap.Map, o *options, path string) {
	for _, d := range m.Differences(o.settings) {
		warn("%s: %s", path, d)
	}
}

// trained says what was learned.
func trained(l *servmap.Learner, m *servmap.Map, path string) string {
	hosts, pairs, applications := m.Size()
	return fmt.Sprintf("%s: %d flows learned (%s Unknown), %d hosts, %d pairs, %d applications",
		path, l.Flows-l.Unlabelled, percent(l.Unlabelled, l.Flows), hosts, pairs, applications)
}

// first returns the first of the words that is not empty.
func first(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
