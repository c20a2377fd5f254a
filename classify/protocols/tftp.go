package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var tftp = classify.Protocol{
	Name: "TFTP", Category: "DataTransfer", Transport: classify.UDP, UDPPorts: []uint16{69},
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseTFTP, Plausible: mayBeTFTP, Reference: "RFC 1350, RFC 2347",
}

// Opcodes of TFTP (RFC 1350, section 5; RFC 2347).
const (
	tftpRead   = 1
	tftpWrite  = 2
	tftpData   = 3
	tftpACK    = 4
	tftpError  = 5
	tftpOption = 6
)

// recogniseTFTP accepts a request with file name and mode, which announces the flow of
// the data to the port it came from (RFC 1350, section 4), an acknowledgement of
// options, data with the acknowledgement of the same block from the other side, and
// three blocks or acknowledgements in succession where one side alone was captured.
func recogniseTFTP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 4 || b[0] != 0 || b[1] < tftpRead || b[1] > tftpOption {
		return classify.Never
	}
	switch b[1] {
	case tftpRead, tftpWrite:
		if !tftpRequest(b[2:]) {
			return classify.Never
		}
		p.ExpectBetween(classify.UDP, p.From, p.Ports[p.From], "TFTP")
		p.ClientIs(p.From)
		return classify.Match
	case tftpOption:
		if !tftpOptions(b[2:]) {
			return classify.Never
		}
		return classify.Match
	case tftpError:
		if b[2] != 0 || b[3] > 8 || len(b) < 6 || b[len(b)-1] != 0 || !classify.IsText(b[4:len(b)-1]) || len(b) > 600 {
			return classify.Never
		}
		if p.HasPort(69) || len(b) > 10 {
			return classify.Match
		}
		return classify.NeedMore
	}
	return tftpTransfer(p)
}

// mayBeTFTP accepts an operation of TFTP, whatever follows: a request may be damaged.
func mayBeTFTP(p *classify.Probe) bool {
	b := p.History()[0].Data
	return len(b) >= 4 && b[0] == 0 && b[1] >= tftpRead && b[1] <= tftpOption
}

// tftpRequest accepts a file name and a mode, each ended by a NUL, and
// options after them.
func tftpRequest(b []byte) bool {
	name, rest, ok := bytes.Cut(b, []byte{0})
	if !ok || len(name) == 0 || !classify.IsText(name) {
		return false
	}
	mode, rest, ok := bytes.Cut(rest, []byte{0})
	return ok && (bytes.EqualFold(mode, []byte("octet")) || bytes.EqualFold(mode, []byte("netascii")) || bytes.EqualFold(mode, []byte("mail"))) &&
		(len(rest) == 0 || match.AllZero(rest) || tftpOptions(rest))
}

// tftpOptions accepts names and values (RFC 2347), of which the first is known.
func tftpOptions(b []byte) bool {
	return match.AnyPrefixFold(b, tftpKnown) == classify.Match && b[len(b)-1] == 0 && classify.IsText(bytes.ReplaceAll(b, []byte{0}, nil))
}

// tftpKnown are the options of RFC 2348, 2349, 2090 and 7440, and those of
// common clients.
var tftpKnown = []string{
	"BLKSIZE\x00", "TIMEOUT\x00", "TSIZE\x00", "MULTICAST\x00", "WINDOWSIZE\x00", "ROLLOVER\x00", "BLKSIZE2\x00", "UTIMEOUT\x00",
}

// tftpTransfer accepts a block and its acknowledgement.
func tftpTransfer(p *classify.Probe) classify.Outcome {
	history := p.History()
	if p.Payload[1] == tftpACK && p.Len != 4 || p.Payload[1] == tftpData && p.Len > 65468 {
		return classify.Never
	}
	for i := range history[:len(history)-1] {
		one := &history[i]
		if one.From == p.From || len(one.Data) < 4 || one.Data[0] != 0 || one.Data[1]^p.Payload[1] != tftpData^tftpACK {
			continue
		}
		if block := binary.BigEndian.Uint16(one.Data[2:]); block == binary.BigEndian.Uint16(p.Payload[2:]) {
			if one.Data[1] == tftpData {
				p.ClientIs(p.From)
			}
			return classify.Match
		}
	}
	if tftpCounts(p) {
		return classify.Match
	}
	if len(history) > 4 {
		return classify.Never
	}
	return classify.NeedMore
}

// tftpCounts reports whether the newest payload is the last of three of its
// sender with successive blocks, of which all data but the last have the same size.
func tftpCounts(p *classify.Probe) bool {
	history, next, count := p.History(), &classify.Payload{}, 0
	for i := len(history) - 1; i >= 0 && count < 3; i-- {
		one := &history[i]
		if one.From != p.From {
			return false
		}
		if len(one.Data) < 4 || one.Data[0] != 0 || one.Data[1] != p.Payload[1] || one.Data[1] == tftpData && one.Len < 4+8 {
			return false
		}
		if count > 0 && (binary.BigEndian.Uint16(next.Data[2:]) != binary.BigEndian.Uint16(one.Data[2:])+1 || count == 1 && next.Len > one.Len || count > 1 && next.Len != one.Len) {
			return false
		}
		next = one
		count++
	}
	if count < 3 {
		return false
	}
	if p.Payload[1] == tftpACK {
		p.ClientIs(p.From)
	}
	return true
}
