package cli

import (
	"bytes"
	"io"
	"os"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/report"
	"servmap/servmap"
)

var diffCommand = command{
	name: "diff", args: "OLD NEW", usage: "tell what differs between two maps, or captures; status 1 where something does",
	flags: flags.Diff, run: diff,
	about: "Byte counts are left out: a line is a service, a host, a role. Captures are learned in memory.",
	examples: []example{
		{"servmap diff old.json services_map.json", "tells what was learned since"},
		{"servmap diff --format markdown baseline.pcap suspect.pcap", "compares two captures, for a pull request"},
	},
}

func diff(v *invocation) error {
	if len(v.args) != 2 {
		return console.UsageError("diff: expected two maps or captures, the older first")
	}
	if err := v.NotInput(v.Output, v.args); err != nil {
		return err
	}
	var maps [2]*servmap.Map
	for i, name := range v.args {
		m, err := v.mapOrCapture(name)
		if err != nil {
			return err
		}
		maps[i] = m
	}
	changes := servmap.Diff(maps[0], maps[1])
	err := v.To(v.Output, func(w io.Writer) error {
		return report.Print(report.DiffFormats, v.Format, w, style(v.Console, v.Output, nil), changes)
	})
	if err == nil && len(changes) > 0 {
		return console.ErrAnomalies
	}
	return err
}

// mapOrCapture loads a map, or learns a capture in memory.
func (v *invocation) mapOrCapture(name string) (*servmap.Map, error) {
	if name == os.DevNull { // as git names what is not there
		return &servmap.Map{}, nil
	}
	if isMap(name) {
		return v.loadMap(name)
	}
	quiet := *v
	options := *v.Options
	options.Quiet, options.Baseline = true, []string{name}
	quiet.Options = &options
	m, s, err := quiet.learnBaseline()
	if err == nil {
		err = problems(s)
	}
	return m, err
}

// isMap reports whether a file begins as a map does. What cannot be read is none: opening it as a capture
// says what is wrong.
func isMap(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("{"))
}
