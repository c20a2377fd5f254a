package servmap

import (
	"servmap/classify"
	"servmap/flows"
)

// Severity says how much an anomaly counts.
type Severity uint8

// The severities.
const (
	NoSeverity Severity = iota
	Minor
	Major
)

// String names the severity: "-", "minor" or "major".
func (s Severity) String() string { return [...]string{"-", "minor", "major"}[s] }

// Verdict is what the map says of a flow.
type Verdict uint8

// The verdicts, in the order of the report file.
const (
	None Verdict = iota
	DNSOrTLSApplication
	ProtocolNeverUsed
	UnknownDestination
	UnknownSource
	UnknownProtocol
	Verdicts = iota
)

// verdicts hold a verdict's name as people and the report file have it, as csv
// and ndjson have it, and how much it counts.
var verdicts = [Verdicts]struct {
	name, field string
	severity    Severity
}{
	None:                {"NONE", "NONE", NoSeverity},
	DNSOrTLSApplication: {"DNS/TLS APPLICATION", "DNS_TLS_APPLICATION", Minor},
	ProtocolNeverUsed:   {"PROTOCOL NEVER USED", "PROTOCOL_NEVER_USED", Major},
	UnknownDestination:  {"UNKNOWN DESTINATION IP", "UNKNOWN_DESTINATION_IP", Major},
	UnknownSource:       {"UNKNOWN SOURCE IP", "UNKNOWN_SOURCE_IP", Major},
	UnknownProtocol:     {"UNKNOWN PROTOCOL", "UNKNOWN_PROTOCOL", Minor},
}

// String is the verdict's name: "UNKNOWN SOURCE IP".
func (v Verdict) String() string { return verdicts[v].name }

// Field is the verdict's name without blanks: "UNKNOWN_SOURCE_IP".
func (v Verdict) Field() string { return verdicts[v].field }

// Severity is how much the verdict counts where the flow itself is not known;
// Judge may find a flow's to be less.
func (v Verdict) Severity() Severity { return verdicts[v].severity }

// VerdictNamed returns the verdict with that String.
func VerdictNamed(name string) (Verdict, bool) {
	for v := range verdicts {
		if verdicts[v].name == name {
			return Verdict(v), true
		}
	}
	return None, false
}

// question is what the rules look at: what the map knows of source and pair, and
// the flow's application.
type question struct {
	known
	application string
}

// rules are tried in this order; the first that applies gives the verdict.
var rules = [...]struct {
	verdict Verdict
	applies func(q question) bool
	// minor, where there is one, tells that the flow counts less than its
	// verdict does.
	minor func(q question) bool
}{
	{verdict: UnknownSource, applies: func(q question) bool { return !q.source }},
	{verdict: UnknownDestination, applies: func(q question) bool { return !q.pair }},
	{verdict: None, applies: func(q question) bool { return q.knows(q.application) }},
	{verdict: UnknownProtocol, applies: func(q question) bool { return q.application == classify.Unknown }},
	{verdict: DNSOrTLSApplication, applies: func(q question) bool { m := master(q.application); return m == "DNS" || m == "TLS" }},
	{verdict: ProtocolNeverUsed, applies: func(question) bool { return true }, minor: familiarQUIC},
}

// familiarQUIC reports whether the flow is QUIC between hosts that know QUIC or
// TLS: browsers go from one to the other freely.
func familiarQUIC(q question) bool {
	if master(q.application) != "QUIC" {
		return false
	}
	return q.lists.any(q.list, func(a string) bool { m := master(a); return m == "QUIC" || m == "TLS" })
}

// Judge says what the map says of a flow from src to dst.
func (m *Map) Judge(src, dst Host, application string) (Verdict, Severity) {
	q := question{m.pairs.look(src, dst), application}
	for i := range rules {
		r := &rules[i]
		switch {
		case !r.applies(q):
		case r.minor != nil && r.minor(q):
			return r.verdict, Minor
		default:
			return r.verdict, r.verdict.Severity()
		}
	}
	return None, NoSeverity // not reached: the last rule always applies
}

// Finding is a flow with its verdict.
type Finding struct {
	// N is the flow's number among those checked, from 1.
	N        uint64
	Flow     *flows.Flow
	Src, Dst Host
	Verdict  Verdict
	Severity Severity
}

// Checker judges flows by a map and counts.
type Checker struct {
	// Flows counts the flows checked, Outside those between two remote hosts.
	Flows, Outside uint64
	// Found counts by verdict, Severe by severity.
	Found  [Verdicts]uint64
	Severe [Major + 1]uint64

	m      *Map
	folder *Folder
}

// NewChecker returns a Checker that judges by m.
func NewChecker(m *Map, f *Folder) *Checker { return &Checker{m: m, folder: f} }

// Check judges a flow. It reports whether the flow concerns the devices at all;
// otherwise found is left alone. What it puts into found is as borrowed as the flow.
func (c *Checker) Check(fl *flows.Flow, found *Finding) bool {
	if !c.folder.Concerns(fl) {
		return false
	}
	c.Flows++
	src, dst := c.folder.Ends(fl)
	if src == Remote && dst == Remote {
		c.Outside++
	}
	v, s := c.m.Judge(src, dst, fl.Application)
	c.Found[v]++
	c.Severe[s]++
	*found = Finding{N: c.Flows, Flow: fl, Src: src, Dst: dst, Verdict: v, Severity: s}
	return true
}

// Anomalies counts the flows whose verdict is not None.
func (c *Checker) Anomalies() uint64 { return c.Flows - c.Found[None] }
