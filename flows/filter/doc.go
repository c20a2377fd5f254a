// Package filter selects decoded packets by an expression in a subset of
// tcpdump's language.
//
// # Language
//
// An expression consists of primitives, joined by "and" (&&), "or" (||), "not" (!) and parentheses.
// As in tcpdump, "and" and "or" have the same precedence and associate to the left, and "not" binds
// strongest:
//
//	a or b and c       is (a or b) and c
//	not host a and b   is (not host a) and host b
//
// The empty expression matches every packet. Words are in lower case. These are the primitives.
// What is in brackets is optional. DIR is "src", "dst", "src or dst" (the default) or "src and
// dst":
//
//	[ip|ip6] [DIR] host ADDRESS     an IPv4 or IPv6 address; "host" may be left
//	                                out after DIR
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
//	                                after DIR
//	[ether] broadcast               a frame to ff:ff:ff:ff:ff:ff
//	[ether] multicast               a frame to a group address, broadcast included
//	ip multicast, ip6 multicast     an IP destination from 224.0.0.0 on, or in ff00::/8
//	vlan [ID]                       a frame with any VLAN identifier, or this one
//	less N, greater N               a frame of at most, at least N bytes on the wire
//	len OP N                        OP is one of > >= < <= = == !=
//
// A primitive whose qualifiers are those of the one before it may be written as the value alone:
// "tcp dst port 80 or 443", "host a or b", "port (80 or 443)", "net not 10". Numbers are decimal,
// or hexadecimal after 0x.
//
// Nothing else of tcpdump's language is supported: an expression with bytes of headers (tcp[13]),
// arithmetic, gateway, protochain, inbound, mpls, pppoes and the like is an error that names the
// column. So are names of hosts and networks: nothing is looked up.
//
// # Differences from tcpdump
//
// tcpdump looks at bytes at fixed places of a frame. A Filter looks at the decoded packet, which a
// flow is made of. Hence these differences:
//
//   - Where tunnels are decoded, ports, transports and all else are those of the inner packet,
//     which makes the flow. host, net, ip and ip6 also match the addresses of the outermost
//     tunnel, and proto, with gre, the protocol of a tunnel directly over IP: 4, 41, 47, 97, 137.
//     The tunnel's own ports are not seen: "udp port 4789" finds VXLAN only where tunnels are not
//     decoded.
//   - VLAN, MPLS, PPPoE, LLC and other layers before IP are skipped: "tcp" matches after them
//     without "vlan and" or "pppoes and", and "vlan" does not change what the rest of the
//     expression means. Of several tags on a frame the last one's identifier counts. A tag with
//     identifier 0 is for priority alone and does not count.
//   - IPv6 extension headers are skipped: "tcp" matches after any of them, AH included, and "ip6
//     proto" is the protocol after them.
//   - Link headers of varying length, such as those of PPP and PPI, and the tags of some switches,
//     are decoded.
//   - Later fragments match by the ports of the first one, since they belong to its flow. Where
//     the first one never came there are no ports.
//   - host and net match IP packets alone, not the addresses in ARP.
//   - A frame that was cut or is damaged matches by the headers that could be decoded.
//   - "net 0" is 0.0.0.0/8, as tcpdump's manual says; "host 10.1" is an error.
package filter
