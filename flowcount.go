package main

import (
	"servmap/pcapio"
	"servmap/servmap"
)

// capturesOf tells of each capture what it gave; a flow counts for the capture
// of its first packet. byFile may be shorter than files.
func capturesOf(files []pcapio.File, byFile []uint64) []servmap.Capture {
	out := make([]servmap.Capture, len(files))
	for i := range files {
		f := &files[i]
		out[i] = servmap.Capture{Name: f.Name, SHA256: f.SHA256, Packets: f.Packets}
		if i < len(byFile) {
			out[i].Flows = byFile[i]
		}
		if f.Packets > 0 {
			out[i].First, out[i].Last = packetTime(f.First), packetTime(f.Last)
		}
	}
	return out
}
