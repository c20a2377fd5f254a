package flags

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"servmap/classify"
	"servmap/flows/filter"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// table is everything that a user can set, in the order of the help: what few
// commands have, then what every command that reads captures has, then what the
// configuration alone has.
var table = []Flag{
	{Name: "append", Usage: "add to the map that is there", For: Train,
		Set: toBool(func(o *Options) *bool { return &o.Append })},
	{Name: "replace", Usage: "write over the map that is there", For: Train | Merge | Prune,
		Set: toBool(func(o *Options) *bool { return &o.Replace })},
	{Name: "each", Usage: "learn each capture by itself, and unite what was learned", For: Train,
		Set: toBool(func(o *Options) *bool { return &o.Each })},
	{Name: "each", Usage: "judge each capture by itself, and tell at the end which are the worst", For: Check,
		Set: toBool(func(o *Options) *bool { return &o.Each })},
	{Name: "without", Value: "ID", Usage: "leave out what a training listed as learned, with this ID; may be repeated", Many: true, For: Train,
		Set: func(o *Options, v []string) error { o.Without = v; return nil }},
	{Name: "self-test", Usage: "tell in full how many findings traffic like the baseline's would bring", For: Train,
		Set: toBool(func(o *Options) *bool { return &o.SelfTest })},
	format(Train, []string{"text", "json"}),
	{Name: "force", Usage: "with --append: even if the map knows the capture already", For: Train,
		Set: toBool(func(o *Options) *bool { return &o.Force })},
	mapFlag(Check, "judge by the map in FILE; may be repeated: what one of them permits is known"),
	mapFlag(Report, "show findings at their lines of the map in FILE; may be repeated"),
	{Name: "map", Short: "m", Value: "FILE", Usage: "the map in FILE", Default: DefaultMap, For: Accept,
		Set: toString(func(o *Options) *string { return &o.Map })},
	{Name: "all", Usage: "accept all findings of the report, but for what is denied", For: Accept,
		Set: toBool(func(o *Options) *bool { return &o.All })},
	{Name: "level", Value: "LEVEL", Usage: "accept all findings of this LEVEL: " + rows.List(findings.LevelNames()), Choices: findings.LevelNames(), Default: "none", For: Accept,
		Set: func(o *Options, v []string) error { o.Level, _ = findings.LevelNamed(v[0]); return nil }},
	{Name: "note", Value: "TEXT", Usage: "keep this TEXT in the map beside what is accepted", For: Accept,
		Set: toString(func(o *Options) *string { return &o.Note })},
	{Name: "dry-run", Usage: "tell what would change, and change nothing", For: Accept | Prune,
		Set: toBool(func(o *Options) *bool { return &o.DryRun })},
	{Name: "host", Value: "HOST", Usage: "only rules of this HOST, an address or a name; may be repeated", Many: true, For: Policy,
		Set: func(o *Options, v []string) error { o.OnlyHosts = v; return nil }},
	{Name: "dry-run", Value: "CAPTURE", Usage: "write no rules, and tell what they would drop of CAPTURE; may be repeated", Many: true, For: Policy,
		Set: func(o *Options, v []string) error { o.Against = v; return nil }},
	{Name: "baseline", Value: "CAPTURE", Usage: "judge by a map learned from CAPTURE first; may be repeated", Many: true, For: Check,
		Set: func(o *Options, v []string) error { o.Baseline = v; return nil }},
	format(Check, checkFormats),
	format(Flows, report.Names(report.FlowFormats)),
	format(Info, report.Names(report.InfoFormats)),
	format(Report, report.Names(report.FindingsFormats)),
	format(Listing, report.Names(report.ListingFormats)),
	format(Diff|Prune, report.Names(report.DiffFormats)),
	format(Policy, report.Names(report.PolicyFormats)),
	{Name: "unseen", Value: "TIME", Usage: "forget what was seen last this TIME or longer before the newest capture: days or weeks, as in 90d or 12w", For: Prune,
		Set: parsed(parseDays, func(o *Options) *int { return &o.Unseen })},
	format(Graph, report.Names(report.GraphFormats)),
	{Name: "host", Value: "HOST", Usage: "only lines of this HOST: an address, a network, a name, or remote; may be repeated", Many: true, For: Graph,
		Set: func(o *Options, v []string) error { o.OnlyHosts = v; return nil }},
	{Name: "service", Value: "SERVICE", Usage: "only this SERVICE, such as TLS.NetFlix, or TLS for all of TLS; may be repeated", Many: true, For: Graph,
		Set: func(o *Options, v []string) error { o.OnlyServices = v; return nil }},
	{Name: "new", Usage: "only what findings are about, of a report", For: Graph,
		Set: toBool(func(o *Options) *bool { return &o.OnlyNew })},
	{Name: "flow", Value: "N", Usage: "the flow with this number N of a check, in place of findings", For: Extract,
		Set: parsed(parseUint, func(o *Options) *uint64 { return &o.Flow })},
	{Name: "write", Short: "w", Value: "FILE", Usage: "write the packets to FILE, as pcapng", For: Extract,
		Set: toString(func(o *Options) *string { return &o.Write })},
	{Name: "evidence", Value: "FOLDER", Usage: "also write the packets of each finding from --fail-on on into FOLDER", For: Check,
		Set: toString(func(o *Options) *string { return &o.Evidence })},
	{Name: "anomalies", Usage: "print only flows that are anomalies", For: Check,
		Set: toBool(func(o *Options) *bool { return &o.Anomalies })},
	{Name: "report", Value: "FILE", Usage: "also keep the report in FILE", For: Check,
		Set: toString(func(o *Options) *string { return &o.Report })},
	failOn(Check, "fail_on", "exit with 1 from a finding of this LEVEL on, or a flow of this severity: "+rows.List(failures)),
	failOn(Report, "", "what fails in formats for CI, and with this flag also makes the exit status: a finding of this LEVEL on, or a flow of this severity: "+rows.List(failures)),
	{Name: "level", Value: "LEVEL", Usage: "hide findings below this LEVEL: " + rows.List(findings.LevelNames()), Default: "info; low on standard error", Choices: findings.LevelNames(), For: Check,
		Set: func(o *Options, v []string) error { o.Level, _ = findings.LevelNamed(v[0]); return nil }},
	{Name: "missing", Usage: "also find what the map has and did not come", For: Check,
		Set: toBool(func(o *Options) *bool { return &o.Missing })},
	{Name: "allow-empty", Usage: "a check without any flow finds nothing, and is no error", For: Check | Report,
		Set: toBool(func(o *Options) *bool { return &o.AllowEmpty })},
	{Name: "fingerprint", Value: "FORM", Usage: "fingerprint TLS hellos by FORM: " + rows.List(fingerprints), Choices: fingerprints, For: Flows,
		Set: func(o *Options, v []string) error {
			o.Fingerprint = classify.Fingerprint(slices.Index(fingerprints, v[0]))
			return nil
		}},

	config(Capturing, "read the configuration from FILE"),
	config(Report|Diff|Merge|Prune|Accept|Policy, "read the configuration from FILE"),
	config(Protocols, "add the applications of the configuration in FILE"),
	config(Lint, "take names of hosts and applications, and settings, from FILE"),
	{Name: "device", Key: "device_ips", Value: "IP", Usage: "only flows with this IP at either end; may be repeated", Many: true, For: Capturing,
		Set: parsedList(parseAddr, func(o *Options) *[]addr { return &o.Settings.DeviceIPs })},
	{Name: "local-network", Key: "local_networks", Value: "CIDR", Usage: "keep the addresses of this CIDR in the map, in place of the private networks; may be repeated", Many: true, For: Capturing,
		Set: parsedList(parseNetwork, func(o *Options) *[]network { return &o.Settings.LocalNetworks })},
	{Name: "idle-timeout", Key: "idle_timeout", Value: "TIME", Usage: "a flow ends after this TIME without packets: seconds, or 2m; 0 is never", Default: "120", For: Capturing,
		Set: parsed(parseDuration, idleTimeout)},
	{Name: "active-timeout", Key: "active_timeout", Value: "TIME", Usage: "a flow ends this TIME after its first packet; 0 is never", Default: "1800", For: Capturing,
		Set: parsed(parseDuration, activeTimeout)},
	{Name: "ignore-vlan", Key: "ignore_vlan", Usage: "VLAN tags do not tell flows apart; their vlan_id is 0", For: Capturing,
		Set: parsed(parseBool, func(o *Options) *bool { return &o.Settings.IgnoreVLAN })},
	{Name: "max-flows", Key: "max_flows", Value: "N", Usage: "keep at most N live flows, the longest idle end first; 0 is no limit", Default: fmt.Sprint(defaultMaxFlows), For: Capturing,
		Set: parsed(parseCount, func(o *Options) *int { return &o.Ingest.Flows.MaxFlows })},
	{Name: "max-hosts", Key: "max_hosts", Value: "N", Usage: "a map or a report holds at most N hosts, those that came first; 0 is no limit", Default: fmt.Sprint(servmap.DefaultMaxHosts), For: Train | Check | Flows | Info | Graph,
		Set: parsed(parseCount, func(o *Options) *int { return &o.MaxHosts })},
	{Name: "max-pairs", Key: "max_pairs", Value: "N", Usage: "a map or a report holds at most N pairs of hosts, those that came first; 0 is no limit", Default: fmt.Sprint(servmap.DefaultMaxPairs), For: Train | Check | Flows | Info | Graph,
		Set: parsed(parseCount, func(o *Options) *int { return &o.MaxPairs })},
	{Name: "decompress-limit", Value: "SIZE", Usage: "read at most SIZE of each compressed file: bytes, or 500M, 20G; 0 is no limit", Default: "256G, and a thousand times the file", For: Capturing,
		Set: func(o *Options, v []string) (err error) {
			o.Ingest.Limit, err = parseSize(v[0])
			if o.Ingest.Ratio = -1; o.Ingest.Limit == 0 {
				o.Ingest.Limit = -1 // none, as pcapio has it
			}
			return err
		}},
	{Name: "no-tunnels", Usage: "do not look into tunnels", For: Capturing,
		Set: func(o *Options, v []string) error { o.Ingest.Flows.Tunnels = v[0] != "true"; return nil }},
	{Name: "workers", Value: "N", Usage: "use N processors; 0 is all", Default: "all", For: Capturing,
		Set: parsed(parseCount, func(o *Options) *int { return &o.Ingest.Flows.Workers })},
	{Name: "filter", Value: "EXPRESSION", Usage: `only packets that match this EXPRESSION, as in tcpdump: "host 10.0.0.1 and not port 53"`, For: Capturing,
		Set: func(o *Options, v []string) error {
			f, err := filter.Parse(v[0])
			if err != nil {
				return errors.New(strings.TrimPrefix(err.Error(), "filter: "))
			}
			o.Ingest.Flows.Filter = f.Match
			return nil
		}},
	{Name: "recursive", Short: "r", Usage: "of a folder, also read the captures in the folders below it", For: Capturing,
		Set: toBool(func(o *Options) *bool { return &o.Recursive })},
	{Name: "interface", Short: "i", Value: "IFACE", Usage: "capture live from IFACE in place of files", For: Train | Check | Flows | Info | Graph,
		Set: func(o *Options, v []string) error {
			if o.Ingest.Interface = v[0]; v[0] == "" {
				return errors.New("it names no interface; servmap interfaces lists them")
			}
			return nil
		}},
	{Name: "duration", Value: "TIME", Usage: "live: stop after this TIME", Live: true, For: Train | Check | Flows | Info | Graph,
		Set: parsed(parseDuration, func(o *Options) *duration { return &o.Ingest.Duration })},
	{Name: "count", Value: "N", Usage: "live: stop after N packets that --filter takes", Default: "no limit", Live: true, For: Train | Check | Flows | Info | Graph,
		Set: parsed(parseUint, func(o *Options) *uint64 { return &o.Ingest.Count })},
	{Name: "user", Value: "NAME", Usage: "live: become this user NAME once the interface is open", Live: true, For: Train | Check | Flows | Info | Graph,
		Set: toString(func(o *Options) *string { return &o.User })},
	{Name: "promiscuous", Usage: "live: also take frames for other hosts", Live: true, For: Train | Check | Flows | Info | Graph,
		Set: toBool(func(o *Options) *bool { return &o.Ingest.Promiscuous })},
	{Name: "quiet", Short: "q", Usage: "no progress and no summary", For: Capturing | Accept | Prune | Policy,
		Set: toBool(func(o *Options) *bool { return &o.Quiet })},
	{Name: "color", Value: "WHEN", Usage: "show levels by colour, too: auto is on a terminal where NO_COLOR is not set, always or never", Choices: []string{"auto", "always", "never"}, For: Train | Check | Flows | Info | Graph | Report,
		Set: toString(func(o *Options) *string { return &o.Color })},
	{Name: "output", Short: "o", Value: "FILE", Usage: "write to FILE in place of standard output", For: Train | Check | Flows | Info | Graph | Report | Listing | Diff | Merge | Prune | Lint | Policy,
		Set: toString(func(o *Options) *string { return &o.Output })},

	{Key: "multicast", Usage: "remote: multicast and broadcast are remote hosts too; multicast: they are not", Choices: []string{"remote", "multicast"},
		Set: func(o *Options, v []string) error { o.Settings.MulticastRemote = v[0] == "remote"; return nil }},
	{Key: "unknown", Usage: "learn: flows that are not recognised belong to the map, by their port; ignore: they do not, and attempts and replies are flows like others", Choices: []string{"learn", "ignore"},
		Set: func(o *Options, v []string) error { o.Settings.IgnoreUnknown = v[0] == "ignore"; return nil }},
	{Key: "identity", Usage: "mac: hosts are known by their hardware addresses, too; address: every address is a host", Choices: []string{"mac", "address"},
		Set: func(o *Options, v []string) error { o.Settings.ByAddress = v[0] == "address"; return nil }},
	{Key: "non_ip", Usage: "learn: hosts that speak no IP belong to the map; ignore: they do not", Choices: []string{"learn", "ignore"},
		Set: func(o *Options, v []string) error { o.Settings.IgnoreNonIP = v[0] == "ignore"; return nil }},
	{Key: "servmap_file", Usage: "the map that train writes and check judges by",
		Set: toString(func(o *Options) *string { return &o.MapFile })},
	{Key: "report_file", Usage: "the report that check keeps and report prints",
		Set: toString(func(o *Options) *string { return &o.ReportFile })},
	{Key: "out_file", Usage: "where flows writes, and what train reads at a terminal where no capture is named",
		Set: toString(func(o *Options) *string { return &o.OutFile })},
	{Key: "applications_file", Usage: "a file of names of applications, as classify/apps/domains.txt",
		Set: toString(func(o *Options) *string { return &o.ApplicationsFile })},
	{Key: "rules", Usage: "a list of names of your own: an application, and a domain, a network or a port, with a transport or without",
		SetNode: setRules},
	{Key: "allow", Usage: "a list of what is known, whatever the map says: each with some of from, to, service, port, note and until",
		SetNode: setClauses("allow")},
	{Key: "deny", Usage: "a list of what is a finding, whatever the map says: each with some of from, to, service, port, note and until",
		SetNode: setClauses("deny")},
	{Key: "hosts", Usage: "names of hosts, as in tv: 10.42.0.130: addresses, hardware addresses and networks that stand in a map by their name",
		SetNode: setHosts},
	{Key: "watch", Usage: "hosts whose absence is a finding: addresses, hardware addresses, networks, and names under hosts", Many: true,
		Set: func(o *Options, v []string) error { o.Watch = v; return nil }},
	{Key: "levels", Usage: "levels of your own for kinds of findings, as in new-client: info",
		SetNode: setLevels},
	wording("soft_error", servmap.DNSOrTLSApplication),
	wording("unknown_proto_error", servmap.UnknownProtocol),
	wording("app_name_error", servmap.ProtocolNeverUsed),
	wording("dst_ip_error", servmap.UnknownDestination),
	wording("src_ip_error", servmap.UnknownSource),
	wording("no_error", servmap.None),
}

// checkFormats are the formats of check: a row a flow, or the report as a whole,
// where no format of rows has the name.
var checkFormats = func() []string {
	names := report.Names(report.CheckFormats)
	for _, name := range report.Names(report.FindingsFormats) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}()

// failures are the words of --fail-on: levels of findings, severities of flows, and never;
// fingerprints name the forms of fingerprints.
var (
	failures     = append(findings.LevelNames(), "major", "minor", "never")
	fingerprints = []string{classify.JA4: "ja4", classify.JA3: "ja3"}
)

func format(c Commands, known []string) Flag {
	return Flag{Name: "format", Value: "value", Usage: rows.List(known), Choices: known, For: c,
		Set: toString(func(o *Options) *string { return &o.Format })}
}

func failOn(c Commands, key, usage string) Flag {
	return Flag{Name: "fail-on", Key: key, Value: "LEVEL", Usage: usage, Default: "high", Choices: failures, For: c,
		Set: func(o *Options, v []string) error {
			o.FailOn, o.FailLevel = servmap.Major+1, findings.Critical+1
			switch level, ok := findings.LevelNamed(v[0]); {
			case ok:
				o.FailLevel = level
			case v[0] == "major": // what the user denies counts whatever the verdict of its flows
				o.FailOn, o.FailLevel = servmap.Major, findings.Critical
			case v[0] == "minor":
				o.FailOn, o.FailLevel = servmap.Minor, findings.Critical
			}
			return nil
		}}
}

func mapFlag(c Commands, usage string) Flag {
	return Flag{Name: "map", Short: "m", Value: "FILE", Usage: usage, Default: DefaultMap, Many: true, For: c,
		Set: func(o *Options, v []string) error { o.Map, o.MoreMaps = v[0], v[1:]; return nil }}
}

func config(c Commands, usage string) Flag {
	return Flag{Name: "config", Value: "FILE", Usage: usage + " (default: " + DefaultConfig + " where it is there)", For: c,
		Set: toString(func(o *Options) *string { return &o.Config })}
}

// wording is a key for what text output calls a verdict.
func wording(key string, v servmap.Verdict) Flag {
	return Flag{Key: key, Usage: "what text output says in place of " + v.String(), Set: toString(func(o *Options) *string { return &o.Wording[v] })}
}
