package cli

import (
	"io"
	"net/netip"
	"slices"

	"servmap/classify/protocols"
	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/report"
	"servmap/servmap"
)

var policyCommand = command{
	name: "policy", args: "MAP", usage: "write what the map permits as rules of a firewall; with --dry-run, tell what they would drop",
	flags: flags.Policy, run: policy,
	about: "The rules are the least that lets the map's traffic pass: one a service, with the ports that training saw. DNS and DHCP are never forgotten.",
	examples: []example{
		{"servmap policy services_map.json --format csv -o policy.csv", "writes a rule a line"},
		{"servmap policy services_map.json --dry-run suspect.pcap", "tells what the rules would drop"},
	},
}

func policy(v *invocation) error {
	if len(v.args) != 1 {
		return console.UsageError("policy: expected one map")
	}
	if err := v.NotInput(v.Output, slices.Concat(v.args, v.Against, v.ConfigFiles())); err != nil {
		return err
	}
	m, err := v.loadNamed(v.args[0])
	if err != nil {
		return err
	}
	var hosts []netip.Addr
	for _, name := range v.OnlyHosts {
		found := v.addressesOf(m, name)
		if len(found) == 0 {
			return console.UsageError("--host: the map has no host " + console.OneLine(name))
		}
		hosts = append(hosts, found...)
	}
	slices.SortFunc(hosts, netip.Addr.Compare)
	p := servmap.NewPolicy(m, v.Settings, protocols.All, slices.Compact(hosts))
	for _, name := range p.Unwritten {
		v.Warn("%s: %s is no address: no rule can name it", v.args[0], name)
	}
	if len(v.Against) > 0 {
		return v.dryRun(p)
	}
	return v.To(v.Output, func(w io.Writer) error {
		return report.Print(report.PolicyFormats, v.Format, w, nil, p)
	})
}

// addressesOf returns the addresses of the map that a word means: itself, those of a name of the configuration, or those of
// hosts that call themselves so.
func (v *invocation) addressesOf(m *servmap.Map, word string) (out []netip.Addr) {
	if h := servmap.HostNamed(word); h.IsAddress() {
		if m.Has(h) || m.Evidence.Record(h) != nil {
			out = append(out, h.Addr())
		}
		return out
	}
	if n, ok := v.Hosts.Find(word); ok && len(n.Addrs) > 0 {
		return n.Addrs
	}
	if m.Evidence == nil {
		return nil
	}
	for a, r := range m.Evidence.Hosts {
		if r.Name == word || v.Hosts.Of(a, r.MACs) == word {
			out = append(out, a)
		}
	}
	return out
}

// dryRun tells what a policy would drop of captures.
func (v *invocation) dryRun(p *servmap.Policy) error {
	opt := v.Ingest
	opt.FlowFiles = true
	in, err := v.open(v.Against, opt)
	if err != nil {
		return err
	}
	dropped := servmap.Dropped{Policy: p}
	if err := v.read(in, func(f *flows.Flow) error { dropped.Add(f); return nil }); err != nil {
		return err
	}
	err = v.To(v.Output, func(w io.Writer) error {
		return report.Print(report.DiffFormats, "text", w, nil, dropped.Changes())
	})
	if err == nil && dropped.Flows > 0 {
		err = console.ErrAnomalies
	}
	return problems(in.Summary(), err)
}
