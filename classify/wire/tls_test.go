package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// unhex turns hexadecimal digits with blanks between them into bytes.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// helloBody is a ClientHello composed after RFC 8446, section 4.1.2: GREASE
// first in every list, SNI, groups, point formats, signature algorithms,
// ALPN "h2", versions 1.3 and 1.2.
const helloBody = `0303` + zeros32 + `00 0006 0a0a 1301 c02f 0100 0044
	1a1a 0000
	0000 000e 000c 00 0009 61 2e 65 78 61 6d 70 6c 65
	000a 0006 0004 2a2a 001d
	000b 0002 01 00
	000d 0006 0004 0403 0804
	0010 0005 0003 02 6832
	002b 0007 06 3a3a 0304 0303`

const zeros32 = `0000000000000000000000000000000000000000000000000000000000000000`

// handshake wraps a whole body.
func handshake(kind uint8, body []byte) Handshake { return Handshake{kind, len(body), body} }

func TestParseClientHello(t *testing.T) {
	got, ok := ParseClientHello(handshake(1, unhex(t, helloBody)), false)
	want := ClientHello{
		Version:             VersionTLS12,
		Ciphers:             []uint16{0x0a0a, 0x1301, 0xc02f},
		Extensions:          []uint16{0x1a1a, 0, 10, 11, 13, 16, 43},
		ServerName:          "a.example",
		ALPN:                []string{"h2"},
		Versions:            []uint16{0x3a3a, 0x0304, 0x0303},
		Groups:              []uint16{0x2a2a, 0x001d},
		SignatureAlgorithms: []uint16{0x0403, 0x0804},
		PointFormats:        []uint8{0},
		Complete:            true,
	}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
	if v := got.TLSVersion(); v != VersionTLS13 {
		t.Errorf("version %#x", v)
	}
	// printf %s 771,4865-49199,0-10-11-13-16-43,29,0 | md5sum
	// printf %s 1301,c02f | sha256sum; printf %s 000a,000b,000d,002b_0403,0804 | sha256sum
	if ja4 := got.JA4(OverQUIC); ja4 != "q13d0206h2_c1929292aa6b_fb71836bce29" {
		t.Errorf("JA4 %s", ja4)
	}
	if ja3 := got.JA3(); ja3 != "e857756ff458633748388d5dc1486381" {
		t.Errorf("JA3 %s", ja3)
	}
}

// TestServerJA3 checks the fingerprint of a server: printf %s 769,47,65281-0-11-35-5-16 | md5sum.
func TestServerJA3(t *testing.T) {
	h := ServerHello{Version: VersionTLS10, Cipher: 47, Extensions: []uint16{65281, 0, 11, 35, 5, 16}, Complete: true}
	if ja3 := h.JA3(); ja3 != "836ce314215654b5b1f85f97c73e506f" {
		t.Errorf("JA3 %s", ja3)
	}
	h.Complete = false
	if ja3 := h.JA3(); ja3 != "" {
		t.Errorf("JA3 of a part %s", ja3)
	}
}

// TestClientHelloPrefixes cuts the hello everywhere: what was read up to
// there holds, and nothing is complete before the end.
func TestClientHelloPrefixes(t *testing.T) {
	body := unhex(t, helloBody)
	whole, _ := ParseClientHello(handshake(1, body), false)
	for n := range body {
		h, ok := ParseClientHello(Handshake{1, len(body), body[:n]}, false)
		switch {
		case ok && n < 39:
			t.Fatalf("%d bytes are enough", n)
		case !ok && n >= 39:
			t.Fatalf("%d bytes are not enough", n)
		case h.Complete || h.JA4(OverTCP) != "" || h.JA3() != "":
			t.Fatalf("complete after %d of %d bytes", n, len(body))
		case !ok:
		case h.ServerName != "" && h.ServerName != whole.ServerName,
			!slices.Equal(h.Ciphers, whole.Ciphers[:len(h.Ciphers)]),
			!slices.Equal(h.Extensions, whole.Extensions[:len(h.Extensions)]):
			t.Fatalf("%d bytes: %+v", n, h)
		}
	}
}

func TestClientHelloRefused(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"version", "0503" + zeros32 + "00 0002 1301 0100"},
		{"session identifier of 33 bytes", "0303" + zeros32 + "21" + zeros32 + "00 0002 1301 0100"},
		{"odd length of ciphers", "0303" + zeros32 + "00 0003 130100 0100"},
		{"no ciphers", "0303" + zeros32 + "00 0000 0100"},
		{"no compression", "0303" + zeros32 + "00 0002 1301 00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if h, ok := ParseClientHello(handshake(1, unhex(t, c.body)), false); ok {
				t.Errorf("accepted: %+v", h)
			}
		})
	}
}

// TestClientHelloContradicts reads what is sound before an extension that is
// longer than the list that holds it.
func TestClientHelloContradicts(t *testing.T) {
	got, ok := ParseClientHello(handshake(1, unhex(t, "0303"+zeros32+"00 0002 1301 0100 0009 000b 0002 0100 000a 00 09")), false)
	want := ClientHello{Version: VersionTLS12, Ciphers: []uint16{0x1301}, Extensions: []uint16{11}, PointFormats: []uint8{0}}
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, ok, want)
	}
}

// TestHandshakes cuts one flight of messages into records in several ways.
func TestHandshakes(t *testing.T) {
	type message struct {
		kind   uint8
		length int
		body   string
	}
	whole := []message{{2, 3, "abc"}, {11, 2, "de"}, {14, 0, ""}}
	for _, c := range []struct {
		name, stream string
		want         []message
	}{
		{"one record", "160303 000f 02000003 616263 0b000002 6465 0e000000 00", whole[:2]},
		{"a record each", "160303 0007 02000003 616263 160303 0006 0b000002 6465 160303 0004 0e000000", whole},
		{"cut in headers and bodies", "160303 0002 0200 160303 0003 000361 160303 0009 6263 0b000002 646 5 0e 160303 0003 000000", nil},
		{"other record after", "160303 0007 02000003 616263 140303 0001 01 160303 0006 0b000002 6465", whole[:1]},
		{"incomplete", "160303 0040 02000003 616263 0b000009 6465", []message{{2, 3, "abc"}, {11, 9, "de"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want == nil {
				want = []message{{2, 3, "abc"}, {11, 2, "de"}}
			}
			var got []message
			for h := range new(HandshakeReader).Read(unhex(t, c.stream)) {
				got = append(got, message{h.Type, h.Len, string(h.Body)})
			}
			if len(got) > len(want) {
				got = got[:len(want)]
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestCertificateServerName(t *testing.T) {
	for _, c := range []struct {
		name string
		cert Certificate
		want string
	}{
		{"common name", Certificate{Subject: DistinguishedName{CommonName: "www.example.com"}, DNSNames: []string{"example.com"}}, "www.example.com"},
		{"wildcard", Certificate{Subject: DistinguishedName{CommonName: "*.example.com"}}, "example.com"},
		{"common name without dot", Certificate{Subject: DistinguishedName{CommonName: "Example"}, DNSNames: []string{"*.example.org", "b.example"}}, "example.org"},
		{"text", Certificate{Subject: DistinguishedName{CommonName: "Example Appliance 1.0"}}, ""},
		{"nothing", Certificate{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.cert.ServerName(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestDTLSMessages(t *testing.T) {
	const head = "16 fefd 0000 0000000000"
	first := head + "00 0010 0b 000006 0001 000000 000004 61626364"
	overlap := head + "01 000f 0b 000006 0001 000003 000003 646566"
	for _, c := range []struct {
		name      string
		datagrams []string
		want      string
	}{
		{"in order", []string{first, overlap}, "abcdef"},
		{"in the wrong order", []string{overlap, first}, "abcdef"},
		{"twice", []string{first, first, overlap}, "abcdef"},
		{"in one datagram", []string{first + overlap}, "abcdef"},
		{"gap", []string{overlap}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m DTLSMessages
			for _, d := range c.datagrams {
				m.Add(unhex(t, d))
			}
			h, ok := m.Last(HandshakeCertificate)
			if !ok || h.Len != 6 || string(h.Body) != c.want {
				t.Errorf("got %+v, %v, want %q", h, ok, c.want)
			}
		})
	}
}

// FuzzHellos asserts that the parsers read the same twice, and that cutting
// a hello never makes it complete.
func FuzzHellos(f *testing.F) {
	f.Add(unhex(f, helloBody))
	f.Add(unhex(f, "0303"+zeros32+"00 1301 00 0006 002b 0002 0304"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := ParseClientHello(handshake(1, b), false)
		again, okAgain := ParseClientHello(handshake(1, b), false)
		if ok != okAgain || !reflect.DeepEqual(h, again) {
			t.Fatal("two readings differ")
		}
		if len(b) > 0 && h.Complete && len(h.Extensions) > 0 {
			if cut, _ := ParseClientHello(Handshake{1, len(b), b[:40]}, false); cut.Complete {
				t.Fatal("complete when cut")
			}
		}
		s, ok := ParseServerHello(handshake(2, b), true)
		sAgain, okAgain := ParseServerHello(handshake(2, b), true)
		if ok != okAgain || !reflect.DeepEqual(s, sAgain) {
			t.Fatal("two readings differ")
		}
		ParseCertificates(b)
		for range new(HandshakeReader).Read(b) {
		}
		var m DTLSMessages
		m.Add(b)
	})
}

// TestHandshakeReader shows a stream that grows by every number of bytes: whole messages come once, and
// they and the newest message that is not whole are those of the stream as a whole. What was read is
// gone the next time.
func TestHandshakeReader(t *testing.T) {
	stream := unhex(t, "160303 0002 0200 160303 0003 000361 160303 0009 6263 0b000002 6465 0e 160303 0003 000000 160303 0007 02000040 616263")
	want := []string{"2 3 abc", "11 2 de", "14 0 ", "2 64 abc"}
	for step := 1; step <= len(stream); step++ {
		var r HandshakeReader
		var whole []string
		last := ""
		for end := 0; end < len(stream); {
			end = min(end+step, len(stream))
			seen := bytes.Clone(stream[:end])
			clear(seen[:r.at])
			last = ""
			for h := range r.Read(seen) {
				text := fmt.Sprint(h.Type, " ", h.Len, " ", string(h.Body))
				if len(h.Body) == h.Len {
					whole = append(whole, text)
				} else {
					last = text
				}
			}
			r.Detach()
			clear(seen)
		}
		if got := append(whole, last); !slices.Equal(got, want) {
			t.Errorf("%d bytes at a time: %q, want %q", step, got, want)
		}
	}
}
