package protocols

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"servmap/classify"
)

// alwaysAsked returns the protocol without what spares its recogniser flows, be it that another need not be
// asked.
func alwaysAsked(p *classify.Protocol) *classify.Protocol {
	q := *p
	q.FirstBytes, q.FirstBytesTCP, q.PortsOnly, q.PPIDs = classify.ByteSet{}, classify.ByteSet{}, false, nil
	return &q
}

// firstBytes returns the bytes that the engine may take for the first of a flow: the first of all and,
// where it leaves out what comes before a first message, those behind it: empty lines of a TCP stream
// and short datagrams.
func firstBytes(transport classify.Transport, payloads []classify.Payload) []byte {
	const short, most = 16, 3
	var firsts []byte
	for n, p := range payloads {
		if len(p.Data) > 0 {
			firsts = append(firsts, p.Data[0])
		}
		if transport == classify.TCP {
			if rest := bytes.TrimLeft(p.Data, "\r\n"); len(rest) > 0 {
				return append(firsts, rest[0])
			}
		} else if len(p.Data) > short || n == most {
			break
		}
	}
	return firsts
}

// TestFirstBytes asks every recogniser that has FirstBytes about flows that begin otherwise:
// conversations of every protocol as they are, its own with another first byte, and noise. It may match
// none of them: the engine does not ask it about such flows, and would miss them.
func TestFirstBytes(t *testing.T) {
	slow(t)
	vectors := readVectors(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, declared := range All {
		if declared.FirstBytes.Empty() && declared.FirstBytesTCP.Empty() {
			continue
		}
		if declared.Recognise == nil {
			t.Errorf("%s: FirstBytes without a recogniser", declared.Name)
			continue
		}
		e, err := classify.NewEngine([]*classify.Protocol{alwaysAsked(declared)}, classify.Config{Applications: vocabulary{}})
		if err != nil {
			t.Fatal(err)
		}
		c := e.NewClassifier()
		check := func(how string, v *vector, payloads []classify.Payload) bool {
			for _, b := range firstBytes(v.transport, payloads) {
				if declared.BeginsWith(v.transport, b) {
					return true
				}
			}
			if len(payloads) == 0 || len(payloads[0].Data) == 0 {
				return true
			}
			label, _ := classifyVector(c, e, v, payloads)
			if label != "Unknown" {
				t.Errorf("FirstBytes of %s do not have %#02x, but %s is %s", declared.Name, payloads[0].Data[0], how, label)
			}
			return label == "Unknown"
		}
		for _, v := range vectors {
			if v.transport&declared.Transport == 0 {
				continue
			}
			check(v.file+"/"+v.title, v, v.payloads)
			if masterOf(v.label) != declared.Name && v.before != declared.Name || len(v.payloads) == 0 {
				continue
			}
			for n := range v.payloads {
				// Any datagram may be the first that was seen; of TCP, the
				// first of either side.
				if v.transport == classify.TCP && n > 0 && (v.payloads[n].From == v.payloads[0].From || v.payloads[n-1].From == v.payloads[n].From) {
					continue
				}
				changed := append([]classify.Payload(nil), v.payloads[n:]...)
				if len(changed[0].Data) == 0 {
					continue
				}
				changed[0].Data = append([]byte(nil), changed[0].Data...)
				for b := range 256 {
					changed[0].Data[0] = byte(b)
					if !check(fmt.Sprintf("%s/%s from payload %d on with another first byte", v.file, v.title, n), v, changed) {
						break
					}
				}
			}
		}
		for range 2000 {
			data := make([]byte, 1+random.IntN(300))
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			transport := classify.TCP
			if declared.Transport&classify.TCP == 0 {
				transport = declared.Transport
			}
			v := &vector{transport: transport, ports: [2]uint16{40000, 40001}}
			check("noise", v, []classify.Payload{{From: classify.Side(random.IntN(2)), Data: data, Len: len(data)}})
		}
	}
}

// TestPortsOnly moves the conversations of the protocols with PortsOnly to every other port: their
// recognisers may match only on the declared ones, since the engine asks about no others.
func TestPortsOnly(t *testing.T) {
	slow(t)
	vectors := readVectors(t)
	for _, declared := range All {
		if !declared.PortsOnly {
			continue
		}
		if declared.Weak || declared.Recognise == nil {
			t.Errorf("%s: PortsOnly is for recognisers that are not weak", declared.Name)
		}
		e, err := classify.NewEngine([]*classify.Protocol{alwaysAsked(declared)}, classify.Config{Applications: vocabulary{}})
		if err != nil {
			t.Fatal(err)
		}
		c := e.NewClassifier()
		ports := slices.Concat(declared.Ports, declared.AlsoPorts)
		for _, v := range vectors {
			if masterOf(v.label) != declared.Name {
				continue
			}
			own := slices.Concat(ports, declared.TCPPorts)
			if v.transport == classify.UDP {
				own = slices.Concat(ports, declared.UDPPorts)
			}
			moved := *v
			for port := range 1 << 16 {
				moved.ports = [2]uint16{uint16(port), uint16(port)}
				if label, _ := classifyVector(c, e, &moved, v.payloads); label != "Unknown" && !slices.Contains(own, uint16(port)) {
					t.Errorf("%s/%s is %s on port %d too", v.file, v.title, label, port)
					break
				}
			}
		}
	}
}

// TestFirstBytesChangeNothing compares the engine with one that asks every recogniser: conversations of
// every protocol with any first byte get the same label.
func TestFirstBytesChangeNothing(t *testing.T) {
	slow(t)
	all := make([]*classify.Protocol, len(All))
	for i, p := range All {
		all[i] = alwaysAsked(p)
		all[i].PPIDs = p.PPIDs
	}
	slow, err := classify.NewEngine(all, classify.Config{Applications: vocabulary{}})
	if err != nil {
		t.Fatal(err)
	}
	quick := newEngine(t)
	slowly, quickly := slow.NewClassifier(), quick.NewClassifier()
	for _, v := range readVectors(t) {
		if len(v.payloads) == 0 || len(v.payloads[0].Data) == 0 {
			continue
		}
		payloads := append([]classify.Payload(nil), v.payloads...)
		payloads[0].Data = append([]byte(nil), payloads[0].Data...)
		for b := range 256 {
			payloads[0].Data[0] = byte(b)
			want, _ := classifyVector(slowly, slow, v, payloads)
			if got, _ := classifyVector(quickly, quick, v, payloads); got != want {
				t.Errorf("%s/%s with %#02x as first byte: %s, want %s", v.file, v.title, b, got, want)
			}
		}
	}
}
