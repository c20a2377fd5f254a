package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/flows/filter"
	"servmap/flows/ingest"
	"servmap/flows/safetext"
	"servmap/pcapio"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var extractCommand = command{
	name: "extract", args: "REPORT ID... CAPTURE...", usage: "write the packets of findings, or of a flow, to a capture",
	flags: flags.Extract, run: extract,
	about: "The packets of the findings with these ids or numbers are written as pcapng, with what was found as comments, in the order of the captures. With --flow there is no report: N is the number that check prints for the flow, with the same captures and settings.",
	examples: []example{
		{"servmap extract report.json 40af445d3810 suspect.pcap -w ssh.pcapng", "writes the packets of a finding"},
		{"servmap extract --flow 3 suspect.pcap -w flow.pcapng", "writes those of the third flow"},
	},
}

// evidence is what is written to one file.
type evidence struct {
	path string
	// comments of the file, and of the packets that each of the wants takes.
	about string
	notes []string
	wants []func(*decode.Packet) bool
	count uint64
}

func extract(v *invocation) error {
	if v.Write == "" {
		return console.UsageError("extract: where to? -w FILE says")
	}
	e := &evidence{path: v.Write}
	captures, inputs := v.args, []string(nil)
	if v.Given("flow") {
		if len(captures) == 0 {
			return console.UsageError("extract: no capture is named")
		}
	} else {
		if len(v.args) == 0 {
			return console.UsageError("extract: expected a report, findings and captures; servmap help extract tells how")
		}
		set, err := v.loadReport(v.args[0])
		if err != nil {
			return console.UsageError(describe(err))
		}
		chosen, rest, err := v.extracted(set.All(), v.args[1:])
		if err != nil {
			return err
		}
		if err := e.findings(v, chosen); err != nil {
			return err
		}
		captures, inputs = rest, v.args[:1]
	}
	captures, err := v.expand(captures)
	if err != nil {
		return err
	}
	if slices.Contains(captures, "-") {
		return console.UsageError("extract: the captures are read twice: standard input cannot be")
	}
	if err := v.NotInput(v.Write, slices.Concat(captures, inputs, v.ConfigFiles())); err != nil {
		return err
	}
	if v.Given("flow") {
		if err := e.flow(v, captures); err != nil {
			return err
		}
	}
	damage, err := v.writeEvidence(captures, []*evidence{e})
	if err == nil && !v.Quiet {
		v.Say("%s: %s", v.Write, rows.Plural(e.count, "packet"))
	}
	return errors.Join(append(damage, err)...)
}

// extracted parts the findings that are named from the captures behind them.
func (v *invocation) extracted(all []*findings.Finding, args []string) (chosen []*findings.Finding, captures []string, err error) {
	for i, name := range args {
		if _, err := os.Stat(name); err == nil || !isFindingName(name) {
			captures = args[i:]
			break
		}
		f, err := v.named(all, name)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Contains(chosen, f) {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) == 0 {
		return nil, nil, console.UsageError("extract: which findings? name ids or numbers behind the report")
	}
	if len(captures) == 0 {
		return nil, nil, console.UsageError("extract: no capture is named")
	}
	return chosen, captures, nil
}

// isFindingName reports whether a word can be a finding's number or id.
func isFindingName(s string) bool {
	if _, err := strconv.ParseUint(s, 10, 32); err == nil {
		return true
	}
	return len(s) == idLength && strings.Trim(s, "0123456789abcdef") == ""
}

// findings adds the packets of findings.
func (e *evidence) findings(v *invocation, chosen []*findings.Finding) error {
	var about []string
	for _, f := range chosen {
		if f.Filter == "" {
			return console.UsageError(fmt.Sprintf("%s: %s: the report does not say which packets these are", f.ID, safetext.String(f.Title)))
		}
		want, err := filter.Parse(f.Filter)
		if err != nil {
			return console.UsageError(fmt.Sprintf("%s: its filter: %v", f.ID, err))
		}
		if f.IsWide() {
			v.Warn("%s: too many flows to tell apart: packets of others are among these", f.ID)
		}
		name := safetext.String(f.ID + " " + f.Level + " " + f.Kind + ": " + f.Title)
		about = append(about, name)
		e.notes, e.wants = append(e.notes, name), append(e.wants, want.Match)
	}
	e.about = strings.Join(about, "\n")
	return nil
}

// errFlowFound ends the reading when the flow has come.
var errFlowFound = errors.New("found")

// flow adds the packets of the flow that check gives the number.
func (e *evidence) flow(v *invocation, captures []string) error {
	in, err := v.open(captures, v.Ingest)
	if err != nil {
		return err
	}
	perimeter, n, text := servmap.NewPerimeter(v.Settings), uint64(0), ""
	var first, last int64
	err = in.Flows(func(f *flows.Flow) error {
		if perimeter.Includes(f) {
			n++
		}
		if n < v.Flow {
			return nil
		}
		text, first, last = findings.FlowFilter(f), f.First(), f.Last()
		e.about = fmt.Sprintf("flow %d: %s to %s, %s", n, f.Src, f.Dst, safetext.String(f.Application))
		return errFlowFound
	})
	if !errors.Is(err, errFlowFound) {
		return errors.Join(err, console.UsageError(fmt.Sprintf("extract: --flow %d: there are %s", v.Flow, rows.Plural(n, "flow"))))
	}
	want, err := filter.Parse(text)
	if err != nil {
		return err
	}
	e.notes = []string{e.about}
	e.wants = []func(*decode.Packet) bool{func(p *decode.Packet) bool { return p.Time >= first && p.Time <= last && want.Match(p) }}
	return nil
}

// mostEvidence is how many files are written in one reading.
const mostEvidence = 100

// writeEvidence writes files, each whole or not at all.
func (v *invocation) writeEvidence(captures []string, all []*evidence) (damage []error, err error) {
	v.interruptible()
	for len(all) > 0 && err == nil {
		some := all[:min(len(all), mostEvidence)]
		all = all[len(some):]
		damage, err = v.writeSome(captures, some, nil)
	}
	return damage, err
}

// writeSome opens the files one after the other, and writes when all are open.
func (v *invocation) writeSome(captures []string, files []*evidence, open []*pcapio.NgWriter) (damage []error, err error) {
	if len(open) < len(files) {
		e := files[len(open)]
		err = v.ReplaceFile(e.path, func(w io.Writer) error {
			out, err := pcapio.NewNgWriter(w, "servmap "+console.VersionName(), e.about)
			if err == nil {
				damage, err = v.writeSome(captures, files, append(open, out))
			}
			return err
		})
		if errors.Is(err, pcapio.ErrInterrupted) {
			err = console.ErrInterrupted
		}
		return damage, err
	}
	var wants []func(*decode.Packet) bool
	var owner, note []int
	for i, e := range files {
		for k, want := range e.wants {
			wants, owner, note = append(wants, want), append(owner, i), append(note, k)
		}
	}
	opt := v.Ingest
	opt.Stdin = v.In
	return ingest.Pick(v.context, captures, opt, wants, func(p *pcapio.Packet, capture string, of []int) error {
		for i := 0; i < len(of); {
			e, comment := files[owner[of[i]]], ""
			at := i
			for ; i < len(of) && owner[of[i]] == owner[of[at]]; i++ {
				if comment != "" {
					comment += "\n"
				}
				comment += e.notes[note[of[i]]]
			}
			e.count++
			if err := open[owner[of[at]]].Write(p, safetext.String(capture), comment); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepEvidence writes the packets of the findings that fail into the folder of --evidence, a file each.
func (v *invocation) keepEvidence(captures []string, all []*findings.Finding) error {
	if err := os.MkdirAll(v.Evidence, 0o777); err != nil {
		return console.OutputError{Err: err}
	}
	var files []*evidence
	without := 0
	for _, f := range all {
		if !v.Gate().Fails(f) {
			continue
		}
		if f.Filter == "" {
			without++
			continue
		}
		e := &evidence{path: filepath.Join(v.Evidence, f.ID+".pcapng")}
		if err := e.findings(v, []*findings.Finding{f}); err != nil {
			return err
		}
		files = append(files, e)
	}
	if without > 0 {
		v.Warn("%s: no packets of %s: there are none, or too many hosts to name", v.Evidence, rows.Plural(uint64(without), "finding"))
	}
	if len(files) == 0 {
		return nil
	}
	_, err := v.writeEvidence(captures, files) // damage was told when they were judged
	if err == nil && !v.Quiet {
		v.Say("%s: the packets of %s", v.Evidence, rows.Plural(uint64(len(files)), "finding"))
	}
	return err
}
