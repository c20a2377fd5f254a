package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

const mdnsPort = 5353

// mdns is multicast DNS (RFC 6762).
var mdns = classify.Protocol{
	Name:      "MDNS",
	Category:  "Network",
	Transport: classify.UDP,
	Ports:     []uint16{mdnsPort, 5354},
	Reference: "RFC 6762, section 18",

	PortsOnly: true,
	Recognise: recogniseMDNS,
}

// recogniseMDNS accepts a DNS message from or to port 5353 with the opcode and
// response code that mDNS allows (RFC 6762, section 18): multicast, answered to
// the asker's own port, or without any question. What goes to port 53 is for a DNS server, whatever port
// asks it.
func recogniseMDNS(p *classify.Probe) classify.Outcome {
	if !p.HasPort(mdnsPort) && !p.HasPort(5354) || p.HasPort(53) {
		return classify.Never
	}
	d, ok := wire.ParseDNS(p.Payload, p.Len)
	if !ok || d.Opcode != 0 || d.Counts == [4]uint16{} {
		return classify.Never
	}
	if d.Counts[0] > 0 {
		if class := d.Class & 0x7fff; class != wire.DNSClassIN && class != wire.DNSClassAny {
			return classify.Never
		}
	} else if !mdnsRecords(&d, p.Payload) {
		return classify.Never
	}
	if p.Found.ServerName == "" {
		p.Found.ServerName = d.Name()
	}
	if !p.HasPort(mdnsPort) || p.Ports[0] != p.Ports[1] {
		// Not multicast: the asker is told the answer on its own port.
		if d.Response {
			p.ClientIs(p.From.Other())
		}
	}
	return classify.Match
}

// mdnsRecords checks the records of a message that asks nothing: classes and
// types are such, and they fill half of it, or all of it where it is a query's second part.
func mdnsRecords(d *wire.DNS, msg []byte) bool {
	sound := true
	used, all := d.Records(func(r *wire.DNSRecord) bool {
		class := r.Class & 0x7fff
		sound = r.Type != 0 && (class == wire.DNSClassIN || class == wire.DNSClassAny || r.Type == 41)
		return sound
	})
	return sound && (all || d.Response && used >= len(msg)/2) && (d.Response || used == len(msg))
}
