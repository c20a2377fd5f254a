package classify

import (
	"strings"
	"unicode/utf8"
)

// Name is a label's part as a small number: an index into the names of an
// Engine. 0 is "no name"; as a master it prints Unknown.
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
	ByPartialCache Confidence = 4 // part of the payload, with what an earlier flow announced
	ByCache        Confidence = 5 // announced by an earlier flow, or name learned from DNS
	ByPayload      Confidence = 6
	ByAddress      Confidence = 7 // owner of the address
	ByUser         Confidence = 9 // the user's own rule
)

// Guessed reports whether nfstream marks the label as a guess.
func (c Confidence) Guessed() bool { return c >= 1 && c <= 4 }

// Label is what a flow is called: a master protocol and perhaps an
// application on top of it. The zero Label is Unknown.
type Label struct {
	Master, App Name
	Confidence  Confidence
}

// Info is what is known of a flow besides its label: what Found has told, packed, since there may be
// millions of them. All of it comes from the network and is escaped where it
// is printed. The zero Info knows nothing. Infos are compared with ==.
type Info struct {
	text string // the fields one behind the other
	ends [infoFields - 1]uint16
}

// infoFields is how many fields an Info has.
const infoFields = 5

// Info packs what was found besides master and application. What is longer than anything
// worth keeping is cut.
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

// ServerName is SNI, HTTP Host, DNS question or certificate name.
func (i Info) ServerName() string { return i.field(0) }

// ClientFingerprint is JA4, JA3 or their like.
func (i Info) ClientFingerprint() string { return i.field(1) }

// ServerFingerprint is JA4S, JA3S or their like.
func (i Info) ServerFingerprint() string { return i.field(2) }

// UserAgent is HTTP's, or its like.
func (i Info) UserAgent() string { return i.field(3) }

// ContentType is HTTP's.
func (i Info) ContentType() string { return i.field(4) }

// bounded cuts a text that is longer than anything worth keeping, at a whole
// character where it has such.
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
