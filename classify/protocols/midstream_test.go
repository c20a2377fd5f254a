package protocols

import (
	"testing"

	"servmap/classify"
)

// TestMidstream meets conversations midstream. Where the beginning was seen, the same bytes are no
// proof.
func TestMidstream(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	for _, test := range []struct {
		name, want string
		port       uint16
		segments   []string
	}{
		{"a message behind the tail of another", "OPC-UA", 14840, []string{
			"\x8ftail of a message\x00",
			"MSGF\x20\x00\x00\x00" + "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06\x00\x00\x00",
		}},
		{"the command behind the greetings", "ZeroMQ", 5600, []string{
			"\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ\x08Identity\x00\x00\x00\x00",
		}},
		{"the algorithms behind the identification", "SSH", 2222, []string{
			"\x00\x00\x00\x5c\x06\x14\x9a\x21\x3b\xc4\x5d\xe6\x7f\x08\x91\xaa\xbb\xcd\xde\xef\xf1\x12" +
				"\x00\x00\x00\x1dcurve25519-sha256,ecdh-sha2-x\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x00",
		}},
		{"what a server of mail says unasked, behind a mail's body", "IMAP", 143, []string{
			"the end of a line\r\n", " and of another\r\n)\r\n", "* 24 FETCH (UID 1042 FLAGS (\\Seen))\r\n",
		}},
		{"a publication behind the tail of another", "MQTT", 1883, []string{
			"\xfftail", "\x30\x16\x00\x10sensors/kitchen1\x32\x31\x2e\x35",
		}},
		{"a command of a session that is open", "iSCSI", 3260, []string{
			"\x01\xc1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x02\x00\x00\x00\x00\x05\x00\x00\x00\x06" +
				"\x28\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00",
		}},
		{"a sealed buffer behind the tail of another", "LDAP", 389, []string{
			"\x8ftail of a buffer", "\x00\x00\x00\x20\x05\x04\x06\xff\x00\x00\x00\x00\x00\x00\x00\x00\x12\x34\x56\x78abcdefghijklmnop",
		}},
	} {
		for begun, want := range map[bool]string{false: test.want, true: "Unknown"} {
			st := c.NewState()
			seq := uint32(1000)
			for _, data := range test.segments {
				s := classify.Segment{Transport: classify.TCP, Ports: [2]uint16{40000, test.port}, Data: []byte(data), Len: len(data), Seq: seq, InitialSeq: 1000, SYNSeen: begun}
				seq += uint32(len(data))
				c.Feed(st, &s)
			}
			if got := e.LabelText(st.Label()); got != want {
				t.Errorf("%s, beginning seen %t: %s, want %s", test.name, begun, got, want)
			}
			c.Release(st)
		}
	}
}
