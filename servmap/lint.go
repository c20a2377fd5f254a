package servmap

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/servmap/mapjson"
)

// Warning says where a map has something that no flow can ever match.
type Warning struct {
	// File is the map's name. Line and Column count from 1; Column counts bytes.
	File         string
	Line, Column int
	// Text is a sentence. What it quotes of the file is ASCII without control characters.
	Text string
}

// String gives "file:line:column: text".
func (w Warning) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", w.File, w.Line, w.Column, w.Text)
}

// Linter finds keys and services of maps that no flow can ever match.
type Linter struct {
	settings  Settings
	perimeter *Perimeter
	names     *Names
	labels    map[string]struct{}
	words     []string // labels, sorted
	suggest   func(word string, known []string) string
	// learned are services that a training met, whatever their labels.
	learned map[string]struct{}
	// suggestions counts those for the file at hand.
	suggestions int
	// keys and services hold what was found of words, which come many times.
	keys     [2]map[string]string
	services map[string]string
}

// NewLinter returns a Linter of maps that were made with these settings, where hosts have names and flows
// these parts of labels. Suggest returns a clause that names the known word nearest to one, or "".
func NewLinter(s Settings, names *Names, labels []string, suggest func(word string, known []string) string) *Linter {
	l := &Linter{
		settings: s, perimeter: NewPerimeter(s), names: names, words: slices.Sorted(slices.Values(labels)), suggest: suggest,
		labels: map[string]struct{}{}, keys: [2]map[string]string{{}, {}}, services: map[string]string{},
	}
	for _, w := range labels {
		l.labels[w] = struct{}{}
	}
	return l
}

// keyProblem says why no flow can have a key of the map as its source, or else as its destination; "" where
// one can. It alone decides what a key may be.
func (l *Linter) keyProblem(key string, source bool) string {
	h := HostNamed(key)
	switch {
	case h == Any || h == Remote:
		return ""
	case h.IsAddress():
		return l.addressProblem(h.addr)
	case h == Multicast || h == Broadcast:
		if l.settings.MulticastRemote {
			return `by the setting multicast it is "remote"`
		}
		return ""
	case IsAttempts(h) && source:
		return "it is a destination, of what a source tried"
	case IsAttempts(h):
		if l.settings.IgnoreUnknown {
			return "by the setting unknown, attempts are flows like others"
		}
		return ""
	case strings.Contains(key, "/"):
		return l.networkProblem(key)
	case l.names.named(key) != nil:
		return l.nameProblem(key)
	}
	return l.wordProblem(key)
}

// addressProblem says why no flow has an address as a key.
func (l *Linter) addressProblem(a netip.Addr) string {
	if a.Is4In6() {
		return "it is an address of IPv4: write " + a.Unmap().String()
	}
	switch h := l.perimeter.Host(a, false); h {
	case AddrHost(a):
		return ""
	case Remote:
		return `it is outside the local networks, and what is outside is "remote"`
	default:
		return fmt.Sprintf("it is an address of a group, which is %q", h.String())
	}
}

// networkProblem says why no flow has an end in a network.
func (l *Linter) networkProblem(key string) string {
	p, err := netip.ParsePrefix(key)
	switch {
	case err != nil:
		return "it is no network such as 10.0.0.0/24"
	case p != p.Masked():
		return "it is an address in a network: write " + p.Masked().String()
	}
	if p.Addr().IsUnspecified() || p.Overlaps(netip.MustParsePrefix("127.0.0.0/8")) || p.Contains(netip.IPv6Loopback()) {
		return "" // these keep their address
	}
	if slices.ContainsFunc(l.settings.Normal().LocalNetworks, p.Overlaps) || slices.ContainsFunc(l.settings.DeviceIPs, p.Contains) {
		return ""
	}
	return `it is outside the local networks, and what is outside is "remote"`
}

// nameProblem says why no flow has an end that a name stands for.
func (l *Linter) nameProblem(key string) string {
	n := l.names.named(key)
	if len(n.MACs) > 0 {
		return ""
	}
	problem := ""
	for _, a := range n.Addrs {
		p := l.addressProblem(a)
		if p == "" {
			return ""
		}
		problem = fmt.Sprintf("it is %s: %s", a, p)
	}
	for _, net := range n.Networks {
		p := l.networkProblem(net.String())
		if p == "" {
			return ""
		}
		problem = fmt.Sprintf("it is %s: %s", net, p)
	}
	return problem
}

// keyWords are the words of a map's own.
var keyWords = []string{Remote.String(), Multicast.String(), Broadcast.String(), AttemptsLocal.String(), AttemptsRemote.String()}

// wordProblem says why a word that is no name is no host.
func (l *Linter) wordProblem(key string) string {
	if _, ok := parseMAC(key); ok {
		return "hosts have hardware addresses by a name under hosts: in the configuration"
	}
	if a, err := netip.ParseAddr(key); err == nil {
		return "an address has no zone in a map: write " + a.WithZone("").String()
	}
	if a, err := netip.ParseAddrPort(key); err == nil {
		return "a host has no port in a map: write " + a.Addr().String()
	}
	known := slices.Concat(keyWords, l.names.All())
	return "it is neither an address nor a network, nor a name under hosts: in the configuration" + l.nearest(key, known)
}

// Bounds of suggestions, each of which takes a look at all known words: how many there are in a file, and
// how long a word may be in bytes.
const (
	mostSuggestions = 200
	longestWord     = 64
)

// nearest suggests one of the known words, first one that differs in capitals alone, then one of the same
// letters.
func (l *Linter) nearest(word string, known []string) string {
	if l.suggestions++; l.suggestions > mostSuggestions || len(word) > longestWord {
		return ""
	}
	letters := func(s string) string {
		list := []byte(strings.ToLower(s))
		slices.Sort(list)
		return string(list)
	}
	for _, same := range [...]func(k string) bool{
		func(k string) bool { return strings.EqualFold(k, word) },
		func(k string) bool { return len(k) == len(word) && letters(k) == letters(word) },
	} {
		if i := slices.IndexFunc(known, same); i >= 0 {
			return fmt.Sprintf(" (did you mean %s?)", known[i])
		}
	}
	return l.suggest(word, known)
}

// ClauseProblem says why no flow can have the service that a rule of allow or deny names, "" where one can.
func (l *Linter) ClauseProblem(service string) string {
	_, label := l.labels[service]
	if ports, any := strings.CutSuffix(service, anyService); label || service == classify.Unknown || any && IsUnknown(ports) {
		return ""
	}
	return l.serviceProblem(service)
}

// serviceProblem says why no flow can have a service; "" where one can. It alone decides what a service may
// be.
func (l *Linter) serviceProblem(service string) string {
	_, learned := l.learned[service]
	switch {
	case service == anyService || learned:
		return ""
	case service == classify.Unknown && !l.settings.IgnoreUnknown:
		return `what is not recognised is known by its port, as in "Unknown:tcp/443"`
	case service == classify.Unknown:
		return ""
	case IsUnknown(service):
		return l.unknownProblem(strings.TrimPrefix(service, unknownPrefix))
	}
	if master, all := strings.CutSuffix(service, anyApplication); all {
		if _, ok := l.labels[master]; !ok {
			return fmt.Sprintf("there is no protocol %s%s", mapjson.Quote(master), l.nearest(master, l.words))
		}
		return ""
	}
	return l.labelProblem(service)
}

// labelProblem says why no flow has a label.
func (l *Linter) labelProblem(label string) string {
	if _, ok := l.labels[label]; ok {
		return ""
	}
	master, app, _ := strings.Cut(label, ".")
	for i := range label { // a name of the user's own may have dots
		if label[i] != '.' {
			continue
		}
		_, isMaster := l.labels[label[:i]]
		if _, isApp := l.labels[label[i+1:]]; isMaster && isApp {
			return ""
		}
	}
	if _, ok := l.labels[master]; ok && app != "" {
		return fmt.Sprintf("there is no application %s%s", mapjson.Quote(app), l.nearest(app, l.words))
	}
	return fmt.Sprintf("there is no protocol %s%s", mapjson.Quote(master), l.nearest(master, l.words))
}

// unknownProblem says why nothing that was not recognised has a transport and port.
func (l *Linter) unknownProblem(port string) string {
	if l.settings.IgnoreUnknown {
		return "by the setting unknown, what is not recognised is no service"
	}
	if unknownPrefix+port == anyUnknownUDP {
		return ""
	}
	transport, digits, _ := strings.Cut(port, "/")
	most := uint64(0xffff)
	switch transport {
	case "tcp", "udp", "sctp":
	case "ip":
		most = 0xff
	default:
		return fmt.Sprintf("there is no transport %s: expected tcp, udp, sctp or ip", mapjson.Quote(transport))
	}
	if n, err := strconv.ParseUint(digits, 10, 32); err != nil || n > most || strconv.FormatUint(n, 10) != digits {
		return fmt.Sprintf("%s is no number from 0 to %d", mapjson.Quote(digits), most)
	}
	return ""
}
