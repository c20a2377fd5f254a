package flags

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// Options is what the command line and the configuration say, put together.
// Each command uses what its flags set; the rest keeps its default.
type Options struct {
	// Config is the file of --config; empty means DefaultConfig where that is
	// there.
	Config string
	// ConfigFile is the configuration that was read, empty where none was.
	ConfigFile string
	// Settings shape a map.
	Settings servmap.Settings
	// Ingest says what is read and how.
	Ingest ingest.Options
	// Flow is the number of the flow to extract, Write where its packets go, and Evidence the folder of those of a check's
	// findings.
	Flow            uint64
	Write, Evidence string
	// User is who a live capture becomes.
	User string
	// Quiet leaves out progress and summary.
	Quiet bool
	// Output is the file of -o, empty where it was not given.
	Output string
	// Color is the word of --color: auto, always or never.
	Color string
	// Format is the word of --format.
	Format string

	// Map is the file of --map, Baseline the captures that are learned in its
	// place.
	Map string
	// MoreMaps are further maps that judge, too.
	MoreMaps []string
	Baseline []string
	// Report is the file of --report.
	Report string
	// Anomalies leaves out the flows that fit.
	Anomalies bool
	// MaxHosts and MaxPairs bound a map and a report; 0 is no limit.
	MaxHosts, MaxPairs int
	// FailOn is the least severity of a flow that counts for the exit status, more than Major where
	// findings count: then FailLevel is the least level, more than Critical for none.
	FailOn    servmap.Severity
	FailLevel findings.Level
	// Level is the least level of the findings that are shown.
	Level findings.Level
	// Levels are levels of the user's own for kinds of findings.
	Levels map[findings.Kind]findings.Level
	// Clauses are the user's own rules of what is allowed and what is denied.
	Clauses servmap.Clauses
	// AllowEmpty takes a check without any flow for one that found nothing.
	AllowEmpty bool
	// Append adds to the map that is there; Force does so even where the map
	// knows the capture.
	Append, Force bool
	// Replace writes over a map that is there.
	Replace bool
	// Unseen is how many days before the newest capture something must have been seen last to be
	// forgotten; 0 is not given.
	Unseen int
	// Each learns, or judges, each capture by itself.
	Each bool
	// Recursive also reads the folders below a folder.
	Recursive bool
	// Without lists the ids of what a training leaves out.
	Without []string
	// Note is what somebody has to say who accepts a finding; All accepts all of a report.
	Note string
	All  bool
	// DryRun tells what would change, and changes nothing.
	DryRun bool
	// OnlyHosts and OnlyServices narrow a graph, and OnlyHosts a policy; OnlyNew leaves out what is known.
	OnlyHosts, OnlyServices []string
	OnlyNew                 bool
	// Against are the captures of which a policy tells what it would drop.
	Against []string
	// SelfTest prints in full what the map makes one expect.
	SelfTest bool
	// Fingerprint is the form of the fingerprints of TLS hellos.
	Fingerprint classify.Fingerprint

	// MapFile, ReportFile and OutFile are the configuration's names for the
	// map, the report, and what the command flows writes.
	MapFile, ReportFile, OutFile string
	// ApplicationsFile and Rules are the user's own names of applications.
	ApplicationsFile string
	Rules            []Rule
	// Hosts are the user's own names of hosts; nil is none.
	Hosts *servmap.Names
	// Missing asks for findings of what the map has and did not come; Watch lists hosts whose absence is
	// a finding in any case.
	Missing bool
	Watch   []string
	// Wording is what text output calls the verdicts.
	Wording report.Wording

	given map[string]bool
	// clauses are the clauses of a list of the configuration until that is read whole.
	clauses map[string][]*yaml.Node
	// configured holds the keys that the command line or the configuration set.
	configured map[string]bool
}

// DefaultMap is the map's name where nobody says otherwise.
const DefaultMap = "services_map.json"

// defaultMaxFlows keeps to about a gigabyte, also where every flow has a name of its own.
const defaultMaxFlows = 2_200_000

func defaults() *Options {
	o := &Options{FailOn: servmap.Major + 1, FailLevel: findings.High, MaxHosts: servmap.DefaultMaxHosts, MaxPairs: servmap.DefaultMaxPairs, given: map[string]bool{}, clauses: map[string][]*yaml.Node{}, configured: map[string]bool{}}
	o.Settings.IdleTimeout, o.Settings.ActiveTimeout = flows.DefaultIdleTimeout, flows.DefaultActiveTimeout
	o.Ingest.Flows = flows.Options{MaxFlows: defaultMaxFlows, Tunnels: true, Recover: true}
	return o
}

// Given reports whether the command line has the flag.
func (o *Options) Given(name string) bool { return o.given[name] }

// MapToCheck names the map to judge by where no baseline is given.
func (o *Options) MapToCheck() string { return cmp.Or(o.Map, o.MapFile, DefaultMap) }

// Gate is what fails a report.
func (o *Options) Gate() findings.Gate {
	return findings.Gate{Level: o.FailLevel, Severity: o.FailOn, AllowEmpty: o.AllowEmpty}
}

// ConfigFound reports whether the configuration was found in the working
// directory and not named. It may then have come with the captures, and is not to
// be trusted with what is written.
func (o *Options) ConfigFound() bool { return o.ConfigFile != "" && o.Config == "" }

// ConfigFiles are the files that the configuration came from, none of which may
// be an output.
func (o *Options) ConfigFiles() []string {
	return slices.DeleteFunc([]string{o.ConfigFile, o.ApplicationsFile}, func(name string) bool { return name == "" })
}

// Limits are those of a map or a report.
func (o *Options) Limits() *servmap.Limits { return servmap.NewLimits(o.MaxHosts, o.MaxPairs) }

// Read puts together the configuration and a command line of one of the
// commands. An error is one of the command line, or of the configuration; it is
// one line.
func Read(c *cli.Context, command Commands) (*Options, error) {
	o := defaults()
	if err := readConfig(o, c.String("config")); err != nil {
		return nil, err
	}
	live := c.IsSet("interface")
	for _, f := range Of(command) {
		if !c.IsSet(f.Name) {
			if f.Default == "" && f.Choices != nil {
				_ = f.Set(o, f.Choices[:1]) // the first choice is valid
			}
			continue
		}
		o.given[f.Name] = true
		if f.Live && !live {
			return nil, errors.New("--" + f.Name + " is for live captures: -i IFACE")
		}
		if err := f.set(o, c); err != nil {
			return nil, err
		}
	}
	o.Ingest.Flows.IdleTimeout, o.Ingest.Flows.ActiveTimeout = o.Settings.IdleTimeout, o.Settings.ActiveTimeout
	o.Ingest.Flows.IgnoreVLAN = o.Settings.IgnoreVLAN
	if o.Ingest.Flows.Workers == 0 {
		o.Ingest.Flows.Workers = runtime.GOMAXPROCS(0)
	}
	return o, nil
}

// set applies what the command line says.
func (f *Flag) set(o *Options, c *cli.Context) error {
	var values []string
	switch {
	case !f.TakesValue():
		values = []string{fmt.Sprint(c.Bool(f.Name))}
	case f.Many:
		values = c.StringSlice(f.Name)
	default:
		values = []string{c.String(f.Name)}
	}
	if err := f.apply(o, values); err != nil {
		return fmt.Errorf("--%s: %w", f.Name, err)
	}
	return nil
}

// apply checks the values against the choices, and sets them.
func (f *Flag) apply(o *Options, values []string) error {
	if f.Choices != nil {
		for _, v := range values {
			if err := oneOf(v, f.Choices); err != nil {
				return err
			}
		}
	}
	o.configured[f.Key] = true
	return f.Set(o, values)
}

// AdoptSettings takes over the settings that a map was made with, but for those that the command line or
// the configuration sets.
func (o *Options) AdoptSettings(m *servmap.Meta) {
	if m == nil || len(m.Settings.LocalNetworks) == 0 {
		return
	}
	s, own := m.Settings, &o.Settings
	for key, take := range map[string]func(){
		"local_networks": func() { own.LocalNetworks = s.LocalNetworks },
		"device_ips":     func() { own.DeviceIPs = s.DeviceIPs },
		"multicast":      func() { own.MulticastRemote = s.MulticastRemote },
		"idle_timeout":   func() { own.IdleTimeout = s.IdleTimeout },
		"active_timeout": func() { own.ActiveTimeout = s.ActiveTimeout },
		"ignore_vlan":    func() { own.IgnoreVLAN = s.IgnoreVLAN },
		"unknown":        func() { own.IgnoreUnknown = s.IgnoreUnknown },
		"identity":       func() { own.ByAddress = s.ByAddress },
		"non_ip":         func() { own.IgnoreNonIP = s.IgnoreNonIP },
	} {
		if !o.configured[key] {
			take()
		}
	}
	o.Ingest.Flows.IdleTimeout, o.Ingest.Flows.ActiveTimeout = own.IdleTimeout, own.ActiveTimeout
	o.Ingest.Flows.IgnoreVLAN = own.IgnoreVLAN
}

// oneOf refuses a value that is not among the known.
func oneOf(value string, known []string) error {
	for _, k := range known {
		if k == value {
			return nil
		}
	}
	return fmt.Errorf("%q: expected %s", value, rows.List(known))
}

// Helpers that make Set of a field.

func toString(field func(*Options) *string) func(*Options, []string) error {
	return func(o *Options, v []string) error { *field(o) = v[0]; return nil }
}

func toBool(field func(*Options) *bool) func(*Options, []string) error {
	return func(o *Options, v []string) error { *field(o) = v[0] == "true"; return nil }
}

// parsed makes Set of a function that reads one value.
func parsed[T any](read func(string) (T, error), field func(*Options) *T) func(*Options, []string) error {
	return func(o *Options, v []string) error {
		x, err := read(v[0])
		if err == nil {
			*field(o) = x
		}
		return err
	}
}

// parsedList makes Set of a function that reads one of several values.
func parsedList[T any](read func(string) (T, error), field func(*Options) *[]T) func(*Options, []string) error {
	return func(o *Options, v []string) error {
		var out []T
		for _, word := range v {
			x, err := read(word)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		*field(o) = out
		return nil
	}
}

func idleTimeout(o *Options) *time.Duration   { return &o.Settings.IdleTimeout }
func activeTimeout(o *Options) *time.Duration { return &o.Settings.ActiveTimeout }
