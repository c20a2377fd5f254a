package findings

import (
	"fmt"
	"slices"
	"strings"

	"servmap/flows"
	"servmap/servmap"
)

// housekeeping lists the families with which hosts find each other and keep a network going.
var housekeeping = map[string]struct{}{
	"ARP": {}, "DHCP": {}, "DHCPV6": {}, "ICMP": {}, "ICMPV6": {}, "IGMP": {}, "MDNS": {}, "SSDP": {}, "LLMNR": {}, "NetBIOS": {}, "WSD": {}, "VRRP": {},
}

// largestEcho is the size on the wire of the largest packet of ICMP that is housekeeping: 128 bytes of
// data, and headers.
const largestEcho = 128 + 42

// isHousekeeping reports whether a family is used as hosts do that keep a network going: inside it.
// Sessions of NetBIOS carry files.
func (c *Collector) isHousekeeping(protocol uint8, src, dst servmap.Host, family string) bool {
	if _, ok := housekeeping[family]; !ok {
		return false
	}
	if family == "NetBIOS" && protocol == 6 {
		return false
	}
	return src != servmap.Remote && (dst != servmap.Remote || family == "ICMP" || family == "ICMPV6")
}

// keeps reports whether an act is housekeeping.
func (c *Collector) keeps(a *act) bool {
	protocol := uint8(6)
	if a.udp || a.icmp {
		protocol = 17
	}
	if !c.isHousekeeping(protocol, a.src, a.dst, a.family) {
		return false
	}
	switch a.family {
	case "SSDP", "MDNS", "LLMNR", "NetBIOS", "WSD":
		if _, ok := c.expect().ways[way{a.family, a.direction}]; !ok {
			return false
		}
	}
	return !a.icmp || a.mostBytes <= largestEcho
}

// peerToPeer lists the applications of file sharing among strangers, and of anonymity.
var peerToPeer = map[string]struct{}{
	"BitTorrent": {}, "eDonkey": {}, "Gnutella": {}, "Tor": {}, "I2P": {}, "DirectConnect": {}, "Soulseek": {}, "FastTrack": {}, "AppleJuice": {}, "Freenet": {}, "Psiphon": {},
}

// isGrave reports whether an application is one that hides or shares, whoever uses it.
func isGrave(a *act) bool {
	switch a.category {
	case "VPN", "RemoteAccess", "Mining":
		return true
	}
	for _, name := range [...]string{a.service, servmap.Application(a.service)} {
		if _, ok := peerToPeer[name]; ok {
			return true
		}
	}
	return false
}

// judge says of what kind an act of known hosts is, and why it matters how much.
func (c *Collector) judge(a *act) (Kind, Level, string) {
	x := c.expect()
	w := way{a.family, a.direction}
	_, usedThere := x.servers[at{a.dst, a.family}]
	_, anywhere := x.ways[w]
	_, pairUses := c.families(a.src, a.dst)[a.family]
	unknown := servmap.IsUnknown(a.service)
	switch {
	case a.attempt && !a.known:
		if a.src == servmap.Remote {
			return Attempt, Info, "nobody answered"
		}
		return Attempt, Low, "nobody answered"
	case c.keeps(a):
		return Housekeeping, Info, "hosts do this to find each other"
	case a.known && a.largeBytes:
		return Volume, Medium, fmt.Sprintf("in training it sent at most %d bytes a day", largest(c.m.Evidence, a.src, a.dst, a.service))
	case a.known:
		if c.isClosed(a) {
			return NewRemote, Medium, c.whyClosed(a)
		}
		if a.foreign != "" {
			return NewRemote, Low, c.whyForeign(a.foreign)
		}
		return NewRemote, Info, "the service is known, the name or owner at the other end is new"
	case !unknown && !anywhere && a.direction == out && c.isOrdinary(a):
		return NewProtocol, Medium, c.nobody(a) + "; training saw a single day or capture"
	case !unknown && !anywhere && a.direction != outside:
		return NewProtocol, High, c.nobody(a)
	case a.direction == out && x.wellKnown(a.src) && !x.leftNetwork(a.src):
		return FirstContact, High, fmt.Sprintf("%s never left the local networks in training", word(a.src))
	case a.dst.IsAddress() && a.answered && !usedThere:
		return NewServer, High, c.nobodyThere(a)
	case a.src == servmap.Remote && a.answered:
		return Inbound, High, fmt.Sprintf("no host outside used %s of %s in training", familyWord(a.family), word(a.dst))
	case unknown && (a.dst == servmap.Remote || !usedThere):
		return c.judgeUnknown(a)
	case pairUses:
		if isGrave(a) && !x.grave[a.service].routine() {
			return NewApplication, High, fmt.Sprintf("%s used other applications of %[3]s with %[2]s", word(a.src), word(a.dst), familyWord(a.family))
		}
		if c.isClosed(a) {
			return NewApplication, Medium, c.whyClosed(a)
		}
		return NewApplication, Low, fmt.Sprintf("%s used other applications of %[3]s with %[2]s", word(a.src), word(a.dst), familyWord(a.family))
	}
	return c.judgeClient(a)
}

// whyForeign says where a name is at home.
func (c *Collector) whyForeign(domain string) string {
	owners := slices.DeleteFunc(slices.Clone(c.m.Evidence.Names[domain]), func(o string) bool { return o == flows.NoOwner })
	if len(owners) > 3 {
		owners = append(owners[:3], "others")
	}
	why := fmt.Sprintf("DNS did not give that address for %s", domain)
	if len(owners) > 0 {
		why += ", which was at addresses of " + joinAnd(owners) + " in training"
	}
	return why
}

// ordinary lists the families with which hosts that go outside do so.
var ordinary = map[string]struct{}{servmap.Web: {}, "DNS": {}, "NTP": {}}

// isOrdinary reports whether a host that goes outside does so in an ordinary way, and training was too
// short to show that it does.
func (c *Collector) isOrdinary(a *act) bool {
	x := c.expect()
	_, common := ordinary[a.family]
	return common && x.evidence != nil && len(x.evidence.Events) == 1 && x.leftNetwork(a.src)
}

// isClosed reports whether a source whose names were always the same in training goes to another one, or
// to none of them and another one. To ask for it alone does not count.
func (c *Collector) isClosed(a *act) bool {
	x := c.expect()
	return a.newDomain && a.family != "DNS" && (x.closed(a.src) || x.estranged(a.src, c.checker.MetAgain))
}

// whyClosed says how another name is news.
func (c *Collector) whyClosed(a *act) string {
	if c.expect().closed(a.src) {
		return fmt.Sprintf("%s always asked for the same names in training", word(a.src))
	}
	return fmt.Sprintf("%s asked for none of the names that it asked for in training", word(a.src))
}

// judgeUnknown judges what was not recognised.
func (c *Collector) judgeUnknown(a *act) (Kind, Level, string) {
	x := c.expect()
	if _, ok := x.ports[at{a.src, a.service}]; ok {
		return NewUnknown, Low, fmt.Sprintf("%s used that port with other hosts", word(a.src))
	}
	if a.udp && x.strews(a.src, a.dst) {
		return NewUnknown, Low, fmt.Sprintf("%s used other ports each time", word(a.src))
	}
	why := fmt.Sprintf("nothing tells what it is, and %s never used that port", word(a.src))
	if a.answered && a.dst == servmap.Remote && x.wellKnown(a.src) {
		return NewUnknown, High, why
	}
	return NewUnknown, Medium, why
}

// judgeClient judges the first use of a service that others use.
func (c *Collector) judgeClient(a *act) (Kind, Level, string) {
	x := c.expect()
	here, all := x.clients[at{a.dst, a.family}], x.anywhere[a.family]
	if a.direction == out {
		here, all = x.abroad[a.family], nil
	}
	if here.routine() || all.routine() {
		return NewClient, Low, fmt.Sprintf("new clients of %s were routine in training", familyWord(a.family))
	}
	if len(x.used[at{a.src, a.family}]) > 0 {
		return NewClient, Medium, fmt.Sprintf("%s used %s elsewhere", word(a.src), familyWord(a.family))
	}
	if a.src.IsAddress() && !x.knows(a.src) && x.habit(a.src, way{a.family, a.direction}) {
		return NewClient, Low, fmt.Sprintf("%s was accepted after training; most of its neighbours use %s so", word(a.src), familyWord(a.family))
	}
	why := fmt.Sprintf("%s did not use %s in training", word(a.src), familyWord(a.family))
	if n := here.size(); n > 0 {
		why += fmt.Sprintf("; %s did here", counted(n, "other host"))
	}
	return NewClient, High, why
}

func (p *population) size() int {
	if p == nil {
		return 0
	}
	return len(p.members)
}

// leftNetwork reports whether a host ever left the local networks.
func (x *expectation) leftNetwork(h servmap.Host) bool { _, ok := x.left[h]; return ok }

// nobody says that no host used a protocol so, and what comes nearest.
func (c *Collector) nobody(a *act) string {
	x := c.expect()
	for _, d := range [...]direction{inside, out, in} {
		if _, ok := x.ways[way{a.family, d}]; ok {
			return fmt.Sprintf("no host here used %s %s; it was used %s", familyWord(a.family), directionNames[a.direction], directionNames[d])
		}
	}
	return fmt.Sprintf("no host here used %s%s", familyWord(a.family), c.nearest(a))
}

var directionNames = [...]string{inside: "inside the network", out: "with hosts outside", in: "from outside", outside: "between hosts outside"}

// nobodyThere says that nobody used a service of a host, and what comes nearest.
func (c *Collector) nobodyThere(a *act) string {
	return fmt.Sprintf("nobody used %s of %s in training%s", familyWord(a.family), word(a.dst), c.nearest(a))
}

// families returns the families of services that training saw a pair use.
func (c *Collector) families(src, dst servmap.Host) map[string]struct{} {
	out := map[string]struct{}{}
	for _, s := range c.checker.EvidentServices(src, dst) {
		out[servmap.Family(s)] = struct{}{}
	}
	return out
}

// nearest names what the map knows that comes nearest to an act.
func (c *Collector) nearest(a *act) string {
	families := c.families(a.src, a.dst)
	if len(families) == 0 {
		return ""
	}
	var names []string
	for f := range families {
		names = append(names, familyWord(f))
	}
	slices.Sort(names)
	if len(names) > 3 {
		names = append(names[:3], "others")
	}
	return fmt.Sprintf("; %s used %s with %s", word(a.src), joinAnd(names), word(a.dst))
}

// word names a host in a sentence.
func word(h servmap.Host) string {
	switch h {
	case servmap.Remote:
		return "hosts outside"
	case servmap.Multicast:
		return "multicast groups"
	case servmap.Broadcast:
		return "all hosts"
	}
	return h.String()
}

// familyWord names a family in a sentence.
func familyWord(family string) string {
	if family == servmap.Web {
		return "HTTP or TLS"
	}
	return strings.TrimPrefix(family, "Unknown:")
}

// joinAnd joins words as prose does.
func joinAnd(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		out := words[0]
		for _, w := range words[1 : n-1] {
			out += ", " + w
		}
		return out + " and " + words[n-1]
	}
}

// flowLevel is the level of a flow by itself, by what is known when it is judged.
func (c *Collector) flowLevel(g *group, j *servmap.Judgement) Level {
	switch g.class {
	case aboutDenied:
		return Critical
	case aboutConflict, aboutRole:
		return High
	case aboutMoved:
		return Low
	}
	foreign := ""
	if j.Foreign {
		foreign = servmap.Peer(j.Flow)
	}
	a := act{actKey: actKey{j.Src, j.Dst, j.Service}, family: servmap.Family(j.Service), direction: directionOf(j.Src, j.Dst),
		category: j.Flow.Category, answered: j.Flow.Answered, attempt: j.Attempt, known: j.Verdict == servmap.None, newDomain: c.isNewDomain(j), foreign: foreign,
		udp: j.Flow.Protocol == 17, icmp: j.Flow.Protocol == 1 || j.Flow.Protocol == 58}
	if n := j.Flow.Packets(); n > 0 {
		a.mostBytes = j.Flow.Bytes() / n
	}
	if g.class == aboutHost {
		one := group{own: g.own, acts: []*act{&a}}
		_, level, _ := c.judgeHost(&one)
		return level
	}
	_, level, _ := c.judge(&a)
	return level
}

// judgeHost judges what a host does that the map does not know.
func (c *Collector) judgeHost(g *group) (Kind, Level, string) {
	x := c.expect()
	tried, answered, announced := false, false, true
	like := !g.moreActs
	why := "the map does not know it by address, hardware address or lease"
	for _, a := range g.acts {
		if c.keeps(a) && (a.dst == servmap.Multicast || a.dst == servmap.Broadcast || a.icmp || a.family == "DHCP") {
			continue
		}
		announced = false
		serves := !g.own.has(a.src)
		tried = tried || !serves
		answered = answered || a.answered
		switch {
		case serves:
			like = like && c.checker.Has(a.src) && a.answered && len(x.answered[inNetwork{a.dst.Network(), way{a.family, inside}}]) >= 2
		case a.attempt:
		default:
			like = like && x.habit(a.src, way{a.family, a.direction})
		}
	}
	switch {
	case announced:
		return NewHost, Info, why + "; it only announces itself"
	case !answered:
		return NewHost, Low, why + "; nobody answered it"
	case like:
		return NewHost, Medium, why + "; it does what most of its neighbours do"
	}
	return NewHost, High, why
}

// Bounds of a scan.
const (
	scanHosts = 10
	scanPorts = 15
)

// judgeTries judges a source's attempts.
func (c *Collector) judgeTries(g *group) (Kind, Level, string) {
	hosts := len(g.dst.hosts.values)
	if g.dst.hosts.has(servmap.Remote) {
		hosts = len(g.dst.addresses.values)
	}
	if g.subject.IsAddress() {
		hosts = max(hosts, len(c.checker.Asks[g.subject.Addr()]))
	}
	ports := len(g.ports.values)
	from := counted(hosts, "host")
	if ports > 0 {
		from += " and " + counted(ports, "port")
	}
	from += ", and nobody answered"
	switch {
	case hosts < scanHosts && ports < scanPorts:
		if !slices.ContainsFunc(g.acts, func(a *act) bool { return !c.keeps(a) }) && len(g.acts) > 0 {
			return Housekeeping, Info, "hosts do this to find each other"
		}
		if g.subject == servmap.Remote {
			return Attempt, Info, from
		}
		return Attempt, Low, from
	case g.subject == servmap.Remote:
		return Scan, Low, from
	}
	return Scan, High, from
}

// counted returns a number of things as prose has it.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
