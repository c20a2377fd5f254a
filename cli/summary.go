package cli

import (
	"time"

	"servmap/cli/console"
	"servmap/flows/decode"
	"servmap/flows/ingest"
	"servmap/report"
	"servmap/servmap"
)

// summarise prints the result of a run, and how many packets were not counted into a flow.
func (v *invocation) summarise(in *reading, result string) {
	summary := in.Summary()
	s := &summary.Stats
	if result != "" {
		v.Say("%s", result)
	}
	v.Say("%d packets, %s, %d flows in %.1f s", s.Packets, console.ByteCount(int64(s.Bytes)), s.Flows, time.Since(in.began).Seconds())
	if v.Ingest.Interface != "" {
		v.Say("%s: %d packets dropped by the kernel", v.Ingest.Interface, summary.Dropped)
	}
	if v.ConfigFile != "" {
		v.Say("settings from %s", v.ConfigFile)
	}
	v.otherTraffic(&s.Decode)
	if s.Filtered > 0 {
		v.Say("%d packets left out by the filter", s.Filtered)
	}
	if s.Late > 0 {
		v.Say("%d packets came so late that their flow was over", s.Late)
	}
	if s.GivenUp > 0 {
		v.Say("%d flows were not looked into to the end: too many unknown ones at once", s.GivenUp)
	}
	if s.ForgottenHints > 0 {
		v.Say("%d addresses were forgotten that flows had told the names or protocols of: too many at once", s.ForgottenHints)
	}
	if s.DroppedHints > 0 {
		v.Say("%d announcements were left out: their flows had announced enough", s.DroppedHints)
	}
	if s.Evicted > 0 {
		v.Say("%d flows ended early to keep to --max-flows", s.Evicted)
	}
}

// otherTraffic prints counts of frames without IP, damaged headers, fragments and tunnels.
func (v *invocation) otherTraffic(d *decode.Stats) {
	if counts := report.NotIP(d); len(counts) > 0 {
		v.Say("not IP: %s", report.Counted(counts))
	}
	damaged, cut := report.Damaged(d)
	if len(damaged) > 0 {
		v.Say("damaged headers: %s", report.Counted(damaged))
	}
	if len(cut) > 0 {
		v.Say("headers cut by the snap length: %s", report.Counted(cut))
	}
	if d.Fragments > 0 {
		v.Say("%d fragments, %d of them without their first", d.Fragments, d.Orphans)
	}
	if d.Aggregated > 0 {
		v.Say("%d packets more, which came in frames with others (A-MSDU of 802.11)", d.Aggregated)
	}
	if d.UnnamedTenants > 0 {
		v.Say("the flows of %d packets were not told apart by tenant: too many tenants", d.UnnamedTenants)
	}
	if d.FragmentsLost > 0 {
		v.Say("%d fragments were lost to a packet that could not be handled", d.FragmentsLost)
	}
	if kinds := report.TunnelKinds(d); len(kinds) > 0 {
		v.Say("in tunnels: %s packets", report.Counted(kinds))
	}
	const most = 10
	tunnels := report.Tunnels(d)
	for i, t := range tunnels {
		if i == most {
			v.Say("and %d more tunnels", len(tunnels)-most)
			break
		}
		v.Say("tunnel: %s between %s and %s, %d packets", t.Kind, t.A, t.B, t.Packets)
	}
	if d.UnnamedEndpoints > 0 {
		v.Say("%d packets in tunnels between further endpoints, too many to name", d.UnnamedEndpoints)
	}
	if d.Aggregated > 0 {
		v.Say("%d further packets in frames that hold several", d.Aggregated)
	}
}

// warnInput tells of link types that cannot be read, and of packets that the
// kernel dropped.
func (v *invocation) warnInput(s ingest.Summary) {
	if counts := report.Unsupported(&s.Stats.Decode); len(counts) > 0 {
		v.Warn("link type that cannot be read: %s packets", report.Counted(counts))
	}
	if n := s.Stats.Decode.UnnamedLinks; n > 0 {
		v.Warn("further link types that cannot be read, too many to name: %d packets", n)
	}
	if s.Dropped > 0 {
		v.Warn("%s: the kernel dropped %d packets that servmap had no time for", v.Ingest.Interface, s.Dropped)
	}
}

// remoteShare warns where many flows are between two remote hosts, which the map cannot tell
// apart.
func (v *invocation) remoteShare(outside, all uint64) {
	const tooMany = 5 // percent
	if outside*100 > all*tooMany {
		v.Say("%s of the flows are between two remote hosts: name your own networks with --local-network", console.Percent(outside, all))
	}
}

// traffic tells what makes answers or hosts uncertain.
func (v *invocation) traffic(t *servmap.Traffic) {
	if v.Settings.IgnoreUnknown {
		return
	}
	if t.WithoutMACs() && !v.Settings.ByAddress {
		v.Say("no hardware addresses: every address is taken for a host")
	}
	if t.HalfATap() {
		v.Say("%s of the TCP flows with data show one direction alone: what looks like an attempt may have been answered", console.Percent(t.OneSided, t.Data))
	}
}

// warnBeyond tells of flows for which a map or a report had no room.
func (v *invocation) warnBeyond(n uint64, what string) {
	if n > 0 {
		v.Warn("%d flows are not in %s: it has room for as many hosts and pairs as --max-hosts and --max-pairs say, and the first are kept", n, what)
	}
}
