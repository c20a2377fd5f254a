package cli

import (
	"errors"
	"fmt"

	"servmap/cli/console"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/servmap"
)

// learn adds all flows of the input to m.
func (v *invocation) learn(in *reading, m *servmap.Map) (*servmap.Learner, error) {
	l := servmap.NewLearner(m, servmap.NewPerimeter(v.Settings))
	in.sight = l.See
	err := v.read(in, func(f *flows.Flow) error { l.Learn(f); return nil })
	finish(l, in)
	return l, err
}

// finish tells the learner which captures there were.
func finish(l *servmap.Learner, in *reading) {
	var captures []servmap.Capture
	for _, c := range in.Summary().Captures {
		captures = append(captures, servmap.Capture(c))
	}
	l.Finish(captures)
}

// learnWhileKept learns; from an interface, it rewrites the map at path every
// few seconds.
func (v *invocation) learnWhileKept(in *reading, m *servmap.Map, path string) (*servmap.Learner, error) {
	if v.Ingest.Interface == "" || path == console.Stdout {
		return v.learn(in, m)
	}
	l := servmap.NewLearner(m, servmap.NewPerimeter(v.Settings))
	file := v.Rewrite(path, m.Write)
	in.sight = func(s *flows.Sighting) { file.Change(func() { l.See(s) }) }
	err := v.read(in, func(f *flows.Flow) error {
		file.Change(func() { l.Learn(f) })
		return nil
	})
	err = errors.Join(err, file.Stop(false))
	finish(l, in)
	return l, err
}

// learnBaseline learns a map from the captures of --baseline, in memory.
func (v *invocation) learnBaseline() (*servmap.Map, ingest.Summary, error) {
	opt := v.Ingest
	opt.FlowFiles, opt.Interface = true, ""
	v.sighted(&opt)
	in, err := v.open(v.Baseline, opt)
	if err != nil {
		return nil, ingest.Summary{}, err
	}
	m := servmap.NewMap(v.Settings)
	m.Limit(v.Limits())
	l, err := v.learn(in, m)
	s := in.Summary()
	if err == nil && s.Interrupted {
		err = console.ErrInterrupted
	}
	if err != nil {
		return nil, s, err
	}
	v.warnBeyond(l.Beyond, "the baseline's map")
	if !v.Quiet {
		v.summarise(in, trainSummary(l, m, "baseline"))
	}
	return m, s, nil
}

// trainSummary says what was learned into the map that is called name.
func trainSummary(l *servmap.Learner, m *servmap.Map, name string) string {
	hosts, pairs, applications := m.Size()
	return fmt.Sprintf("%s: %d flows learned (%s Unknown), %d hosts, %d pairs, %d applications",
		name, l.Flows-l.Unlabelled, console.Percent(l.Unlabelled, l.Flows), hosts, pairs, applications)
}
