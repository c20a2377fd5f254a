package protocols

import (
	"slices"
	"strings"

	"servmap/classify"
	"servmap/classify/wire"
)

// tlsMaster returns the protocol that is spoken inside, where it is one with
// a label of its own: by ALPN (IANA, TLS ALPN Protocol IDs) or by port.
func tlsMaster(p *classify.Probe, f *tlsFacts) string {
	for _, alpn := range f.hello.ALPN {
		switch alpn {
		case "imap":
			return "IMAPS"
		case "pop3":
			return "POPS"
		case "ftp":
			return "FTPS"
		}
	}
	switch {
	case p.HasPort(465), p.HasPort(587):
		return "SMTPS"
	case p.HasPort(993):
		return "IMAPS"
	case p.HasPort(995):
		return "POPS"
	case p.HasPort(990):
		return "FTPS"
	}
	return ""
}

// tlsApplication returns the application that the handshake or the port tells.
func tlsApplication(p *classify.Probe, f *tlsFacts) string {
	if app := certificateApplication(&f.certificate); app != "" {
		return app
	}
	switch {
	case p.HasPort(853), f.hello.HasALPN("dot"), f.answer.ALPN == "dot":
		return "DoH_DoT"
	case f.hello.HasALPN("sip/2"), f.hello.HasALPN("sip"):
		return "SIP"
	case offersPush(&f.hello):
		return "ApplePush"
	case isTor(f):
		return "Tor"
	}
	return ""
}

// offersPush accepts what a client of Apple's push service offers: ALPN such as
// apns-security-v3 and apns-pack-v1.
func offersPush(hello *wire.ClientHello) bool {
	return slices.ContainsFunc(hello.ALPN, func(p string) bool { return strings.HasPrefix(p, "apns-") })
}

// certificateApplication knows programs whose own authority issues the
// certificates: these tell the program and no host.
func certificateApplication(c *wire.Certificate) string {
	switch {
	case c.Issuer.CommonName == "AnyNet Root CA", c.Subject.CommonName == "AnyDesk Client":
		return "AnyDesk"
	case c.Subject.Organization == "Fortinet" && c.Subject.Unit == "FortiGate":
		return "FortiClient"
	case strings.HasPrefix(c.Subject.Organization, "Sonos"), strings.HasPrefix(c.Issuer.Organization, "Sonos"):
		return "Sonos"
	case strings.HasPrefix(c.Subject.CommonName, "TeamViewer"):
		return "TeamViewer"
	}
	for _, a := range vpnAuthorities {
		if c.Subject.Organization == a.organisation || c.Issuer.Organization == a.organisation {
			return a.app
		}
	}
	for _, n := range c.DNSNames { // behind a name that a content network shares
		if strings.HasSuffix(n, "psiphon3.net") {
			return "Psiphon"
		}
	}
	return ""
}

// isTor accepts what a Tor client asks for and its relay shows (tor-spec,
// "Negotiating channels"): a made-up name www.X.com in base 32 in the SNI, no ALPN,
// and, up to TLS 1.2, a certificate whose only attribute is the name www.Y.net,
// issued by a www.Z.com. Where no certificate is seen, X must not look like
// words.
func isTor(f *tlsFacts) bool {
	if f.client && (len(f.hello.ALPN) > 0 || !isBase32Name(f.hello.ServerName, ".com")) {
		return false
	}
	c := &f.certificate
	if c.Subject.Attributes > 0 {
		return c.Subject.Attributes == 1 && c.Issuer.Attributes == 1 && len(c.DNSNames) == 0 &&
			isBase32Name(c.Subject.CommonName, ".net") && isBase32Name(c.Issuer.CommonName, ".com")
	}
	return f.client && f.hello.Complete && looksRandom(f.hello.ServerName)
}

// isBase32Name accepts "www.", 4 to 25 digits of base 32, and the given end.
func isBase32Name(name, end string) bool {
	label, ok := strings.CutPrefix(name, "www.")
	if !ok {
		return false
	}
	if label, ok = strings.CutSuffix(label, end); !ok || len(label) < 4 || len(label) > 25 {
		return false
	}
	for i := range len(label) {
		if c := label[i]; !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return false
		}
	}
	return true
}

// looksRandom reports whether a name has digits strewn between its letters:
// at least four changes from one to the other.
func looksRandom(name string) bool {
	label := strings.TrimPrefix(name, "www.")
	label, _, _ = strings.Cut(label, ".")
	changes := 0
	for i := 1; i < len(label); i++ {
		if (label[i] <= '9') != (label[i-1] <= '9') {
			changes++
		}
	}
	return changes >= 4
}
