package protocols

import (
	"testing"

	"servmap/classify"
)

// TestMiddle meets a conversation in the middle of a message: the next segment
// begins one. Where the beginning was seen, the same bytes are no proof.
func TestMiddle(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	segments := []string{"\x8ftail of a message\x00", "MSGF\x20\x00\x00\x00" + "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00"}
	for begun, want := range map[bool]string{false: "OPC-UA", true: "Unknown"} {
		st := c.NewState()
		seq := uint32(1000)
		for _, data := range segments {
			s := classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, 14840}, Data: []byte(data), Len: len(data), Seq: seq, First: 1000, Begun: begun}
			seq += uint32(len(data))
			c.Feed(st, &s)
		}
		if got := e.Text(st.Label()); got != want {
			t.Errorf("beginning seen %t: %s, want %s", begun, got, want)
		}
		c.Release(st)
	}
}

// TestMiddleZeroMQ meets a ZeroMQ connection after its greetings, at the command
// that tells the socket's type.
func TestMiddleZeroMQ(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	ready := "\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00"
	for begun, want := range map[bool]string{false: "ZeroMQ", true: "Unknown"} {
		st := c.NewState()
		c.Feed(st, &classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, 5600}, Data: []byte(ready), Len: len(ready), Seq: 5000, First: 5000, Begun: begun})
		if got := e.Text(st.Label()); got != want {
			t.Errorf("beginning seen %t: %s, want %s", begun, got, want)
		}
		c.Release(st)
	}
}

// TestMiddleSSH meets an SSH connection after the identification strings.
func TestMiddleSSH(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	offer := "\x00\x00\x00\x5c\x06\x14\x9a\x21\x3b\xc4\x5d\xe6\x7f\x08\x91\xaa\xbb\xcd\xde\xef\xf1\x12\x00\x00\x00\x1dcurve25519-sha256,ecdh-sha2-x\x00\x00\x00\x0bssh-ed25519" + "\x00\x00\x00\x00"
	for begun, want := range map[bool]string{false: "SSH", true: "Unknown"} {
		st := c.NewState()
		c.Feed(st, &classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, 2222}, Data: []byte(offer), Len: len(offer), Seq: 5000, First: 5000, Begun: begun})
		if got := e.Text(st.Label()); got != want {
			t.Errorf("beginning seen %t: %s, want %s", begun, got, want)
		}
		c.Release(st)
	}
}
