package filter

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"servmap/flows/decode"
)

// all lists every frame, for what matches none or nearly all of them.
func names(except ...string) string {
	var out []string
	for _, f := range frames() {
		if !slices.Contains(except, f.name) {
			out = append(out, f.name)
		}
	}
	return strings.Join(out, " ")
}

// expressions are filters and the frames that match them.
var expressions = []struct{ expr, want string }{
	{"", names()},
	{"ip", names("ntp6", "tls6", "ping6", "arp", "rarp", "lldp", "arp10", "options6")},
	{"ip6", "ntp6 tls6 ping6 6in4 options6"},
	{"tcp", "web back tls6 vlan10 qinq prio gre vxlan options6 cuttcp"},
	{"udp", "dns ntp6 dhcp 6in4 first later orphan"},
	{"sctp", "sctp"},
	{"icmp", "ping"},
	{"icmp6", "ping6"},
	{"igmp", "igmp"},
	{"esp", "esp"},
	{"ah", "ah"},
	{"pim or vrrp or igrp or carp", ""},
	{"gre", "gre"},
	{"proto 47", "gre"},
	{"ip proto gre", "gre"},
	{"ip6 proto gre", ""},
	{"proto 41", "6in4"},
	{"proto 4", ""},
	{"proto \\udp", "dns ntp6 dhcp 6in4 first later orphan"},
	{"ip proto udp", "dns dhcp first later orphan"},
	{"ip6 proto 17", "ntp6 6in4"},
	{"proto (\\icmp or igmp)", "ping igmp"},
	{"proto 33", "dccp"},
	{"arp", "arp arp10"},
	{"rarp", "rarp"},
	{"ether proto \\arp", "arp arp10"},
	{"ether proto 0x8035", "rarp"},
	{"ether proto 0x88cc", "lldp"},
	{"ether proto 0x88cd", ""},
	{"ether proto ip6", "ntp6 tls6 ping6 6in4 options6"},

	{"host 10.1.2.3", "web back vlan10 qinq prio gre vxlan cuttcp"},
	{"src host 10.1.2.3", "back"},
	{"src 10.1.2.3", "back"},
	{"dst host 10.1.2.3", "web vlan10 qinq prio gre vxlan cuttcp"},
	{"src or dst host 10.1.2.3", "web back vlan10 qinq prio gre vxlan cuttcp"},
	{"src and dst host 10.1.2.3", ""},
	{"ip host 10.0.0.3", "orphan"},
	{"host 2001:db8:1::2", "tls6"},
	{"ip6 src host 2001:db8::1", "ntp6 tls6 ping6 6in4 options6"},
	{"host 203.0.113.2", "gre vxlan 6in4"},
	{"src host 203.0.113.2", ""},
	{"host 192.0.2.53 or 192.0.2.1", "dns ping esp ah"},
	{"net 10.1", "web back vlan10 qinq prio gre vxlan cuttcp"},
	{"net 10.1.0.0/16", "web back vlan10 qinq prio gre vxlan cuttcp"},
	{"src net 10.0.0.2/31", "orphan"},
	{"net 192", "dns ping esp ah"},
	{"net 192.0.2.53", "dns"},
	{"src and dst net 10", "web back sctp dccp vlan10 qinq prio gre vxlan first later orphan cuttcp"},
	{"net 10.0.0.3 mask 255.0.0.255", "web back orphan vlan10 qinq prio gre vxlan cuttcp"},
	{"net 2001:db8:1::/48", "tls6"},
	{"net ::/0", "ntp6 tls6 ping6 6in4 options6"},
	{"net 0.0.0.0/0", names("ntp6", "tls6", "ping6", "arp", "rarp", "lldp", "arp10", "options6", "cutip")},
	{"net 203.0.113.0/24", "gre vxlan 6in4"},

	{"port 80", "web back vlan10 qinq prio gre vxlan"},
	{"src port 80", "back"},
	{"dst port http", "web vlan10 qinq prio gre vxlan"},
	{"udp port 80", ""},
	{"port 53", "dns"},
	{"port domain or ntp", "dns ntp6 6in4"},
	{"src and dst port ntp", "ntp6 6in4"},
	{"src and dst port 80", ""},
	{"sctp dst port 2906", "sctp"},
	{"port 2000", "first later"},
	{"port 0", ""},
	{"port 4789", ""},
	{"portrange 50-60", "dns"},
	{"portrange 60-50", "dns"},
	{"dst portrange 443-2999", "tls6 sctp first later options6"},
	{"tcp portrange 0-65535", "web back tls6 vlan10 qinq prio gre vxlan options6"},
	{"tcp dst port 80 or 443", "web tls6 vlan10 qinq prio gre vxlan options6"},
	{"port (53 or 123)", "dns ntp6 6in4"},
	{"udp and port not 53", "ntp6 dhcp 6in4 first later orphan"},

	{"ether host 02:00:00:00:00:0b", names("igmp", "arp", "rarp", "lldp", "dhcp", "arp10")},
	{"ether src 2:0:0:0:0:b", ""},
	{"ether dst 01-80-c2-00-00-0e", "lldp"},
	{"ether src and dst host 020000000a0b", ""},
	{"broadcast", "arp rarp dhcp arp10"},
	{"ether multicast", "igmp arp rarp lldp dhcp arp10"},
	{"ip multicast", "igmp dhcp"},
	{"ip6 multicast", "ping6"},
	{"vlan", "vlan10 qinq arp10"},
	{"vlan 10", "vlan10 arp10"},
	{"vlan 20", ""},
	{"vlan 30 and host 10.0.0.1", "qinq"},
	{"vlan 10 and arp", "arp10"},

	{"less 40", "cuttcp cutip"},
	{"greater 1000", "dhcp"},
	{"len > 1041", "dhcp"},
	{"len > 1042", ""},
	{"len = 1042", "dhcp"},
	{"len != 1042 and dst port 67", ""},
	{"len >= 1042", "dhcp"},
	{"len < 26", ""},
	{"len <= 26", "cutip"},
	{"len < 0", ""},

	{"tcp or udp and port 53", "dns"},
	{"udp and port 53 or tcp", "web back dns tls6 vlan10 qinq prio gre vxlan options6 cuttcp"},
	{"tcp or (udp and port 53)", "web back dns tls6 vlan10 qinq prio gre vxlan options6 cuttcp"},
	{"not ip and not ip6", "arp rarp lldp arp10"},
	{"not (ip or ip6)", "arp rarp lldp arp10"},
	{"not ip or ip6", "ntp6 tls6 ping6 arp rarp lldp arp10 6in4 options6"},
	{"!tcp && !udp && ip || esp", "sctp dccp ping igmp esp ah cutip"},
	{"not host 10.0.0.1 and 203.0.113.1", "6in4"},
	{"tcp and not not port 443", "tls6 options6"},
}

func TestMatch(t *testing.T) {
	packets, all := decoded(t), frames()
	for _, tc := range expressions {
		t.Run(tc.expr, func(t *testing.T) {
			f, err := Parse(tc.expr)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range packets {
				if f.Match(&packets[i]) {
					got = append(got, all[i].name)
				}
			}
			want := strings.Fields(tc.want)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s\nmatches %v\nwant    %v", f, got, want)
			}
			if again, err := Parse(f.String()); err != nil || !again.Equal(f) || again.String() != f.String() {
				t.Errorf("%q is read back as %v (%v)", f, again, err)
			}
		})
	}
}

// TestOuterOnly checks that a tunnel that is not looked into is its outer
// packet.
func TestOuterOnly(t *testing.T) {
	var d decode.Decoder
	var p decode.Packet
	for _, fr := range frames() {
		if fr.name != "vxlan" {
			continue
		}
		d.Decode(1, fr.data, len(fr.data), 0, &p)
		for expr, want := range map[string]bool{"udp port 4789": true, "host 203.0.113.1": true, "port 80": false, "host 10.0.0.1": false} {
			f, err := Parse(expr)
			if err != nil || f.Match(&p) != want {
				t.Errorf("%s: %v, want %v (%v)", expr, f.Match(&p), want, err)
			}
		}
	}
}

// TestPPP checks that the number of a PPP protocol is no EtherType.
func TestPPP(t *testing.T) {
	f, err := Parse("ether proto 0xc021")
	if err != nil {
		t.Fatal(err)
	}
	p := decode.Packet{Kind: decode.NotIP, Other: decode.OtherPPP, EtherType: 0xc021}
	if f.Match(&p) {
		t.Error("PPP's link control matches")
	}
	if p.Other = decode.OtherEtherType; !f.Match(&p) {
		t.Error("the EtherType does not match")
	}
}

// TestString checks precedence and the writing out of qualifiers.
func TestString(t *testing.T) {
	for _, tc := range []struct{ expr, want string }{
		{"  ", ""},
		{"tcp or udp and icmp", "tcp or udp and icmp"},
		{"tcp and udp or icmp", "tcp and udp or icmp"},
		{"(tcp or udp) and icmp", "tcp or udp and icmp"},
		{"tcp or (udp and icmp)", "tcp or (udp and icmp)"},
		{"tcp and (udp and icmp)", "tcp and (udp and icmp)"},
		{"not tcp and udp", "not tcp and udp"},
		{"not (tcp and udp)", "not (tcp and udp)"},
		{"!(!(tcp))", "not not tcp"},
		{"tcp||udp&&!icmp", "tcp or udp and not icmp"},
		{"((((tcp))))", "tcp"},
		{"tcp dst port 80 or 443 or not 8080", "tcp dst port 80 or tcp dst port 443 or not tcp dst port 8080"},
		{"not host 10.0.0.1 and 10.0.0.2", "not host 10.0.0.1 and host 10.0.0.2"},
		{"port 80 or (host 10.0.0.1) or 443", "port 80 or host 10.0.0.1 or port 443"},
		{"port (80 or (443 and not 22)) or 23", "port 80 or (port 443 and not port 22) or port 23"},
		{"host 10.0.0.1 or tcp port 80 or 81", "host 10.0.0.1 or tcp port 80 or tcp port 81"},
		{"net 10 or 192.168", "net 10.0.0.0/8 or net 192.168.0.0/16"},
		{"net 10.1 mask 255.255", "net 10.1.0.0/16"},
		{"net 2001:DB8::/32", "net 2001:db8::/32"},
		{"net ::ffff:10.0.0.0/104", "net ::ffff:10.0.0.0/104"},
		{"src 10.0.0.1", "src host 10.0.0.1"},
		{"dst or src net 10", "net 10.0.0.0/8"},
		{"dst && src net 10", "src and dst net 10.0.0.0/8"},
		{"portrange 90-80", "portrange 80-90"},
		{"portrange 0x50", "port 80"},
		{"port ssh or domain", "tcp port 22 or port 53"},
		{"proto 6 or 58 or gre", "tcp or proto 58 or gre"},
		{"ip6 proto 58 or ip proto 1", "icmp6 or icmp"},
		{"ether src 0200.0000.000A", "ether src host 02:00:00:00:00:0a"},
		{"ether proto \\ip or 0x88CC", "ip or ether proto 0x88cc"},
		{"less 64 or greater 0x200", "len <= 64 or len >= 512"},
		{"len<64 or len>512 or len!=9", "len <= 63 or len >= 513 or len != 9"},
		{"ether broadcast or ether multicast", "broadcast or multicast"},
		{"vlan or vlan 0 or vlan 4095", "vlan or vlan 0 or vlan 4095"},
	} {
		t.Run(tc.expr, func(t *testing.T) {
			f, err := Parse(tc.expr)
			if err != nil || f.String() != tc.want {
				t.Errorf("got %q (%v), want %q", f, err, tc.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	const primitives = "expected a primitive such as host, net, port, tcp or vlan"
	for _, tc := range []struct {
		expr   string
		column int
		reason string
	}{
		{"foo", 1, `unknown word "foo": ` + primitives},
		{"port 80 and foo", 13, `unknown word "foo": expected a value for port, or a primitive such as host, net, port, tcp or vlan`},
		{"é or foo", 1, `unknown word "é": ` + primitives},
		{"tcp or é or foo", 8, `unknown word "é": ` + primitives},
		{"tcp or\tfoo", 8, `unknown word "foo": ` + primitives},
		{"a\x1b[2Jb", 3, `bytes of headers ([...]) are not supported: ` + primitives},
		{"a\x1bb", 1, `unknown word "a\x1bb": ` + primitives},
		{strings.Repeat("x", 60), 1, `unknown word "` + strings.Repeat("x", 40) + `"...: ` + primitives},
		{"tcp or", 7, "the expression ends: " + primitives},
		{"or tcp", 1, `unexpected "or": ` + primitives},
		{"not", 4, "the expression ends: " + primitives},
		{"()", 2, `unexpected ")": ` + primitives},
		{"(tcp", 5, "the expression ends: expected and, or, or ) for the ( of column 1"},
		{"tcp)", 4, `unexpected ")": expected and, or, or the end`},
		{"tcp 80", 5, `unexpected "80": expected and, or, or the end`},
		{"tcp AND udp", 5, `unexpected "AND": expected and, or, or the end`},
		{"10.0.0.1", 1, `"10.0.0.1" has no qualifier: expected host, net or port before it`},
		{"tcp or 80", 8, `"80" has no qualifier: expected host, net or port before it`},
		{"tcp[13] & 2 != 0", 4, "bytes of headers ([...]) are not supported: " + primitives},
		{"ip and ether[0] & 1 = 0", 13, "bytes of headers ([...]) are not supported: " + primitives},
		{"port 80 and tcp[13] = 2", 16, "bytes of headers ([...]) are not supported: " + primitives},
		{"tcp [13] = 2", 5, "bytes of headers ([...]) are not supported: expected and, or, or the end"},
		{"inbound", 1, `"inbound" is not supported: ` + primitives},
		{"tcp and gateway snup", 9, `"gateway" is not supported: ` + primitives},
		{"src gateway snup", 5, `"gateway" is not supported: expected host, net, port, portrange or an address`},
		{"ip protochain 6", 4, `"protochain" is not supported: expected and, or, or the end`},
		{"host example.org", 6, `"example.org" is no IP address: expected one, as names are not looked up`},
		{"host 10.1", 6, `"10.1" is a network: expected an IP address, or net in place of host`},
		{"host 10.0.0.0/8", 6, `"10.0.0.0/8" is a network: expected an IP address, or net in place of host`},
		{"host 02:00:00:00:00:0a", 6, `"02:00:00:00:00:0a" is a hardware address: expected an IP address, or ether before host`},
		{"host fe80::1%eth0", 6, `"fe80::1%eth0" is no IP address: expected one, as names are not looked up`},
		{"host", 5, "the expression ends: expected an IP address"},
		{"host not", 9, "the expression ends: " + primitives},
		{"host and tcp", 6, `unexpected "and": expected an IP address`},
		{"ip host ::1", 9, `"::1" is an IPv6 address: expected an IPv4 address behind ip`},
		{"ip6 net 10", 9, `"10" is an IPv4 address: expected an IPv6 address behind ip6`},
		{"tcp host 10.0.0.1", 1, `"tcp" does not go with host: expected ip, ip6, ether or nothing before host, or tcp and host`},
		{"ip and udp net 10", 8, `"udp" does not go with net: expected ip, ip6 or nothing before net, or udp and net`},
		{"arp host 10.0.0.1", 1, "the addresses in arp are not decoded: expected arp alone"},
		{"ip port 80", 1, `"ip" does not go with port: expected tcp, udp, sctp or nothing before port, or ip and port`},
		{"src proto 6", 5, `unexpected "proto": expected host, net, port, portrange or an address`},
		{"src dst 10.0.0.1", 5, `unexpected "dst": expected host, net, port, portrange or an address`},
		{"net home", 5, `"home" is no network: expected one such as 10.0.0.0/8, 10.1 or 2001:db8::/32, as names are not looked up`},
		{"net 10.0.0.1/8", 5, `"10.0.0.1/8" has bits outside its mask: expected 10.0.0.0`},
		{"net 10.0.0.0/33", 13, "the / is not followed by a number of bits from 0 to 32"},
		{"net ::/", 7, "the / is not followed by a number of bits from 0 to 128"},
		{"net 10 mask 8", 5, `"10" has bits outside its mask: expected 8.0.0.0`},
		{"net :: mask 255.0.0.0", 13, `unexpected "255.0.0.0": expected an IPv4 mask such as 255.0.0.0 behind an IPv4 address`},
		{"net 10 mask", 12, "the expression ends: expected an IPv4 mask such as 255.0.0.0 behind an IPv4 address"},
		{"port 70000", 6, `unexpected "70000": expected a port by its well-known name, or from 0 to 65535`},
		{"port 010", 6, `unexpected "010": expected a port by its well-known name, or from 0 to 65535`},
		{"udp port ssh", 10, `port "ssh" is not one of udp`},
		{"port (80 or tcp)", 13, `unexpected "tcp": expected a port by its well-known name, or from 0 to 65535`},
		{"portrange 80 - 90", 14, `unexpected "-": expected and, or, or the end`},
		{"portrange 80-http", 11, `unexpected "80-http": expected two ports from 0 to 65535 with - between them`},
		{"proto 256", 7, `unexpected "256": expected the name of an IP protocol or a number from 0 to 255`},
		{"ether proto 0x8100", 13, "tags are passed through: expected vlan in place of ether proto 0x8100"},
		{"ether proto 0x8847", 13, "EtherType 0x8847 is passed through to the IP packet behind it: it cannot be asked for"},
		{"ether proto 1500", 13, `unexpected "1500": expected ip, ip6, arp, rarp or an EtherType from 1501 to 65535`},
		{"ether 02:00:00:00:00:0a", 7, `unexpected "02:00:00:00:00:0a": expected host, src, dst, proto, broadcast or multicast`},
		{"ether host 02:00:00:00:00:0g", 12, `unexpected "02:00:00:00:00:0g": expected a hardware address such as 02:00:00:00:00:01`},
		{"ip broadcast", 4, `"ip broadcast" needs the netmask of an interface, which is not known: expected "broadcast" alone, or host and the address`},
		{"tcp multicast", 5, `"multicast" does not go with "tcp"`},
		{"vlan 4096", 6, `unexpected "4096": expected a VLAN identifier from 0 to 4095`},
		{"vlan 10 or 20", 12, `"20" has no qualifier: expected host, net or port before it`},
		{"less -1", 6, `unexpected "-1": expected a length in bytes from 0 to 4294967295`},
		{"len ~ 5", 5, `unexpected "~": expected one of > >= < <= = == !=`},
		{"len > 5 + 5", 9, `unexpected "+": expected and, or, or the end`},
		{strings.Repeat("(", 300), 257, "more than 256 parentheses and nots within one another"},
		{"tcp" + strings.Repeat(" or tcp", 4096), 4 + 7*4095 + 4, "more than 4096 primitives"},
	} {
		name := tc.expr[:min(len(tc.expr), 40)]
		t.Run(name, func(t *testing.T) {
			f, err := Parse(tc.expr)
			var got *SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("read as %q, %v", f, err)
			}
			if *got != (SyntaxError{tc.column, tc.reason}) {
				t.Errorf("got  %d: %s\nwant %d: %s", got.Column, got.Reason, tc.column, tc.reason)
			}
		})
	}
	err := &SyntaxError{9, "why"}
	if got, want := err.Error(), "filter: column 9: why"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLong checks that long chains and deep nesting are read and evaluated.
func TestLong(t *testing.T) {
	for _, expr := range []string{
		"udp" + strings.Repeat(" or udp", 4000) + " or tcp",
		strings.Repeat("not ", 250) + "tcp",
		strings.Repeat("(", 250) + "tcp" + strings.Repeat(")", 250),
	} {
		f, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if p := decoded(t); !f.Match(&p[0]) || f.Match(&p[7]) {
			t.Errorf("%.40s... does not tell TCP from ICMP", expr)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	packets := decoded(t)
	for _, tc := range expressions {
		f, err := Parse(tc.expr)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() {
			for i := range packets {
				f.Match(&packets[i])
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", tc.expr, n)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	packets := decoded(b)
	for _, expr := range []string{"tcp port 80", "net 10.1.0.0/16", "host 2001:db8::1", "tcp and net 10 and not port 22 or udp port 53"} {
		b.Run(expr, func(b *testing.B) {
			f, err := Parse(expr)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.Match(&packets[i%len(packets)])
			}
		})
	}
}

// FuzzParse checks that whatever is understood is written out as an expression
// for the same filter, that refusals are one line with a place in the
// expression, and that nothing panics.
func FuzzParse(f *testing.F) {
	for _, tc := range expressions {
		f.Add(tc.expr)
	}
	f.Add("host 02:00:00:00:00:0a or tcp[13] & 2 != 0")
	packets := decoded(f)
	f.Fuzz(func(t *testing.T, expr string) {
		first, err := Parse(expr)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Column < 1 || e.Column > len([]rune(expr))+1 || strings.ContainsAny(e.Error(), "\n\r\x1b") {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		second, err := Parse(first.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", expr, first, err)
		}
		if !first.Equal(second) || first.String() != second.String() {
			t.Fatalf("%q is written as %q, and that as %q", expr, first, second)
		}
		for i := range packets {
			if first.Match(&packets[i]) != second.Match(&packets[i]) {
				t.Fatalf("%q and %q differ for packet %d", expr, second, i)
			}
		}
	})
}
