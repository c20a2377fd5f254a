package findings

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"servmap/servmap"
)

// MostKept is how many flows a page shows. Those of findings come before all others.
const MostKept = 10_000

// mostName is how much is kept of a name that a flow told.
const mostName = 120

// Kept are flows that are kept to be shown one by one. The zero Kept is empty and ready.
type Kept struct {
	// Flows are those that were kept. After Finish they are in their order.
	Flows []KeptFlow
	// Left counts those for which there was no room.
	Left uint64

	known []KeptFlow // those of no finding
}

// KeptFlow is what is kept of a flow.
type KeptFlow struct {
	// N is the flow's number, from 1.
	N                uint64
	Src, Dst         servmap.Host
	SrcAddr, DstAddr netip.Addr
	SrcPort, DstPort uint16
	Protocol         uint8
	Service, Name    string
	// First and Last are packet times in nanoseconds since 1970.
	First, Last       int64
	BytesOut, BytesIn uint64
	Packets           uint64
	Verdict           servmap.Verdict
	// Finding is the id of the flow's finding, empty for none.
	Finding string
}

// Judged keeps a flow of a check.
func (k *Kept) Judged(j *servmap.Judgement) {
	f := keptOf(j.N, &j.Case)
	f.Verdict, f.Finding = j.Verdict, j.Finding
	k.add(f)
}

// Learned keeps a flow of a training.
func (k *Kept) Learned(n uint64, c *servmap.Case) {
	f := keptOf(n, c)
	if c.Attempt {
		f.Dst = servmap.Attempted(c.Dst) // as the map has it
	}
	k.add(f)
}

func keptOf(n uint64, c *servmap.Case) KeptFlow {
	f := c.Flow
	name := f.Info.ServerName()
	return KeptFlow{
		N: n, Src: c.Src, Dst: c.Dst, SrcAddr: f.Src, DstAddr: f.Dst, SrcPort: f.SrcPort, DstPort: f.DstPort, Protocol: f.Protocol,
		Service: c.Service, Name: strings.Clone(strings.ToValidUTF8(name[:min(len(name), mostName)], "")),
		First: f.First(), Last: f.Last(), BytesOut: f.Src2Dst.Bytes, BytesIn: f.Dst2Src.Bytes, Packets: f.Packets(),
	}
}

func (k *Kept) add(f KeptFlow) {
	to := &k.known
	if f.Finding != "" || f.Verdict != servmap.None {
		to = &k.Flows
	}
	if len(*to) == MostKept {
		k.Left++
		return
	}
	*to = append(*to, f)
}

// Finish fills the room that flows of findings leave with others, and sorts. joined tells which findings became a part of
// others.
func (k *Kept) Finish(joined map[string]string) {
	room := MostKept - len(k.Flows)
	k.Left += uint64(max(0, len(k.known)-room))
	k.Flows = append(k.Flows, k.known[:min(room, len(k.known))]...)
	k.known = nil
	slices.SortFunc(k.Flows, func(a, b KeptFlow) int { return cmp.Compare(a.N, b.N) })
	for i := range k.Flows {
		if to := joined[k.Flows[i].Finding]; to != "" {
			k.Flows[i].Finding = to
		}
	}
}
