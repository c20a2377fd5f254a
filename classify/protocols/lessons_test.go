package protocols

import (
	"net/netip"
	"reflect"
	"testing"

	"servmap/classify"
)

// TestAnnouncements checks what control connections announce. The client is
// 192.0.2.1, the server 198.51.100.1.
func TestAnnouncements(t *testing.T) {
	const client, server = "192.0.2.1", "198.51.100.1"
	expect := func(transport classify.Transport, addr string, port uint16, name string) classify.Lesson {
		return classify.Lesson{Kind: classify.LessonExpect, Addr: netip.MustParseAddr(addr), Port: port, Transport: transport, Name: name}
	}
	from := func(s classify.Side, text string) classify.Payload {
		return classify.Payload{From: s, Data: []byte(text)}
	}
	greeting := from(classify.Server, "220 FTP ready\r\n")
	for _, c := range []struct {
		name      string
		transport classify.Transport
		ports     [2]uint16
		recognise func(*classify.Probe) classify.Outcome
		payloads  []classify.Payload
		want      []classify.Lesson
	}{
		{
			"passive", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Client, "PASV\r\n"), from(classify.Server, "227 Entering Passive Mode (198,51,100,1,195,149)\r\n")},
			[]classify.Lesson{expect(classify.TCP, server, 50069, "FTP_DATA")},
		},
		{
			"passive behind a translator", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Server, "227 Entering Passive Mode (10,0,0,1,195,149).\r\n")},
			[]classify.Lesson{expect(classify.TCP, server, 50069, "FTP_DATA"), expect(classify.TCP, "10.0.0.1", 50069, "FTP_DATA")},
		},
		{
			"extended passive", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Server, "229 Entering Extended Passive Mode (|||6446|)\r\n")},
			[]classify.Lesson{expect(classify.TCP, server, 6446, "FTP_DATA")},
		},
		{
			"active", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Client, "PORT 192,0,2,1,195,80\r\n")},
			[]classify.Lesson{expect(classify.TCP, client, 50000, "FTP_DATA")},
		},
		{
			"extended active", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Client, "EPRT |1|192.0.2.1|6275|\r\n")},
			[]classify.Lesson{expect(classify.TCP, client, 6275, "FTP_DATA")},
		},
		{
			"port that is none", classify.TCP, [2]uint16{40000, 21}, recogniseFTP,
			[]classify.Payload{greeting, from(classify.Server, "229 Entering Extended Passive Mode (|||66446|)\r\n")},
			nil,
		},
		{
			"request for a file", classify.UDP, [2]uint16{40001, 69}, recogniseTFTP,
			[]classify.Payload{from(classify.Client, "\x00\x01boot.bin\x00octet\x00")},
			[]classify.Lesson{expect(classify.UDP, client, 40001, "TFTP")},
		},
		{
			"meta connection", classify.TCP, [2]uint16{40002, 655}, recogniseTINC,
			[]classify.Payload{from(classify.Client, "0 client 17.7\n")},
			[]classify.Lesson{expect(classify.UDP, client, 655, "TINC"), expect(classify.UDP, server, 655, "TINC")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := classify.NewProbe(c.transport, c.ports[0], c.ports[1], c.payloads...)
			if out := c.recognise(p); out != classify.Match {
				t.Fatalf("%s", out)
			}
			if got := p.Learned(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
