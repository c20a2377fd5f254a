package servmap

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

// The verdicts, in the order of the report file. Each but None has a row in
// rules.
const (
	None Verdict = iota
	DNSOrTLSApplication
	ProtocolNeverUsed
	UnknownDestination
	UnknownSource
	UnknownProtocol
	Verdicts = iota
)

// ruleOf finds the rule of a verdict. None has one of its own that never
// applies.
var ruleOf = func() (of [Verdicts]*Rule) {
	of[None] = &Rule{Name: "NONE", Field: "NONE", Brief: "NONE", Meaning: "the map has it"}
	for i := range rules {
		of[rules[i].Verdict] = &rules[i]
	}
	return of
}()

// String is the verdict's name: "UNKNOWN SOURCE IP".
func (v Verdict) String() string { return ruleOf[v].Name }

// Field is the verdict's name without blanks: "UNKNOWN_SOURCE_IP".
func (v Verdict) Field() string { return ruleOf[v].Field }

// Brief is the verdict's name in at most 13 letters: "UNKNOWN SRC".
func (v Verdict) Brief() string { return ruleOf[v].Brief }

// Meaning says when the verdict is given, in a clause.
func (v Verdict) Meaning() string { return ruleOf[v].Meaning }

// VerdictOrder lists the verdicts: None, then the others in the order in which they are tried.
func VerdictOrder() []Verdict {
	all := []Verdict{None}
	for i := range rules {
		all = append(all, rules[i].Verdict)
	}
	return all
}

// Severity is how much the verdict counts; that of a Judgement may be less.
func (v Verdict) Severity() Severity { return ruleOf[v].Severity }

// VerdictNamed returns the verdict with that String.
func VerdictNamed(name string) (Verdict, bool) {
	for v, r := range ruleOf {
		if r.Name == name {
			return Verdict(v), true
		}
	}
	return None, false
}
