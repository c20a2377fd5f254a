package report

import (
	"cmp"
	"fmt"
	"slices"

	"servmap/flows/decode"
	"servmap/pcapio"
	"servmap/servmap"
)

// Count is a number of packets of one kind.
type Count struct {
	Name    string `json:"name"`
	Packets uint64 `json:"packets"`
}

// mostFirst sorts counts, and leaves out those that are 0.
func mostFirst(all []Count) []Count {
	all = slices.DeleteFunc(all, func(c Count) bool { return c.Packets == 0 })
	slices.SortStableFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// NotIP counts the frames without IP by what they are.
func NotIP(s *decode.Stats) []Count {
	out := []Count{}
	for o, n := range s.Others {
		if decode.Other(o) != decode.OtherEtherType {
			out = append(out, Count{decode.Other(o).String(), n})
		}
	}
	for t, n := range s.EtherTypes {
		out = append(out, Count{fmt.Sprintf("EtherType 0x%04x", t), n})
	}
	return mostFirst(append(out, Count{"other EtherTypes", s.UnnamedTypes}))
}

// Unsupported counts the frames of link types that cannot be read.
func Unsupported(s *decode.Stats) []Count {
	out := []Count{}
	for l, n := range s.Links {
		out = append(out, Count{pcapio.LinkType(l).String(), n})
	}
	return mostFirst(out)
}

// Damaged counts the frames whose headers are wrong, and Cut those that the
// capture's snap length cut, by the layer concerned.
func Damaged(s *decode.Stats) (damaged, cut []Count) {
	damaged, cut = []Count{}, []Count{}
	for l := range s.Damaged {
		damaged = append(damaged, Count{decode.Layer(l).String(), s.Damaged[l]})
		cut = append(cut, Count{decode.Layer(l).String(), s.Cut[l]})
	}
	return mostFirst(damaged), mostFirst(cut)
}

// TunnelKinds counts the packets inside tunnels by kind.
func TunnelKinds(s *decode.Stats) []Count {
	out := []Count{}
	for k, n := range s.Tunnels {
		out = append(out, Count{decode.Tunnel(k).String(), n})
	}
	return mostFirst(out)
}

// Tunnel is the traffic of one tunnel.
type Tunnel struct {
	Kind string `json:"kind"`
	// A and B are the outer endpoints.
	A       string `json:"a"`
	B       string `json:"b"`
	Packets uint64 `json:"packets"`
}

// Tunnels lists the tunnels, those with the most packets first.
func Tunnels(s *decode.Stats) []Tunnel {
	out := []Tunnel{}
	for _, t := range s.Endpoints() {
		out = append(out, Tunnel{t.Kind.String(), string(servmap.AppendAddr(nil, t.A)), string(servmap.AppendAddr(nil, t.B)), t.Packets})
	}
	return out
}

// Counted joins counts for a sentence: "12 ARP, 3 LLDP".
func Counted(counts []Count) string {
	var out []byte
	for i, c := range counts {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = fmt.Appendf(out, "%d %s", c.Packets, c.Name)
	}
	return string(out)
}
