package classify

// Name is a label's part as a small number: an index into the names of an
// Engine. 0 is "no name"; as a master it prints "Unknown".
type Name uint16

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

// Info is what is known of a flow besides its label. All of it comes from the
// network and is escaped where it is printed.
type Info struct {
	// ServerName is SNI, HTTP Host, DNS question or certificate name.
	ServerName string
	// ClientFingerprint and ServerFingerprint are JA4, JA4S or their like.
	ClientFingerprint, ServerFingerprint string
	// UserAgent and ContentType are HTTP's.
	UserAgent, ContentType string
}
