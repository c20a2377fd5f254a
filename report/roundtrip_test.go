package report

import (
	"bytes"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/flowfile"
	"servmap/servmap"
)

// seen is what the map needs of a flow.
type seen struct {
	src, dst        servmap.Host
	app             string
	packets, bytes  uint64
	first, last     int64
	protocol        uint8
	confidence      classify.Confidence
	server          string
	sport, dport    uint16
	vlan            uint16
	tunnel, expires uint8
}

func see(f *flows.Flow) seen {
	src, dst := servmap.NewPerimeter(servmap.Settings{}).Ends(f)
	return seen{src, dst, f.Application, f.Packets(), f.Bytes(), milliseconds(f.First()), milliseconds(f.Last()), f.Protocol,
		f.Confidence, f.Info.ServerName(), f.SrcPort, f.DstPort, f.VLAN, f.Tunnel, uint8(f.Expiration)}
}

func TestFlowsAreReadAsTheyWereWritten(t *testing.T) {
	var b bytes.Buffer
	w, err := Named(FlowFormats, "csv").New(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := someFlows()
	all[4].DstMAC, all[4].HasMAC = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true
	all[1].Info = classify.Found{ServerName: "plain.example"}.Info()
	all[2].Application, all[2].Info = "=La\\x41b\x1b.\u202e", classify.Found{ServerName: " ＠evil\x9b,\"x\"\\U\U000e0041"}.Info()
	for i, f := range all {
		if err := w.Write(FlowRow{uint64(i + 1), f}); err != nil {
			t.Fatal(err)
		}
	}
	var got []flows.Flow
	err = flowfile.NFStream.Read("f.csv", &b, func(f *flows.Flow) error {
		c := *f
		c.Info = classify.Found{ServerName: strings.Clone(f.Info.ServerName())}.Info()
		got = append(got, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(all) {
		t.Fatalf("%d flows read, %d written", len(got), len(all))
	}
	for i := range got {
		if g, w := see(&got[i]), see(all[i]); g != w {
			t.Errorf("flow %d is read as %+v, written %+v", i, g, w)
		}
	}
}
