package protocols

import (
	"strings"
	"testing"

	"servmap/classify"
)

// TestCoAPOptions gives up a message that is nothing but options.
func TestCoAPOptions(t *testing.T) {
	for _, test := range []struct {
		options int
		want    bool
	}{{40, true}, {64, true}, {65, false}, {1000, false}} {
		message := []byte("\x40\x01\x12\x34" + "\xb1a" + strings.Repeat("\x01a", test.options-1))
		if _, ok := coapMessage(message, len(message)); ok != test.want {
			t.Errorf("%d options: %t, want %t", test.options, ok, test.want)
		}
	}
}

// TestShortInitial opens no Initial packet in a datagram that no client would begin with: keys are dear.
func TestShortInitial(t *testing.T) {
	for _, v := range readVectors(t) {
		if v.title != "version 1: DNS over QUIC by ALPN" {
			continue
		}
		whole := v.payloads[0].Data
		for size, want := range map[int]string{len(whole): "dns.example.com", 999: ""} {
			p := classify.NewProbe(classify.UDP, 40000, 443, classify.Payload{Data: whole[:size]})
			if out := recogniseQUIC(p); out != classify.Match || p.Found.ServerName != want {
				t.Errorf("datagram of %d bytes: %v, name %q, want %q", size, out, p.Found.ServerName, want)
			}
		}
		return
	}
	t.Fatal("the vector is not there")
}
