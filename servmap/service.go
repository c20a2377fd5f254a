package servmap

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/flows"
)

// A service is what a flow is an instance of: its application where that was recognised, else
// "Unknown:" with transport and port, as "Unknown:udp/62976".

// unknownPrefix begins the service of what was not recognised.
const unknownPrefix = "Unknown:"

// anyUnknownUDP stands for unrecognised UDP on ports that change with every flow.
const anyUnknownUDP = unknownPrefix + "udp/*"

// IsUnknown reports whether a service was not recognised.
func IsUnknown(service string) bool { return strings.HasPrefix(service, unknownPrefix) }

// Recognised reports whether the flow's application is more than a guess by its port or by the owner of
// its address.
func Recognised(f *flows.Flow) bool {
	return f.Application != classify.Unknown && f.Confidence != classify.ByPort && f.Confidence != classify.ByAddress
}

// Numbers of the IP protocols with ports.
const (
	protoTCP  = 6
	protoUDP  = 17
	protoSCTP = 132
)

// leastEphemeral is the lowest port that no service is expected on.
const leastEphemeral = 32768

// ServerPort returns the port that names what was not recognised: of TCP the destination's, else the
// one below 32768 if only one is, else the destination's.
func ServerPort(f *flows.Flow) uint16 {
	if f.Protocol != protoTCP && f.SrcPort < leastEphemeral && f.DstPort >= leastEphemeral && f.SrcPort != 0 {
		return f.SrcPort
	}
	return f.DstPort
}

// services names services and keeps the texts, of which there are few.
type services struct {
	unknown map[uint32]string
}

// of returns the flow's service.
func (s *services) of(f *flows.Flow) string {
	if Recognised(f) && !IsServicePattern(f.Application) { // a file of flows may bring any name
		return f.Application
	}
	return s.unrecognised(f.Protocol, ServerPort(f))
}

// unrecognised returns the service of a port.
func (s *services) unrecognised(protocol uint8, port uint16) string {
	key := uint32(protocol)<<16 | uint32(port)
	name, ok := s.unknown[key]
	if !ok {
		switch protocol {
		case protoTCP:
			name = unknownPrefix + "tcp/"
		case protoUDP:
			name = unknownPrefix + "udp/"
		case protoSCTP:
			name = unknownPrefix + "sctp/"
		default:
			name, port = unknownPrefix+"ip/", uint16(protocol)
		}
		name += strconv.Itoa(int(port))
		if s.unknown == nil {
			s.unknown = map[uint32]string{}
		}
		s.unknown[key] = name
	}
	return name
}

// Family returns the protocol of a service: the label before the dot, with TLS, QUIC and HTTP as one,
// "Web". What was not recognised is a family of its own.
func Family(service string) string {
	if IsUnknown(service) {
		return service
	}
	switch m := master(service); m {
	case "TLS", "QUIC", "HTTP":
		return Web
	default:
		return m
	}
}

// Web is the family of TLS, QUIC and HTTP.
const Web = "Web"

// Bounds of an attempt, and the bytes of the headers around a payload.
const (
	attemptPackets = 5
	attemptPayload = 1000
	headersTCP     = 54
	headersOther   = 42
)

// IsAttempt reports whether a flow only tried: nobody answered at most 5 packets with 1,000 bytes of
// payload. More than that is judged as if it was answered. A group answers nobody, so what goes to one
// is no attempt.
func IsAttempt(f *flows.Flow, dst Host) bool {
	if f.Answered || f.Src2Dst.Packets > attemptPackets || dst == Multicast || dst == Broadcast {
		return false
	}
	headers := uint64(headersOther)
	if f.Protocol == protoTCP {
		headers = headersTCP
	}
	return f.Src2Dst.Bytes <= attemptPayload+headers*f.Src2Dst.Packets
}

// The destinations under which the map keeps attempts.
var (
	AttemptsLocal  = HostNamed("attempts local")
	AttemptsRemote = HostNamed("attempts remote")
)

// Attempted returns the destination under which an attempt is kept.
func Attempted(dst Host) Host {
	if dst == Remote {
		return AttemptsRemote
	}
	return AttemptsLocal
}

// IsAttempts reports whether the host is a word for what was only tried.
func IsAttempts(h Host) bool { return h == AttemptsLocal || h == AttemptsRemote }

// IsAddress reports whether the host is one address, and no word for many.
func (h Host) IsAddress() bool { return h.addr.IsValid() }

// Network returns the network that a host counts with its neighbours: /24 of IPv4, /64 of IPv6. The host
// must be an address.
func (h Host) Network() netip.Prefix {
	bits := 64
	if h.addr.Is4() {
		bits = 24
	}
	p, _ := h.addr.Prefix(bits)
	return p
}

// Addr returns the host's address, the zero Addr for a word.
func (h Host) Addr() netip.Addr { return h.addr }

// AddrHost returns the host of an address.
func AddrHost(a netip.Addr) Host { return Host{addr: a} }

// Application returns the part of a service behind the dot, or "".
func Application(service string) string {
	_, app, _ := strings.Cut(service, ".")
	return app
}

// IsUnknownUDP reports whether a service is UDP that was not recognised.
func IsUnknownUDP(service string) bool { return strings.HasPrefix(service, unknownPrefix+"udp/") }

// EtherName names what a host without IP speaks: "Ethernet/8892".
func EtherName(etherType uint16) string { return fmt.Sprintf("Ethernet/%04x", etherType) }
