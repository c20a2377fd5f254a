package classify

import (
	"net/netip"
	"strings"
	"testing"
)

// tables is the Applications of the tests.
type tables struct{}

func (tables) ByName(host string) (string, bool, bool) {
	switch {
	case strings.HasSuffix(host, "mine.example"):
		return "Mine", true, true
	case strings.HasSuffix(host, "shop.example"):
		return "Shop", false, true
	}
	return "", false, false
}

func (tables) ByAddress(a netip.Addr) (string, bool, bool) {
	switch a.String() {
	case "192.0.2.1":
		return "Cloud", false, true
	case "192.0.2.3":
		return "CHAT", false, true
	case "192.0.2.2":
		return "Own", true, true
	}
	return "", false, false
}

func (tables) UserNetworks() bool { return true }

func (tables) Category(app string) (string, bool) {
	if app == "Shop" {
		return "Shopping", true
	}
	return "", false
}
func (tables) Names() []string { return []string{"Cloud", "Mine", "Own", "Shop"} }

func TestResolve(t *testing.T) {
	e, err := NewEngine([]*Protocol{
		{Name: "TLS", Category: "Web", Transport: TCP, Ports: []uint16{443}},
		{Name: "GAME", Transport: TCP, Ports: []uint16{4430}, AlsoPorts: []uint16{50001}, Recognise: echo("GAME")},
		{Name: "PING", IPProtocols: []uint8{1}},
		{Name: "TUNNEL", Transport: UDP, Owners: map[string]string{"Cloud": "Shop", "CHAT": "CHAT"}},
		{Name: "CHAT", Transport: TCP, Recognise: echo("CHAT")},
		{Name: "WEB", Transport: TCP, Forms: []string{"Cloud"}},
		{Name: "LEASE", Transport: UDP, OwnName: true},
		{Name: "DATA", Transport: TCP, NoGuess: true, Ports: []uint16{20}},
	}, Config{Applications: tables{}, Ports: []PortRule{{TCP, 9100, "Printer"}}})
	if err != nil {
		t.Fatal(err)
	}
	tls := Label{Master: e.id("TLS"), Confidence: ByPayload}
	host := func(s string) netip.Addr { return netip.MustParseAddr(s) }
	learned := func(name string) func(_, _ netip.Addr) string { return func(_, _ netip.Addr) string { return name } }
	tests := []struct {
		name    string
		flow    Evidence
		want    string
		by      Confidence
		swapped bool
	}{
		{"nothing is known", Evidence{DstPort: 1}, "Unknown", ByNothing, false},
		{"guess by port", Evidence{SrcPort: 40000, DstPort: 443}, "TLS", ByPort, false},
		{"guess by the source's port turns the flow round", Evidence{SrcPort: 443, DstPort: 40000}, "TLS", ByPort, true},
		{"also towards a port that some server has", Evidence{SrcPort: 443, DstPort: 4430}, "TLS", ByPort, true},
		{"but not towards many", Evidence{SrcPort: 443, DstPort: 40000, Group: true}, "TLS", ByPort, false},
		{"but not where a SYN told", Evidence{SrcPort: 443, DstPort: 40000, Certain: true}, "TLS", ByPort, false},
		{"from the middle, on a port that some server has", Evidence{Label: tls, SrcPort: 4430, DstPort: 40000}, "TLS", ByPayload, true},
		{"not towards another server's", Evidence{Label: tls, SrcPort: 4430, DstPort: 50001}, "TLS", ByPayload, false},
		{"nor below the ports of clients", Evidence{Label: tls, SrcPort: 4430, DstPort: 32767}, "TLS", ByPayload, false},
		{"nor from a port that none has", Evidence{Label: tls, SrcPort: 4431, DstPort: 40000}, "TLS", ByPayload, false},
		{"nor where a SYN told otherwise", Evidence{Label: tls, SrcPort: 4430, DstPort: 40000, Certain: true}, "TLS", ByPayload, false},
		{"nor towards a port that no client has", Evidence{SrcPort: 443, DstPort: 80}, "TLS", ByPort, false},
		{"no guess where the protocol forbids it", Evidence{DstPort: 20}, "Unknown", ByNothing, false},
		{"host's name", Evidence{Label: tls, Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Shop", ByPayload, false},
		{"a client's own name", Evidence{Label: Label{Master: e.id("LEASE"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "LEASE", ByPayload, false},
		{"user's name wins", Evidence{Label: tls, Info: Found{ServerName: "a.mine.example"}.Info()}, "TLS.Mine", ByUser, false},
		{"name learned from DNS", Evidence{Label: tls, Learned: learned("www.shop.example")}, "TLS.Shop", ByCache, false},
		{"the flow's own name wins over a learned one", Evidence{Label: tls, Info: Found{ServerName: "other.example"}.Info(), Learned: learned("www.shop.example")}, "TLS", ByPayload, false},
		{"user's network wins over the name", Evidence{Label: tls, Dst: host("192.0.2.2"), Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Own", ByUser, false},
		{"owner of the address where nothing says more", Evidence{Dst: host("192.0.2.1"), DstPort: 1}, "Cloud", ByAddress, false},
		{"not for a protocol that any host answers", Evidence{Label: Label{Master: e.id("PING"), Confidence: ByPayload}, Dst: host("192.0.2.1")}, "PING", ByPayload, false},
		{"which a name from DNS does name", Evidence{Label: Label{Master: e.id("PING"), Confidence: ByPayload}, Learned: learned("www.shop.example")}, "PING.Shop", ByCache, false},
		{"what the owner stands for", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1")}, "TUNNEL.Shop", ByPayload, false},
		{"unless the name is another's", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1"), Info: Found{ServerName: "other.example"}.Info()}, "TUNNEL", ByPayload, false},
		{"or no host's", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Dst: host("192.0.2.1"), Info: Found{ServerName: "WebRTC"}.Info()}, "TUNNEL.Shop", ByPayload, false},
		{"host's name wins over the form of what it sends", Evidence{Label: Label{Master: e.id("WEB"), App: e.id("Cloud"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "WEB.Shop", ByPayload, false},
		{"but not over an application", Evidence{Label: Label{Master: e.id("TLS"), App: e.id("Cloud"), Confidence: ByPayload}, Info: Found{ServerName: "www.shop.example"}.Info()}, "TLS.Cloud", ByPayload, false},
		{"a payload that is not the port's protocol", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Label: refuted, Certain: true}, "Unknown", ByNothing, false},
		{"nor that of its sender's", Evidence{SrcPort: 443, DstPort: 40000, Label: refuted}, "Unknown", ByNothing, true},
		{"but a name from DNS tells the application", Evidence{DstPort: 443, Label: refuted, Learned: learned("www.shop.example")}, "Shop", ByCache, false},
		{"and an earlier flow the protocol", Evidence{DstPort: 443, Label: refuted, Expected: "DATA"}, "DATA", ByCache, false},
		{"and an owner with a protocol of his own", Evidence{Dst: host("192.0.2.3"), DstPort: 443, Label: refuted, Certain: true}, "CHAT", ByAddress, false},
		{"a SYN without an answer", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Certain: true, Unanswered: true, Learned: learned("www.shop.example")}, "Unknown", ByNothing, false},
		{"whose port the user has named", Evidence{DstPort: 9100, Certain: true, Unanswered: true}, "Printer", ByUser, false},
		{"or whose network", Evidence{Dst: host("192.0.2.2"), DstPort: 443, Certain: true, Unanswered: true}, "Own", ByUser, false},
		{"in the middle of a stream it may well be", Evidence{Dst: host("192.0.2.1"), DstPort: 443, Unread: true}, "TLS", ByPort, false},
		{"unless the owner has a protocol of his own", Evidence{Dst: host("192.0.2.3"), DstPort: 443, Unread: true}, "CHAT", ByAddress, false},
		{"where the port says nothing, nothing is known of a payload", Evidence{Dst: host("192.0.2.1"), DstPort: 1, Unread: true}, "Unknown", ByNothing, false},
		{"without payload the port says more", Evidence{Dst: host("192.0.2.1"), DstPort: 443}, "TLS", ByPort, false},
		{"announced protocol", Evidence{DstPort: 40000, Expected: "DATA"}, "DATA", ByCache, false},
		{"announced application", Evidence{Label: tls, Expected: "Shop"}, "TLS.Shop", ByCache, false},
		{"announced protocol that goes through another", Evidence{Label: Label{Master: e.id("TUNNEL"), Confidence: ByPayload}, Expected: "CHAT"}, "TUNNEL.CHAT", ByCache, false},
		{"announced protocol does not change a label", Evidence{Label: tls, Expected: "DATA"}, "TLS", ByPayload, false},
		{"user's port wins", Evidence{Label: tls, DstPort: 9100, Info: Found{ServerName: "www.shop.example"}.Info()}, "Printer", ByUser, false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := tc.flow
			f.Transport = TCP
			r := e.Resolve(&f)
			if got := e.LabelText(r.Label); got != tc.want || r.Label.Confidence != tc.by || r.Swapped != tc.swapped {
				t.Errorf("%s by %d, swapped %v; want %s by %d, swapped %v", got, r.Label.Confidence, r.Swapped, tc.want, tc.by, tc.swapped)
			}
		})
	}
	if got := e.Category(Label{Master: tls.Master, App: e.id("Shop")}); got != "Shopping" {
		t.Errorf("category of TLS.Shop is %s", got)
	}
	if got := e.Category(Label{Master: tls.Master, App: e.id("Cloud")}); got != "Web" {
		t.Errorf("category of TLS.Cloud is %s", got)
	}
}

func TestAlsoPorts(t *testing.T) {
	e := engineOf(t, nil,
		&Protocol{Name: "FIRST", Transport: TCP, Recognise: echo("HI")},
		&Protocol{Name: "SECOND", Transport: TCP, TCPPorts: []uint16{7}, AlsoPorts: []uint16{9}, Recognise: echo("HI")},
	)
	type answer struct {
		fits, server bool
		guess        string
	}
	for _, test := range []struct {
		port uint16
		want answer
	}{
		{7, answer{true, true, "SECOND"}},
		{9, answer{true, true, "Unknown"}},
		{8, answer{false, false, "Unknown"}},
	} {
		l := e.Resolve(&Evidence{Transport: TCP, SrcPort: 40000, DstPort: test.port}).Label
		second := Label{Master: e.id("SECOND")}
		got := answer{len(e.fit(TCP, test.port)) > 0, e.IsServerPort(second, test.port), e.LabelText(l)}
		if got != test.want {
			t.Errorf("port %d: %+v, want %+v", test.port, got, test.want)
		}
	}
}
