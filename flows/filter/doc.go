// Package filter selects decoded packets by an expression in a subset of
// tcpdump's language.
//
// # Language
//
// An expression is made of primitives, joined by "and" (&&), "or" (||) and
// "not" (!), and parentheses. As in tcpdump, "and" and "or" bind equally
// strong and from left to right, and "not" binds strongest:
//
//	a or b and c       is (a or b) and c
//	not host a and b   is (not host a) and host b
//
// The empty expression matches every packet. Words are in lower case. The
// primitives are these; what stands in brackets may be left out, DIR is one of
// "src", "dst", "src or dst" (which is the default) and "src and dst":
//
//	[ip|ip6] [DIR] host ADDRESS     an IPv4 or IPv6 address; "host" may be left
//	                                out behind DIR
//	[ip|ip6] [DIR] net NETWORK      10.0.0.0/8, 10/8, 2001:db8::/32, 10.1 (which
//	                                is 10.1.0.0/16), 10.0.0.0 mask 255.0.0.0; an
//	                                address without a mask is a host
//	[tcp|udp|sctp] [DIR] port PORT  a number or a well-known name; a name is of
//	                                the transport it is registered for
//	[tcp|udp|sctp] [DIR] portrange FIRST-LAST
//	[ip|ip6] proto PROTOCOL         a number or name, as "tcp" or "\tcp"
//	ip, ip6                         the version
//	tcp, udp, sctp, icmp, icmp6,    short for proto; icmp, igmp, igrp, vrrp and
//	igmp, gre, esp, ah, pim, igrp,  carp are those of IPv4, icmp6 is that of
//	vrrp, carp                      IPv6
//	arp, rarp                       frames of these protocols
//	ether proto TYPE                ip, ip6, arp, rarp or an EtherType
//	ether [DIR] host MAC            a hardware address; "host" may be left out
//	                                behind DIR
//	[ether] broadcast               a frame to ff:ff:ff:ff:ff:ff
//	[ether] multicast               a frame to a group address, broadcast included
//	ip multicast, ip6 multicast     an IP destination from 224.0.0.0 on, or in ff00::/8
//	vlan [ID]                       a frame with any VLAN identifier, or this one
//	less N, greater N               a frame of at most, at least N bytes on the wire
//	len OP N                        OP is one of > >= < <= = == !=
//
// A primitive that differs from the one before it in its value alone may be
// written as the value: "tcp dst port 80 or 443", "host a or b", "port (80 or
// 443)", "net not 10". Numbers are decimal, or hexadecimal behind 0x.
//
// Nothing else of tcpdump's language is understood: an expression with bytes
// of headers (tcp[13]), arithmetic, gateway, protochain, inbound, mpls, pppoes
// and the like is refused, with the column. So are names of hosts and networks:
// nothing is looked up.
//
// # What it is applied to
//
// tcpdump looks at bytes at fixed places of a frame, a Filter at what was
// decoded, which is what a flow is made of. Hence these differences:
//
//   - Tunnels: where they are looked into, ports, transports and all else are
//     those of the inner packet, which makes the flow. host, net, ip and ip6
//     match the outermost tunnel's addresses as well, and proto (gre, too)
//     the protocol of a tunnel directly over IP: 4, 41, 47, 97, 137. The ports of
//     the tunnel itself are not seen: "udp port 4789" finds VXLAN only with
//     tunnels not looked into.
//   - VLAN, MPLS, PPPoE, LLC and other layers before IP are passed through:
//     "tcp" matches behind them without "vlan and" or "pppoes and", and "vlan"
//     does not change what the rest of the expression means. Of several tags on a
//     frame the last one's identifier counts; a tag with identifier 0 is for
//     priority alone and is none.
//   - IPv6 extension headers are passed through: "tcp" matches behind any of them,
//     AH included, and "ip6 proto" is about what follows them.
//   - Link headers of varying length, such as PPP's, PPI's or the tags of some
//     switches, are read for what they are.
//   - Fragments belong to their flow: the later ones match by the ports of the
//     first, which tcpdump cannot. Where the first never came there are no ports.
//   - host and net match IP packets alone, not the addresses in ARP.
//   - What a frame has no more than a part of, because it was cut or is damaged,
//     matches as far as its headers could be decoded.
//   - "net 0" is 0.0.0.0/8 as the manual has it, "host 10.1" is refused.
package filter
