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
	// csv and ndjson have it.
	Name, Field string
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
	{UnknownSource, "UNKNOWN SOURCE IP", "UNKNOWN_SOURCE_IP", Major, func(c *Case) bool { return !c.Known.Source }, nil},
	{UnknownDestination, "UNKNOWN DESTINATION IP", "UNKNOWN_DESTINATION_IP", Major, func(c *Case) bool { return !c.Known.Pair }, nil},
	{UnknownProtocol, "UNKNOWN PROTOCOL", "UNKNOWN_PROTOCOL", Minor, func(c *Case) bool { return c.Flow.Application == classify.Unknown || IsUnknown(c.Service) }, nil},
	{DNSOrTLSApplication, "DNS/TLS APPLICATION", "DNS_TLS_APPLICATION", Minor, func(c *Case) bool { m := c.master(); return m == "DNS" || m == "TLS" }, nil},
	{ProtocolNeverUsed, "PROTOCOL NEVER USED", "PROTOCOL_NEVER_USED", Major, func(*Case) bool { return true }, familiarQUIC},
}

// familiarQUIC reports whether the flow is QUIC between hosts that know QUIC or
// TLS: browsers go from one to the other freely.
func familiarQUIC(c *Case) bool {
	return c.master() == "QUIC" && c.Known.UsesAny(func(a string) bool { m := master(a); return m == "QUIC" || m == "TLS" })
}
