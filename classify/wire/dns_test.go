package wire

import (
	"net/netip"
	"reflect"
	"testing"
)

// dnsMessage joins a header of the given flags and counts with a body.
func dnsMessage(flags uint16, counts [4]uint8, body string) []byte {
	b := []byte{0x12, 0x34, byte(flags >> 8), byte(flags)}
	for _, c := range counts {
		b = append(b, 0, c)
	}
	return append(b, body...)
}

const dnsQuestion = "\x03www\x07example\x03com\x00\x00\x01\x00\x01"

func TestParseDNS(t *testing.T) {
	type result struct {
		ok, response  bool
		opcode, rcode uint8
		name          string
		kind, class   uint16
	}
	tests := []struct {
		name string
		msg  []byte
		more int // bytes on the wire behind what was captured
		want result
	}{
		{"query", dnsMessage(0x0100, [4]uint8{1}, dnsQuestion), 0, result{ok: true, name: "www.example.com", kind: 1, class: 1}},
		{"refused response", dnsMessage(0x8185, [4]uint8{1}, dnsQuestion), 0, result{ok: true, response: true, rcode: 5, name: "www.example.com", kind: 1, class: 1}},
		{"notify", dnsMessage(0x2000, [4]uint8{1}, dnsQuestion), 0, result{ok: true, opcode: 4, name: "www.example.com", kind: 1, class: 1}},
		{"answer without question", dnsMessage(0x8400, [4]uint8{0, 1}, "\x01a\x00\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\xc0\x00\x02\x01"), 0, result{ok: true, response: true, name: "a"}},
		{"odd labels", dnsMessage(0, [4]uint8{1}, "\x04a.b\\\x03\x01\xff \x03\xc3\xa4x\x00\x00\x10\x00\x01"), 0, result{ok: true, name: `a\.b\\.\001\255 .äx`, kind: 16, class: 1}},
		{"header alone", dnsMessage(0, [4]uint8{}, ""), 0, result{ok: true}},
		{"short header", dnsMessage(0, [4]uint8{}, "")[:11], 0, result{}},
		{"reserved bit", dnsMessage(0x0040, [4]uint8{1}, dnsQuestion), 0, result{}},
		{"more questions than bytes", dnsMessage(0, [4]uint8{9}, dnsQuestion), 0, result{}},
		{"more records than bytes", dnsMessage(0, [4]uint8{1, 9}, dnsQuestion), 0, result{}},
		{"more records than captured", dnsMessage(0, [4]uint8{1, 9}, dnsQuestion), 200, result{ok: true, name: "www.example.com", kind: 1, class: 1}},
		{"question cut", dnsMessage(0, [4]uint8{1}, dnsQuestion[:19]), 0, result{}},
		{"pointer forward", dnsMessage(0, [4]uint8{1}, "\xc0\x20\x00\x01\x00\x01"), 0, result{}},
		{"pointer to itself", dnsMessage(0, [4]uint8{1}, "\xc0\x0c\x00\x01\x00\x01"), 0, result{}},
		{"label of a reserved kind", dnsMessage(0, [4]uint8{1}, "\x80a\x00\x00\x01\x00\x01"), 0, result{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, ok := ParseDNS(test.msg, len(test.msg)+test.more)
			got := result{ok: ok}
			if ok {
				got = result{ok, d.Response, d.Opcode, d.Rcode, d.Name(), d.Type, d.Class}
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestDNSRecords(t *testing.T) {
	type record struct {
		section int
		name    string
		addr    string
	}
	msg := dnsMessage(0x8180, [4]uint8{1, 2, 0, 1}, dnsQuestion+
		"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03cdn\xc0\x10"+
		"\xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"+
		"\xc0\x2d\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")
	tests := []struct {
		name string
		cut  int
		want []record
		used int
		all  bool
	}{
		{"whole", 0, []record{
			{1, "www.example.com", "invalid IP"},
			{1, "cdn.example.com", "192.0.2.1"},
			{3, "cdn.example.com", "2001:db8::1"},
		}, len(msg), true},
		{"last record cut", 1, []record{
			{1, "www.example.com", "invalid IP"},
			{1, "cdn.example.com", "192.0.2.1"},
		}, len(msg) - 28, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, ok := ParseDNS(msg[:len(msg)-test.cut], len(msg))
			if !ok {
				t.Fatal("not parsed")
			}
			var got []record
			used, all := d.Records(func(r *DNSRecord) bool {
				addr, ok := r.Addr()
				if !ok {
					addr = netip.Addr{}
				}
				got = append(got, record{r.Section, r.Name(), addr.String()})
				return true
			})
			if !reflect.DeepEqual(got, test.want) || used != test.used || all != test.all {
				t.Errorf("got %v, used %d, all %v; want %v, used %d, all %v", got, used, all, test.want, test.used, test.all)
			}
		})
	}
}

// TestDNSNameLoop reads a name whose pointers run in a circle: the question's
// parser refuses it, but a record's owner may still point into it.
func TestDNSNameLoop(t *testing.T) {
	msg := dnsMessage(0x8180, [4]uint8{1}, "\x01a\xc0\x0c\x00\x01\x00\x01")
	if got := nameText(msg, DNSHeaderLen); len(got) > 1024 {
		t.Errorf("a name of %d bytes", len(got))
	}
}

func TestNetBIOSName(t *testing.T) {
	tests := []struct {
		name, encoded, want string
		suffix              byte
		ok                  bool
	}{
		{"server", "EGEJEMEFFDFCFGCACACACACACACACACA", "FILESRV", 0x20, true},
		{"dots", "FDEDCOEFFIEBENFAEMEFCACACACACAAA", "SC.EXAMPLE", 0, true},
		{"any", "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "*", 0, true},
		{"small letters", "egejemeffdfcfgcacacacacacacacaca", "", 0, false},
		{"short", "EGEJ", "", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, suffix, ok := NetBIOSName([]byte(test.encoded))
			if got != test.want || suffix != test.suffix || ok != test.ok {
				t.Errorf("got %q, %#x, %v; want %q, %#x, %v", got, suffix, ok, test.want, test.suffix, test.ok)
			}
		})
	}
}

func FuzzParseDNS(f *testing.F) {
	f.Add(dnsMessage(0x0100, [4]uint8{1}, dnsQuestion))
	f.Add(dnsMessage(0x8180, [4]uint8{1, 1}, dnsQuestion+"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := ParseDNS(b, len(b))
		if !ok {
			return
		}
		if name := d.Name(); len(name) > 2048 {
			t.Errorf("a name of %d bytes", len(name))
		}
		used, all := d.Records(func(r *DNSRecord) bool { r.Name(); r.Addr(); return true })
		if used > len(b) || all && used < DNSHeaderLen {
			t.Errorf("used %d of %d bytes", used, len(b))
		}
	})
}
