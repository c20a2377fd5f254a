package findings

import (
	"fmt"
	"net"
	"slices"

	"servmap/servmap"
	"servmap/servmap/identity"
)

// leastEtherType is the lowest EtherType (IEEE 802.3, 3.2.6); what is below is a length.
const leastEtherType = 0x600

// addTalkers adds the hosts that speak no IP, and that the map does not know so.
func (c *Collector) addTalkers() {
	for i := range c.checker.Talkers {
		s := &c.checker.Talkers[i]
		if s.EtherType < leastEtherType || len(c.checker.Hosts.Stays(s.MAC)) > 0 && !c.isTalker(s.MAC) {
			continue // it speaks IP, too, and is known or new by that
		}
		h := servmap.HostNamed(net.HardwareAddr(s.MAC[:]).String())
		g := c.need(groupKey{class: aboutHost, subject: h})
		if g == nil {
			return
		}
		g.sighted(s)
		g.src.hosts.add(h)
		g.src.macs.add(s.MAC)
		g.applications.add(servmap.EtherName(s.EtherType))
		g.frames = append(g.frames, s.EtherType)
	}
}

// isTalker reports whether the map has a MAC among the hosts without IP.
func (c *Collector) isTalker(mac identity.MAC) bool {
	return slices.ContainsFunc(c.m.Evidence.Talkers, func(t servmap.Talker) bool { return t.MAC == mac })
}

// decideTalker judges a host that speaks no IP: by who it is, and who else speaks so.
func (c *Collector) decideTalker(g *group) {
	mac := g.src.macs.values[0]
	known := c.isTalker(mac)
	if _, ok := c.checker.Owner(mac); ok {
		known = true
	}
	speakers, macs := map[uint16]int{}, map[identity.MAC]struct{}{}
	for _, t := range c.m.Evidence.Talkers {
		speakers[t.EtherType]++
		macs[t.MAC] = struct{}{}
	}
	fewest := len(macs)
	for _, e := range g.frames {
		fewest = min(fewest, speakers[e])
	}
	switch {
	case known && fewest == 0:
		g.kind, g.level, g.why = NewProtocol, High, "no host here spoke that in training"
	case known:
		g.kind, g.level, g.why = NewClient, Medium, fmt.Sprintf("%s spoke that in training, and it did not", counted(fewest, "other host"))
	case fewest >= mostNeighbours && 4*fewest >= len(macs):
		g.kind, g.level, g.why = NewHost, Medium, "no host had that hardware address in training; it speaks what most others speak"
	default:
		g.kind, g.level, g.why = NewHost, High, "no host had that hardware address in training"
	}
}
