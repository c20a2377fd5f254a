package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// findingView is a finding as the page shows it.
type findingView struct {
	Index            int
	ID, Level, Kind  string
	Title, Why, When string
	Counts           string
	Facts            []fact
	Accept           []string
}

// fact is a line of a finding's evidence.
type fact struct {
	Name   string
	Values []string
}

// mostValues is how many values of a list are shown.
const mostValues = 12

func newFinding(i int, f *findings.Finding) findingView {
	v := findingView{
		Index: i, ID: safetext.String(f.ID), Level: f.LevelOf().String(), Kind: f.KindOf().String(), Title: safetext.String(f.Title), Why: safetext.String(f.Why),
		When: rows.Span(f.First, f.Last), Counts: rows.Plural(f.Flows, "flow") + ", " + rows.Bytes(f.Bytes),
	}
	v.add("Source", sideValues(&f.Source)...)
	v.add("Destination", sideValues(&f.Destination)...)
	v.add("Domains", safe(f.Destination.Domains)...)
	v.add("Owners", safe(f.Destination.Owners)...)
	services := safe(f.Applications)
	for i := range services {
		if services[i] == classify.Unknown {
			services[i] = "not recognised"
		}
	}
	v.add("Services", services...)
	v.add("Ports", portsText(f)...)
	v.add("Traffic", trafficText(f))
	v.add("Time", v.When)
	v.add("Files", safe(f.Files)...)
	var verdicts []string
	for _, name := range slices.SortedFunc(maps.Keys(f.Verdicts), func(a, b string) int {
		return cmp.Or(cmp.Compare(f.Verdicts[b], f.Verdicts[a]), cmp.Compare(a, b))
	}) {
		verdicts = append(verdicts, fmt.Sprintf("%s × %d", safetext.String(name), f.Verdicts[name]))
	}
	v.add("Verdicts", verdicts...)
	v.add("Community IDs", safe(f.CommunityIDs)...)
	for c := range f.Lines() {
		if len(v.Accept) == mostValues {
			v.Accept = append(v.Accept, "… and more")
			break
		}
		v.Accept = append(v.Accept, safetext.String(c.String()))
	}
	return v
}

// add adds a fact, unless there is nothing to tell; a long list is cut.
func (v *findingView) add(name string, values ...string) {
	if len(values) > mostValues {
		values = append(values[:mostValues:mostValues], fmt.Sprintf("and %d more", len(values)-mostValues))
	}
	if len(values) > 0 && values[0] != "" {
		v.Facts = append(v.Facts, fact{name, values})
	}
}

func safe(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = safetext.String(s)
	}
	return out
}

// sideValues tells who a side is: host, name, addresses, hardware addresses.
func sideValues(s *findings.Side) []string {
	var out []string
	add := func(text string) {
		if text = safetext.String(text); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	add(s.Name)
	for _, h := range s.Hosts {
		add(h)
	}
	for _, a := range s.Addresses {
		add(a)
	}
	for _, m := range s.MACs {
		if s.Vendor != "" {
			m += " (" + s.Vendor + ")"
		}
		add(m)
	}
	return out
}

func portsText(f *findings.Finding) []string {
	var out []string
	for _, p := range f.Ports {
		out = append(out, strings.Join(safe(f.Transport), "/")+" "+strconv.Itoa(int(p)))
	}
	return out
}

func trafficText(f *findings.Finding) string {
	text := fmt.Sprintf("%s, %s, %s: %s out, %s in", rows.Plural(f.Flows, "flow"), rows.Plural(f.Packets, "packet"), rows.Bytes(f.Bytes), rows.Bytes(f.BytesOut), rows.Bytes(f.BytesIn))
	if f.Flows > 0 && !f.Answered {
		text += "; nobody answered"
	}
	return text
}
