package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

// clientFingerprint returns the fingerprint that is asked for of a client.
func clientFingerprint(p *classify.Probe, h *wire.ClientHello, c wire.Carrier) string {
	if p.Fingerprint() == classify.JA3 {
		return h.JA3()
	}
	return h.JA4(c)
}

// serverFingerprint returns the fingerprint that is asked for of a server.
func serverFingerprint(p *classify.Probe, h *wire.ServerHello, c wire.Carrier) string {
	if p.Fingerprint() == classify.JA3 {
		return h.JA3()
	}
	return h.JA4(c)
}
