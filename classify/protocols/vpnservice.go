package protocols

import (
	"bytes"

	"servmap/classify"
)

// vpnPatience is how many packets are searched for the certificates of a VPN service: they follow the
// two hellos, a packet each thousand bytes.
const vpnPatience = 16

// vpnAuthorities are the organisations that VPN services write into the
// certificates of their servers.
var vpnAuthorities = []struct{ organisation, app string }{
	{"Mullvad", "Mullvad"},
	{"NordVPN", "NordVPN"},
	{"Private Internet Access", "PrivateInternetAccess"},
	{"ProtonVPN AG", "ProtonVPN"},
	{"Surfshark", "SurfShark"},
	{"Windscribe Limited", "Windscribe"},
}

// recogniseVPNService accepts OpenVPN, and then takes the service from the
// certificates that its control channel carries in clear up to TLS 1.2, unless it is
// encrypted itself (tls-crypt).
func recogniseVPNService(p *classify.Probe) classify.Outcome {
	if !p.Matched() {
		if out := recogniseOpenVPN(p); out != classify.Match {
			return out
		}
	}
	if p.Found.App = vpnAuthority(p.Payload); p.Found.App == "" && len(p.History()) < vpnPatience {
		p.KeepLooking()
	}
	return classify.Match
}

// vpnAuthority looks for an organisation as certificates hold it: a
// UTF8String or PrintableString (X.690, section 8.23; X.680, section 41).
func vpnAuthority(b []byte) string {
	for _, a := range vpnAuthorities {
		for at := 2; ; {
			i := bytes.Index(b[min(at, len(b)):], []byte(a.organisation))
			if i < 0 {
				break
			}
			at += i
			if kind := b[at-2]; (kind == 0x0c || kind == 0x13) && int(b[at-1]) == len(a.organisation) {
				return a.app
			}
			at += len(a.organisation)
		}
	}
	return ""
}
