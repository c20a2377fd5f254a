package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"servmap/cli/console"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// training is a map while it is learned.
type training struct {
	*servmap.Learner
	m *servmap.Map
	// seen finds what had better not been learned; kept is what was learned, as far as it is little.
	seen *findings.Suspicions
	kept *findings.Recording
}

// How many flows a training keeps in order to say what the map makes one expect: few by itself, many
// where that is asked for.
const (
	keptFlows     = 20_000
	keptSelfTest  = 1_000_000
	shownLearned  = 10
	shownUncovers = 10
)

// newTraining begins to learn an input into m. What is kept of it is added to kept.
func (v *invocation) newTraining(m *servmap.Map, in *reading, kept *findings.Recording) *training {
	m.Speak(in.vocabulary)
	kept.Start()
	learner := servmap.NewLearner(m, servmap.NewPerimeter(v.Settings))
	learner.Clauses = v.Clauses
	return &training{Learner: learner, m: m, seen: findings.NewSuspicions(), kept: kept}
}

// newRecording is for as much as the self-test needs, if it is to be made.
func (v *invocation) newRecording() *findings.Recording {
	switch {
	case v.SelfTest:
		return &findings.Recording{Limit: keptSelfTest}
	case !v.Quiet:
		return &findings.Recording{Limit: keptFlows}
	}
	return &findings.Recording{}
}

// learn adds a flow.
func (t *training) learn(f *flows.Flow) {
	if !t.Learn(f) {
		return
	}
	if t.Last.Flow == f {
		t.seen.Add(&t.Last)
	}
	t.kept.Flow(f)
}

// see takes what a packet tells of hosts.
func (t *training) see(s *flows.Sighting) {
	t.See(s)
	t.kept.See(s)
}

// finish tells the learner which captures there were.
func (t *training) finish(in *reading) {
	t.Finish(captures(in))
	t.kept.Finish(captures(in))
}

// captures are those of the input, as a map lists them.
func captures(in *reading) []servmap.Capture {
	var out []servmap.Capture
	for _, c := range in.Summary().Captures {
		out = append(out, servmap.Capture(c))
	}
	return out
}

// learn adds all flows of the input to m.
func (v *invocation) learn(in *reading, m *servmap.Map, kept *findings.Recording) (*training, error) {
	t := v.newTraining(m, in, kept)
	in.sight = t.see
	err := v.read(in, func(f *flows.Flow) error { t.learn(f); return nil })
	t.finish(in)
	return t, err
}

// learnWhileKept learns; from an interface, it rewrites the map at path every
// few seconds.
func (v *invocation) learnWhileKept(in *reading, m *servmap.Map, path string, kept *findings.Recording) (*training, error) {
	if v.Ingest.Interface == "" || path == console.Stdout {
		return v.learn(in, m, kept)
	}
	t := v.newTraining(m, in, kept)
	file := v.Rewrite(path, m.Write)
	in.sight = func(s *flows.Sighting) { file.Change(func() { t.see(s) }) }
	err := v.read(in, func(f *flows.Flow) error {
		file.Change(func() { t.learn(f) })
		return nil
	})
	err = errors.Join(err, file.Stop(false))
	t.finish(in)
	return t, err
}

// leaveOut takes out of the map what --without names.
func (v *invocation) leaveOut(t *training) error {
	all := t.seen.All(t.m)
	for _, id := range v.Without {
		found := false
		for _, s := range all {
			if s.ID != id {
				continue
			}
			if found = true; s.Leaves == nil {
				return console.UsageError("--without " + id + ": " + s.Title + ": that is not to be left out; name the hosts in a --filter")
			}
			t.m.Without(s.Leaves)
		}
		if !found {
			return console.UsageError("--without " + id + ": this training learned nothing with that id to look at")
		}
	}
	return nil
}

// showLearned prints what was learned and should be looked at.
func (v *invocation) showLearned(t *training) {
	var shown []findings.Suspicion
	for _, s := range t.seen.All(t.m) {
		if !slices.Contains(v.Without, s.ID) {
			shown = append(shown, s)
		}
	}
	for i, s := range shown {
		if i == shownLearned {
			v.Say("and %d more that were learned and should be looked at", len(shown)-i)
			break
		}
		v.Say("learned, look at it: %s  id %s", s.Title, s.ID)
	}
}

// predict tells what a check of traffic like the baseline's would bring.
func (v *invocation) predict(kept *findings.Recording, m *servmap.Map) error {
	if v.Settings.IgnoreUnknown || kept.Limit == 0 {
		return nil
	}
	if kept.Full && !v.SelfTest {
		if !v.Quiet {
			v.Say("--self-test tells how many findings traffic like this would bring")
		}
		return nil
	}
	if kept.Full {
		return console.UsageError(fmt.Sprintf("--self-test: there are more than %d flows; take a part of them", keptSelfTest))
	}
	p, err := kept.Predict(m, v.Settings)
	if err != nil {
		return err
	}
	if v.SelfTest && v.Format == "json" {
		return v.To("", func(w io.Writer) error {
			text, err := json.MarshalIndent(p, "", "  ")
			if err != nil {
				return err
			}
			_, err = w.Write(append(text, '\n'))
			return err
		})
	}
	if v.Quiet && !v.SelfTest {
		return nil
	}
	v.Say("a capture or day like these would bring about %.1f findings of level high, %.1f medium and %.1f low", p.PerCapture["high"]+p.PerCapture["critical"], p.PerCapture["medium"], p.PerCapture["low"])
	if n := len(p.Hosts); n > 0 {
		v.Say("%d hosts were seen too seldom to say what they do not do: record more days or captures", n)
	}
	if v.SelfTest {
		for i, h := range p.Hosts {
			if i == shownUncovers {
				v.Say("and %d more", len(p.Hosts)-i)
				break
			}
			v.Say("  %s: %d flows in %d captures or days", h.Host, h.Flows, h.Events)
		}
	}
	return nil
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
	t, err := v.learn(in, m, &findings.Recording{})
	s := in.Summary()
	if err == nil && s.Interrupted {
		err = console.ErrInterrupted
	}
	if err != nil {
		return nil, s, err
	}
	v.warnBeyond(t.Beyond, "the baseline's map")
	if !v.Quiet {
		v.summarise(in, trainSummary(t, "baseline"))
		v.showLearned(t)
	}
	return m, s, nil
}

// trainSummary says what was learned into the map that is called name.
func trainSummary(t *training, name string) string {
	hosts, pairs, applications := t.m.Size()
	learned := t.Flows
	if t.m.Evidence == nil {
		learned -= t.Unlabelled
	}
	return fmt.Sprintf("%s: %d flows learned (%s Unknown), %d hosts, %d pairs, %d applications",
		name, learned, console.Percent(t.Unlabelled, t.Flows), hosts, pairs, applications)
}
