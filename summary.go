package main

import (
	"fmt"
	"os"
	"time"

	"servmap/report"
)

// say prints a line for people.
func say(format string, args ...any) {
	fmt.Fprintln(os.Stderr, oneLine(fmt.Sprintf(format, args...)))
}

// summarise says what a run came to, and what of its packets made no flow.
func (a *analysis) summarise(result string) {
	s := &a.stats
	if result != "" {
		say("%s", result)
	}
	say("%d packets, %s, %d flows in %.1f s", s.Packets, byteCount(int64(s.Bytes)), s.Flows, time.Since(a.began).Seconds())
	if a.live != nil {
		say("%s: %d packets dropped by the kernel", a.opt.iface, a.dropped)
	}
	if a.opt.config.file != "" {
		say("settings from %s", a.opt.config.file)
	}
	a.otherTraffic()
	if s.Filtered > 0 {
		say("%d packets left out by the filter", s.Filtered)
	}
	if s.Late > 0 {
		say("%d packets came so late that their flow was over", s.Late)
	}
	if s.GivenUp > 0 {
		say("%d flows were not looked into to the end: too many unknown ones at once", s.GivenUp)
	}
	if s.Evicted > 0 {
		say("%d flows ended early to keep to --max-flows", s.Evicted)
	}
}

// otherTraffic says what the packets were that are more than a plain IP
// packet, or less.
func (a *analysis) otherTraffic() {
	d := &a.stats.Decode
	if counts := report.NotIP(d); len(counts) > 0 {
		say("not IP: %s", report.Counted(counts))
	}
	damaged, cut := report.Damaged(d)
	if len(damaged) > 0 {
		say("damaged headers: %s", report.Counted(damaged))
	}
	if len(cut) > 0 {
		say("headers cut by the snap length: %s", report.Counted(cut))
	}
	if d.Fragments > 0 {
		say("%d fragments, %d of them without their first", d.Fragments, d.Orphans)
	}
	if kinds := report.TunnelKinds(d); len(kinds) > 0 {
		say("in tunnels: %s packets", report.Counted(kinds))
	}
	const most = 10
	tunnels := report.Tunnels(d)
	for i, t := range tunnels {
		if i == most {
			say("and %d more tunnels", len(tunnels)-most)
			break
		}
		say("tunnel: %s between %s and %s, %d packets", t.Kind, t.A, t.B, t.Packets)
	}
}

// warnUnsupported tells of link types that cannot be read.
func (a *analysis) warnUnsupported() {
	if counts := report.Unsupported(&a.stats.Decode); len(counts) > 0 {
		warn("link type that cannot be read: %s packets", report.Counted(counts))
	}
}

// remoteShare says so where much of the traffic is between remote hosts, which
// the map cannot tell apart.
func (a *analysis) remoteShare(outside, all uint64) {
	const tooMany = 5 // percent
	if outside*100 > all*tooMany {
		say("%s of the flows are between two remote hosts: name your own networks with --local-network", percent(outside, all))
	}
}

func percent(part, whole uint64) string {
	if whole == 0 {
		return "0.0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
