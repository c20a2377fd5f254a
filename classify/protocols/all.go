// Package protocols holds the recognisers, one file a protocol.
package protocols

import "servmap/classify"

// All lists every protocol that the program knows, in alphabetical order of
// their labels. A protocol that is declared and not listed here fails a test.
var All = []*classify.Protocol{
	&bfd,
	&bgp,
	&capwap,
	&checkmk,
	&collectd,
	&cpha,
	&diameter,
	&dlep,
	&eaq,
	&egp,
	&gre,
	&gtp,
	&hpVirtgrp,
	&hsrp,
	&icmp,
	&icmpv6,
	&igmp,
	&ipInIP,
	&ipPIM,
	&kismet,
	&ldp,
	&lisp,
	&merakiCloud,
	&munin,
	&netflow,
	&openflow,
	&ospf,
	&pfcp,
	&pgm,
	&ptpv2,
	&ripeAtlas,
	&roughtime,
	&sctp,
	&sflow,
	&snmp,
	&targusDataspeed,
	&teredo,
	&vrrp,
	&vxlan,
	&zabbix,
}
