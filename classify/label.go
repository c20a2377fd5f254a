package classify

import (
	"strings"
	"unicode/utf8"
)

// Name is a part of a label: an index into the names of an Engine. 0 is no name; as a master it is
// Unknown.
type Name uint16

// Unknown is the label of a flow that nothing recognised.
const Unknown = "Unknown"

// Confidence says how a label was found, in nDPI's numbers.
type Confidence uint8

// The confidences, as nfstream prints them in application_confidence.
const (
	ByNothing      Confidence = 0 // Unknown
	ByPort         Confidence = 1 // port alone: a guess
	ByPartial      Confidence = 3 // part of the payload
	ByPartialCache Confidence = 4 // part of the payload, and a hint of an earlier flow
	ByCache        Confidence = 5 // hint of an earlier flow: announced, or name from DNS
	ByPayload      Confidence = 6
	ByAddress      Confidence = 7 // owner of the address
	ByUser         Confidence = 9 // the user's own rule
)

// Guessed reports whether nfstream marks the label as a guess.
func (c Confidence) Guessed() bool { return c >= 1 && c <= 4 }

// Label names what a flow carries: a master protocol and perhaps an application on top of it. The zero
// Label is Unknown.
type Label struct {
	Master, App Name
	Confidence  Confidence
}

// refuted is the label of a flow whose payloads nothing recognised, and which plainly are not what its
// port suggests.
var refuted = Label{Confidence: ByPayload}

// Refuted reports whether the label says that the flow is Unknown by its payloads: they were seen from
// the beginning, and are not those of its port's protocol. Such a flow gets no guess by port.
func (l Label) Refuted() bool { return l == refuted }

// Info holds what Found tells besides the label. It is packed, because there may be millions of Infos.
// All of it comes from the network: whoever prints it escapes it. The zero Info is empty. Infos can be
// compared with ==.
type Info struct {
	text string                 // all fields, joined
	ends [infoFields - 1]uint16 // where each field but the last ends in text
}

// infoFields is the number of fields of an Info.
const infoFields = 5

// Info packs what was found besides master and application. Each field is cut to 1 KiB.
func (f Found) Info() Info {
	var i Info
	fields := [infoFields]string{f.ServerName, f.ClientFingerprint, f.ServerFingerprint, f.UserAgent, f.ContentType}
	only, size := 0, 0
	for n := range fields {
		fields[n] = bounded(fields[n])
		if len(fields[n]) > 0 && size == 0 {
			only = n
		}
		size += len(fields[n])
		if n < len(i.ends) {
			i.ends[n] = uint16(size)
		}
	}
	if i.text = fields[only]; len(i.text) < size {
		i.text = strings.Join(fields[:], "")
	}
	return i
}

func (i Info) field(n int) string {
	start, end := 0, len(i.text)
	if n > 0 {
		start = int(i.ends[n-1])
	}
	if n < len(i.ends) {
		end = int(i.ends[n])
	}
	return i.text[start:end]
}

// ServerName returns the server's host name: see Found.
func (i Info) ServerName() string { return i.field(0) }

// ClientFingerprint returns the client's JA4 or JA3, or a fingerprint of the protocol's own.
func (i Info) ClientFingerprint() string { return i.field(1) }

// ServerFingerprint returns the server's JA4S or JA3S, or a fingerprint of the protocol's own.
func (i Info) ServerFingerprint() string { return i.field(2) }

// UserAgent returns the User-Agent header of HTTP, or what other protocols have in its place.
func (i Info) UserAgent() string { return i.field(3) }

// ContentType returns the Content-Type header of HTTP.
func (i Info) ContentType() string { return i.field(4) }

// bounded cuts a text to maxText bytes, and not within a character of UTF-8.
func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > maxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
