package cli

import (
	"strings"

	"servmap/cli/flags"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// topic is something that help explains besides commands.
type topic struct {
	name, usage string
	write       func(*page)
}

var topics = []topic{
	{"verdicts", "what the map says of a flow", helpVerdicts},
	{"findings", "the kinds of findings, their levels, and what to do with them", helpFindings},
	{"config", "the keys of the configuration", helpConfig},
	{"filter", "the language of --filter", helpFilter},
}

func topicNames() []string {
	return []string{"verdicts", "findings", "config", "filter"}
}

func helpVerdicts(p *page) {
	p.paragraph("A verdict says whether one flow fits the map: who spoke with whom, with which application. What the map has is NONE; of the others the first that applies is the verdict.")
	p.title("VERDICTS")
	for _, v := range servmap.VerdictOrder() {
		severity := ""
		if v.Severity() != servmap.NoSeverity {
			severity = " (" + v.Severity().String() + ")"
		}
		p.item(v.String(), v.Meaning()+severity, 26)
	}
	p.title("ON A NARROW TERMINAL")
	for _, v := range servmap.VerdictOrder() {
		if v.Brief() != v.String() {
			p.item(v.Brief(), v.String(), 26)
		}
	}
	p.title("WHAT TO DO")
	p.paragraph("Read findings rather than verdicts: they tell what is new once, ranked. --fail-on major or minor goes by verdicts. csv and ndjson write the names with underscores.")
}

func helpFindings(p *page) {
	p.paragraph("A finding is what one person looks at as one thing. It has a kind, a level and an id that stays the same from check to check. The first kind that applies is the finding's.")
	p.title("KINDS")
	for _, name := range findings.KindNames() {
		k, _ := findings.KindNamed(name)
		p.item(name, k.Meaning(), 20)
	}
	p.title("LEVELS")
	p.paragraph(strings.Join(findings.LevelNames(), ", ") + ". check exits with 1 from --fail-on on, which is high. Colour says level: critical and high are red, medium is yellow, info is dim.")
	p.title("WHAT TO DO")
	p.item("--format findings", "prints them alone; findings-csv and findings-ndjson list every one", 26)
	p.item("servmap accept", "adds to the map what a finding needs", 26)
	p.item("levels: in the configuration", "sets another level for a kind", 26)
	p.item("allow: and deny: there", "say what is known, and what is critical, whatever the map says", 26)
}

func helpConfig(p *page) {
	p.paragraph("The configuration is " + flags.DefaultConfig + " in the working directory, or --config FILE: YAML, or JSON. Flags win over it. An unknown key is an error that names the nearest known one.")
	p.title("KEYS")
	for _, f := range flags.Keys() {
		p.item(f.Key, optional("as --"+f.Name+": ", f.Name != "")+f.Usage, 20)
	}
}

// filterForms are the primitives of the filter, as docs/filter.md has them.
var filterForms = [][2]string{
	{"[ip|ip6] [src|dst] host ADDRESS", "an address, at either end or one"},
	{"[ip|ip6] [src|dst] net NETWORK", "10.0.0.0/8, 10.1, 2001:db8::/32, 10.0.0.0 mask 255.0.0.0"},
	{"[tcp|udp|sctp] [src|dst] port PORT", "a number, or a well-known name"},
	{"[tcp|udp|sctp] [src|dst] portrange A-B", "the ports from A to B"},
	{"ip, ip6, tcp, udp, sctp, icmp, icmp6, igmp, gre, esp, ah", "a protocol"},
	{"[ip|ip6] proto N", "the number or name of a protocol"},
	{"arp, rarp, ether proto TYPE", "frames by what they hold"},
	{"ether [src|dst] host MAC", "a hardware address"},
	{"vlan [ID]", "frames with a VLAN tag"},
	{"broadcast, multicast, ip multicast, ip6 multicast", "by destination"},
	{"less N, greater N, len > N", "by the frame's length on the wire"},
}

func helpFilter(p *page) {
	p.paragraph("--filter EXPRESSION takes only packets that match, in a subset of tcpdump's language. and, or, not (&&, ||, !) and parentheses join primitives; as in tcpdump, and and or bind equally strong, from left to right, and \"port 80 or 443\" repeats the qualifier. Anything else is refused with the column.")
	p.title("PRIMITIVES")
	for _, f := range filterForms {
		p.item(f[0], f[1], 44)
	}
	p.examples([]example{
		{"servmap flows --filter 'net 10.42.0.0/16 and not port 53' suspect.pcap", "prints the flows of a network, but for questions to DNS"},
		{"servmap check --filter 'tcp dst port 80 or 443 or 8080' suspect.pcap", "judges what went to servers of the Web"},
	})
	p.title("UNLIKE TCPDUMP")
	p.paragraph("The filter sees decoded packets. Inside a tunnel the inner packet counts, and host and net match the outermost addresses too. VLAN tags, MPLS, PPPoE and IPv6 extension headers are passed over. Later fragments match by the ports of their first one. host and net do not look into ARP.")
}
