// Package classify says which application a flow carries, from the payloads
// of its first packets. It knows nothing of packets' headers, tables of flows
// or files: it is given payloads and answers with a Label.
package classify

// Transport is a set of transports on which a protocol is spoken.
type Transport uint8

// The transports that carry payloads. SCTP payloads are the user data of the
// first DATA chunk (RFC 9260, section 3.3.1).
const (
	TCP Transport = 1 << iota
	UDP
	SCTP
)

// String names the transports as the output does: "TCP", "UDP" or "TCP/UDP".
func (t Transport) String() string {
	out := ""
	for i, name := range [...]string{"TCP", "UDP", "SCTP"} {
		if t&(1<<i) != 0 {
			if out != "" {
				out += "/"
			}
			out += name
		}
	}
	return out
}

// Outcome is the answer of a recogniser to the payloads seen so far.
type Outcome uint8

// The three answers. A recogniser that answered Never is not asked again for
// that flow. NeedMore is only worth answering while what was seen is a
// possible beginning of the protocol.
const (
	Never Outcome = iota
	NeedMore
	Match
)

// String names the outcome.
func (o Outcome) String() string { return [...]string{"Never", "NeedMore", "Match"}[o] }

// Protocol is everything the program knows of one protocol. Declaring one and
// listing it in protocols.All is all that it takes to add it.
type Protocol struct {
	// Name is the label, as printed: "DNS". It has no dot.
	Name string
	// Category is the group of applications it belongs to, as nfstream
	// spells it: "Network", "Web".
	Category string
	// OwnCategory is set where an application on top does not change the
	// category: a question to DNS is no visit.
	OwnCategory bool
	// OwnName is set where the name it finds is the client's own, which says
	// nothing of an application.
	OwnName bool
	// Owners tells the application for owners of the server's address, where
	// the flow has no name: a tunnel to a VPN service, a relay of calls. Other owners
	// name nothing, since any host may answer the protocol.
	Owners map[string]string
	// Forms are applications that it finds by the form of what is sent, which
	// any service may use: the application of the host's name wins over them.
	Forms []string
	// Transport tells on which transports Recognise is tried.
	Transport Transport
	// Ports are the usual server ports, on every transport of Transport.
	// They order the trials and, unless NoGuess is set, give a label marked as a guess to
	// a flow that nothing recognised.
	Ports []uint16
	// TCPPorts and UDPPorts are usual server ports on one transport only.
	TCPPorts, UDPPorts []uint16
	// AlsoPorts are ports that it uses too, on every transport. They order the trials and
	// tell which side is the server, and never give a label.
	AlsoPorts []uint16
	// IPProtocols are the IP protocol numbers that are this protocol as a
	// whole, such as 1 for ICMP. Such a protocol needs no Recognise.
	IPProtocols []uint8
	// NoGuess is set where a port alone must never give the label.
	NoGuess bool
	// Weak is set where the recogniser rests on few fixed bits. It is then
	// asked only about payloads that no other recogniser matched.
	Weak bool
	// First holds the bytes that a flow of this protocol can begin with,
	// whichever side sends first; empty, it is every byte. It spares flows that
	// begin otherwise the question to Recognise, and nothing else. Of a TCP
	// conversation met in the middle any payload may be the first message: Recognise is
	// asked from the first one on that begins with such a byte and, but for the
	// first of all, is no text.
	FirstBytes ByteSet
	// FirstTCP is First for flows of TCP, where those begin with fewer bytes.
	FirstBytesTCP ByteSet
	// Middle is set where Recognise knows the middle of a TCP conversation by more than
	// messages that begin with First: it is asked about every flow met there.
	Midstream bool
	// OnPorts is set where Recognise rests on the port: it is then asked
	// about flows of Ports, TCPPorts, UDPPorts and AlsoPorts alone.
	PortsOnly bool
	// Recognise looks at the payloads of a flow seen so far. It is nil for
	// a protocol that is known by its IP protocol or its port alone.
	Recognise func(*Probe) Outcome
	// Reference is the specification: "RFC 1035", "MS-RDPBCGR 2.2.1".
	Reference string
}

// BeginsWith reports whether a flow of the protocol on a transport can begin
// with a byte, by First and FirstTCP.
func (p *Protocol) BeginsWith(t Transport, b byte) bool {
	set := &p.FirstBytes
	if t == TCP && !p.FirstBytesTCP.Empty() {
		set = &p.FirstBytesTCP
	}
	return set.Empty() || set.Has(b)
}
