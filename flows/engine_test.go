package flows

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"servmap/classify"
	"servmap/classify/apps"
	"servmap/classify/protocols"
	"servmap/pcapio"
)

// speaks is a protocol of the tests: it says HELLO.
var speaks = &classify.Protocol{
	Name: "HELLO", Category: "Network", Transport: classify.TCP | classify.UDP, Ports: []uint16{5000}, NoGuess: true,
	Recognise: func(p *classify.Probe) classify.Outcome {
		switch string(p.Payload) {
		case "WELCOME":
			p.ClientIs(classify.Server)
			return classify.Match
		case "HELLO":
			return classify.Match
		}
		return classify.Never
	},
}

func testEngine(t testing.TB) *classify.Engine {
	t.Helper()
	e, err := classify.NewEngine([]*classify.Protocol{speaks}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// builtEngine builds the engine of the program once: that takes longer than most tests.
var builtEngine = sync.OnceValues(func() (*classify.Engine, error) {
	return classify.NewEngine(protocols.All, classify.Config{Applications: apps.Default()})
})

// allProtocols returns the engine as the program builds it.
func allProtocols(t testing.TB) *classify.Engine {
	t.Helper()
	e, err := builtEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func defaults() Options {
	return Options{IdleTimeout: DefaultIdleTimeout, ActiveTimeout: DefaultActiveTimeout, Workers: 1}
}

// lines runs the source and prints a line a flow: number, first and last time
// in seconds, endpoints, packets each way, label.
func lines(t testing.TB, src pcapio.Source, opt Options) ([]string, Stats) {
	t.Helper()
	var out []string
	st, err := Run(context.Background(), src, testEngine(t), opt, func(f *Flow) error {
		mark := ""
		if f.Expiration == ExpiredActive {
			mark = " active"
		}
		out = append(out, fmt.Sprintf("#%d %g-%g %s:%d>%s:%d %d/%d %s%s", f.Number,
			float64(f.First())/1e9, float64(f.Last())/1e9, f.Src, f.SrcPort, f.Dst, f.DstPort,
			f.Src2Dst.Packets, f.Dst2Src.Packets, f.Application, mark))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, st
}
