package servmap

import (
	"servmap/classify"
	"servmap/flows"
)

// Case is all that a rule may look at: a flow, who took part, and what the map
// knows of them.
type Case struct {
	// Flow is the flow; it is borrowed.
	Flow *flows.Flow
	// Src and Dst are its ends as the map names them.
	Src, Dst Host
	// Known is what the map knows of the two.
	Known Knowledge
	// Service is what the flow is an instance of; Attempt is set where it only tried.
	Service string
	Attempt bool

	known bool
	// number is the service's number in the map, valid iff named.
	number uint32
	named  bool
}

// master is the flow's protocol, without the application on top.
func (c *Case) master() string { return master(c.Flow.Application) }

// Rule is one way in which a flow that is not known can be wrong.
type Rule struct {
	Verdict Verdict
	// Name is the verdict's as people and the report file have it, Field as
	// csv and ndjson have it, and Brief where there is little room.
	Name, Field, Brief string
	// Meaning says when the rule applies, in a clause.
	Meaning string
	// Severity is how much the verdict counts.
	Severity Severity
	// Applies reports whether the rule gives the verdict, where none before it
	// does.
	Applies func(*Case) bool
	// Milder, where it is not nil, tells that the flow is Minor all the same.
	Milder func(*Case) bool
}

// rules are tried in this order on what is not known; the first that applies
// gives the verdict. The last always applies.
var rules = [...]Rule{
	{UnknownSource, "UNKNOWN SOURCE IP", "UNKNOWN_SOURCE_IP", "UNKNOWN SRC", "the map does not know that the source speaks with anybody", Major, func(c *Case) bool { return !c.Known.Source }, nil},
	{UnknownDestination, "UNKNOWN DESTINATION IP", "UNKNOWN_DESTINATION_IP", "UNKNOWN DST", "the map does not know that the source speaks with the destination", Major, func(c *Case) bool { return !c.Known.Pair }, nil},
	{UnknownProtocol, "UNKNOWN PROTOCOL", "UNKNOWN_PROTOCOL", "UNKNOWN PROTO", "nothing recognises what they speak, and the map does not have its port", Minor, func(c *Case) bool { return c.Flow.Application == classify.Unknown || IsUnknown(c.Service) }, nil},
	{DNSOrTLSApplication, "DNS/TLS APPLICATION", "DNS_TLS_APPLICATION", "DNS/TLS APP", "they speak DNS or TLS, with another application than ever", Minor, func(c *Case) bool { m := c.master(); return m == "DNS" || m == "TLS" }, nil},
	{ProtocolNeverUsed, "PROTOCOL NEVER USED", "PROTOCOL_NEVER_USED", "NEVER USED", "they never used this protocol or application", Major, func(*Case) bool { return true }, familiarQUIC},
}

// familiarQUIC reports whether the flow is QUIC between hosts that know QUIC or
// TLS: browsers go from one to the other freely.
func familiarQUIC(c *Case) bool {
	return c.master() == "QUIC" && c.Known.UsesAny(func(a string) bool { m := master(a); return m == "QUIC" || m == "TLS" })
}
