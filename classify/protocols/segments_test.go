package protocols

import (
	"fmt"
	"slices"
	"testing"

	"servmap/classify"
)

// wholeSegments are conversations that are known by what one segment holds: seen
// from the middle, or with so little in the clear that its end is part of the
// proof.
var wholeSegments = map[string]bool{
	"bfcp.txt/hello and its answer":                                    true,
	"chat_apps.txt/Threema":                                            true,
	"dns.txt/over TCP, in pieces":                                      true,
	"dnscrypt.txt/response alone, over TCP":                            true,
	"edonkey.txt/frames of both sides, seen from the middle":           true,
	"ftp_data.txt/listing as ls -l":                                    true,
	"h323.txt/control channel":                                         true,
	"irc.txt/server alone":                                             true,
	"json_rpc.txt/greeting alone":                                      true,
	"llmnr.txt/over TCP":                                               true,
	"netbios.txt/session":                                              true,
	"netbios.txt/session refused":                                      true,
	"smb.txt/negotiation from version 1 to 2":                          true,
	"socks.txt/version 4A":                                             true,
	"socks.txt/version 5, client alone":                                true,
	"ssh.txt/lines before the identification":                          true,
	"stun.txt/over TCP, in pieces":                                     true,
	"teamviewer.txt/newer magic on another port":                       true,
	"teamviewer.txt/session":                                           true,
	"telnet.txt/a prompt in plain text":                                true,
	"telnet.txt/one command each, on another port":                     true,
	"telnet.txt/subnegotiation":                                        true,
	"tls.txt/SSL 2.0 hello that offers TLS":                            true,
	"tls.txt/an alert alone":                                           true,
	"tls.txt/application data and alert from the middle":               true,
	"tls.txt/one record of application data to the end of the segment": true,
	"websocket.txt/text and its answers":                               true,
	"websocket.txt/text from a server, twice":                          true,
}

// TestSegments cuts every payload of a TCP conversation in two, at every
// byte: segments are the network's doing, so the label must not change.
func TestSegments(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		if v.transport != classify.TCP {
			continue
		}
		if wholeSegments[v.file+"/"+v.title] {
			continue
		}
		if cut := firstBadCut(e, c, v); cut != "" {
			t.Errorf("%s/%s: %s, want %s", v.file, v.title, cut, v.label)
		}
	}
}

// firstBadCut tells the first cut that changes the label, empty where there is
// none.
func firstBadCut(e *classify.Engine, c *classify.Classifier, v *vector) string {
	for n, whole := range v.payloads {
		for cut := 1; cut < len(whole.Data); cut++ {
			payloads := slices.Clone(v.payloads[:n])
			for _, part := range [][]byte{whole.Data[:cut:cut], whole.Data[cut:]} {
				payloads = append(payloads, classify.Payload{From: whole.From, Data: part, Len: len(part)})
			}
			payloads = append(payloads, v.payloads[n+1:]...)
			if label, _ := classifyVector(c, e, v, payloads); label != v.label {
				return fmt.Sprintf("payload %d cut after %d bytes is %s", n, cut, label)
			}
		}
	}
	return ""
}
