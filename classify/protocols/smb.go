package protocols

import "servmap/classify"

// smbv1 is the first Server Message Block protocol, also called CIFS.
var smbv1 = classify.Protocol{
	Name:      "SMBv1",
	Category:  "System",
	Transport: classify.TCP,
	TCPPorts:  []uint16{445},
	NoGuess:   true, // today's port 445 is SMBv23
	Reference: "MS-CIFS 2.2.3.1; MS-SMB2 2.1",

	FirstBytes: classify.Bytes("\x00"),
	Midstream:  true,
	Recognise:  recogniseSMBv1,
}

// smbv23 is Server Message Block 2 and 3.
var smbv23 = classify.Protocol{
	Name:      "SMBv23",
	Category:  "System",
	Transport: classify.TCP,
	TCPPorts:  []uint16{445},
	Reference: "MS-SMB2 2.1 and 2.2.1",

	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseSMBv23,
}

// recogniseSMBv1 accepts a message in its frame of four bytes (MS-SMB2 2.1,
// which is also a session message of RFC 1002, section 4.3.6). A negotiation begins
// in version 1 even where it ends in version 2, so the answer is looked at as well.
func recogniseSMBv1(p *classify.Probe) classify.Outcome { return recogniseSMB(p, "SMBv1") }

// recogniseSMBv23 accepts a framed message of version 2 or 3: plain, encrypted
// or compressed (MS-SMB2 2.2.1, 2.2.41, 2.2.42).
func recogniseSMBv23(p *classify.Probe) classify.Outcome { return recogniseSMB(p, "SMBv23") }

func recogniseSMB(p *classify.Probe, version string) classify.Outcome {
	b := smbStream(p, p.From)
	if len(b) < 8 {
		if version == "SMBv1" && smbMessage(smbStream(p, p.From.Other())) == version {
			p.KeepLooking() // the answer may choose a higher version
		}
		if len(b) == 0 || b[0] != 0 {
			return classify.Never
		}
		return classify.NeedMore
	}
	mine, others := smbMessage(b), smbMessage(smbStream(p, p.From.Other()))
	switch {
	case version == "SMBv1" && mine != version && others != version,
		version == "SMBv23" && (mine != version || others == "SMBv1"):
		return classify.Never
	}
	p.Found.Master = "NetBIOS"
	p.Found.App = version
	if version == "SMBv1" {
		if v := smbVersion(p); v != "" {
			p.Found.App = v
		}
		const negotiate = 0x72
		if len(b) < 9 || b[8] == negotiate {
			p.KeepLooking()
		}
	}
	smbDirection(p, b, mine)
	return classify.Match
}

// smbDirection finds the client by the flag that marks responses.
func smbDirection(p *classify.Probe, b []byte, version string) {
	var flags byte
	switch {
	case version == "SMBv1" && len(b) >= 4+10:
		flags = b[4+9] >> 7
	case version == "SMBv23" && len(b) >= 4+20 && b[4] == 0xfe:
		flags = b[4+16] & 1
	default:
		return
	}
	if flags == 1 {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
}

// smbStream returns where the messages of one side begin: its stream, or the
// newest segment where the beginning was not captured.
func smbStream(p *classify.Probe, s classify.Side) []byte {
	if p.Midstream(s) && p.From == s {
		return p.Payload
	}
	return p.Stream(s)
}

// smbVersion returns the highest version that either side has begun with, after
// a NetBIOS session's set-up (RFC 1002, sections 4.3.2 and 4.3.3), or "".
func smbVersion(p *classify.Probe) string {
	best := ""
	for s := classify.Client; s <= classify.Server; s++ {
		b := smbStream(p, s)
		if len(b) >= 4 && (b[0] == 0x81 || b[0] == 0x82) {
			n := 4 + int(b[2])<<8 + int(b[3])
			b = b[min(n, len(b)):]
		}
		if v := smbMessage(b); len(v) > len(best) {
			best = v
		}
	}
	return best
}

// smbMessage returns the version of a framed message, or "".
func smbMessage(b []byte) string {
	if len(b) < 8 || b[0] != 0 || b[5] != 'S' || b[6] != 'M' || b[7] != 'B' {
		return ""
	}
	if size := int(b[1])<<16 | int(b[2])<<8 | int(b[3]); size < 16 {
		return ""
	}
	switch b[4] {
	case 0xff:
		return "SMBv1"
	case 0xfe, 0xfd, 0xfc:
		return "SMBv23"
	}
	return ""
}
