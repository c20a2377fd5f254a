// Package classify tells which application a flow carries, from the payloads of its first packets. It
// knows nothing of packet headers, flow tables or files: it takes payloads and returns a Label.
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

// The three answers, ordered by certainty.
const (
	// Never: the flow is not the protocol. The recogniser is not asked about it again.
	Never Outcome = iota
	// NeedMore: what was seen is a possible beginning of the protocol.
	NeedMore
	// Match: the flow is the protocol.
	Match
)

// String names the outcome.
func (o Outcome) String() string { return [...]string{"Never", "NeedMore", "Match"}[o] }

// Protocol is everything that the program knows of one protocol. To add one, declare it and list it in
// protocols.All.
type Protocol struct {
	// Name is the label, as printed: "DNS". It has no dot.
	Name string
	// Category is the protocol's group of applications, as nfstream spells it: "Network", "Web".
	Category string
	// OwnCategory is set where an application on top does not change the category: to resolve a
	// name is not to visit it.
	OwnCategory bool
	// OwnName is set where the name found is the client's own, which tells no application.
	OwnName bool
	// Owners maps owners of the server's address to the application of a flow without a name: a
	// tunnel to a VPN service, a relay of calls. Other owners give no application, since any host
	// may serve the protocol.
	Owners map[string]string
	// Forms are applications that are only a form of messages, which any service may use. The
	// application of the host's name wins over them.
	Forms []string
	// Transport is the set of transports on which Recognise is asked.
	Transport Transport
	// Ports are the usual server ports, on every transport of Transport. Recognisers whose port
	// fits are asked first. A flow that nothing recognised gets the label of its port, marked as a
	// guess, unless NoGuess is set or its first payloads plainly are not the protocol's.
	Ports []uint16
	// TCPPorts and UDPPorts are usual server ports on one transport only.
	TCPPorts, UDPPorts []uint16
	// AlsoPorts are less usual server ports, on every transport. They never give a label.
	AlsoPorts []uint16
	// IPProtocols are the IP protocol numbers of a protocol that is known by them alone, such as 1
	// for ICMP. It needs no Recognise.
	IPProtocols []uint8
	// PPIDs are SCTP's payload protocol identifiers of the protocol (IANA, "SCTP Payload Protocol
	// Identifiers"). One names a flow whatever its payload; Recognise is asked where it is 0.
	PPIDs []uint32
	// NoGuess is set where a port alone must never give the label.
	NoGuess bool
	// Weak is set where Recognise rests on few fixed bits. It is then asked only about payloads
	// that no other recogniser matched.
	Weak bool
	// FirstBytes are the bytes a flow can begin with, from either side; empty means any. It only
	// saves calls. In a TCP flow joined midstream, a later payload that begins so and is not text
	// also starts a trial.
	FirstBytes ByteSet
	// FirstBytesTCP replaces FirstBytes on TCP, unless it is empty.
	FirstBytesTCP ByteSet
	// Midstream is set where Recognise knows the middle of a TCP conversation by more than messages
	// that begin with FirstBytes. It is then asked about every flow that is met midstream.
	Midstream bool
	// PortsOnly is set where Recognise rests on the port. It is then asked only about flows of Ports,
	// TCPPorts, UDPPorts and AlsoPorts.
	PortsOnly bool
	// Speaker tells who sends the messages that b begins with; b is not empty. It is asked with a
	// Match. It is nil where Recognise calls ClientIs itself, and where messages do not tell.
	Speaker func(t Transport, b []byte) Speaker
	// Plausible reports whether payloads that Recognise refused may be the protocol's all the same, such
	// as damaged messages. It is nil where that can hardly be. It is asked once, about flows on the
	// protocol's port that nothing recognised, those met midstream among them.
	Plausible func(*Probe) bool
	// Recognise judges the payloads of a flow so far. It is nil for a protocol that is known by its
	// IP protocol number, its port or a name alone.
	Recognise func(*Probe) Outcome
	// Reference is the specification: "RFC 1035", "MS-RDPBCGR 2.2.1".
	Reference string
}

// BeginsWith reports whether a flow on transport t can begin with byte b, by FirstBytes and
// FirstBytesTCP.
func (p *Protocol) BeginsWith(t Transport, b byte) bool {
	set := &p.FirstBytes
	if t == TCP && !p.FirstBytesTCP.Empty() {
		set = &p.FirstBytesTCP
	}
	return set.Empty() || set.Has(b)
}
