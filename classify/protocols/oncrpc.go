package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var oncRPC = classify.Protocol{
	Name: "ONC_RPC", Category: "RPC", Transport: classify.TCP | classify.UDP, NoGuess: true,
	FirstBytesTCP: classify.Bytes("\x00\x80"), Recognise: recogniseONCRPC, Reference: "RFC 5531, section 9; IANA, RPC Program Numbers",
}

// rpcPrograms are programs with a name of their own. Those of which NFS consists are NFS.
var rpcPrograms = map[int]string{
	100004: "NIS", 100007: "NIS", 100009: "NIS", 100028: "NIS", 100069: "NIS",
	0x0607af: "VXI-11", 0x0607b0: "VXI-11", 0x0607b1: "VXI-11",
	4867012: "GlusterFS", 4867040: "GlusterFS", 14398633: "GlusterFS", 34123501: "GlusterFS", 1298437: "GlusterFS", 123451501: "GlusterFS",
}

// recogniseONCRPC accepts a call of version 2 to any program that has a number: a transaction, the call, the
// program with its version and procedure, and two names of who asks, of known flavours, with their lengths
// (RFC 5531, section 9). Over TCP a record mark of one fragment comes first (section 11).
func recogniseONCRPC(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		program, out := rpcCall(p.Payload, p.Len)
		if out != classify.Match {
			return classify.Never
		}
		return rpcFound(p, program)
	}
	program := 0
	out := match.Sender(p, func(b []byte) classify.Outcome {
		if b[0] != 0x80 && b[0] != 0 {
			return classify.Never
		}
		if len(b) < 4 {
			return classify.NeedMore
		}
		size := wire.U24(b[1:])
		if size < 40 || len(b) >= 12 && (wire.U32(b[8:]) != 0) || len(b) >= 16 && wire.U32(b[12:]) != 2 {
			return classify.Never
		}
		var out classify.Outcome
		program, out = rpcCall(b[4:], size)
		return out
	})
	if out != classify.Match {
		return out
	}
	return rpcFound(p, program)
}

// rpcFound names the program.
func rpcFound(p *classify.Probe, program int) classify.Outcome {
	p.ClientIs(p.From)
	p.Found.App = rpcPrograms[program]
	return classify.Match
}

// rpcCall reads a call of size bytes, and returns its program: one that IANA or Sun gave a number, or a
// user's own (RFC 5531, section 8.3).
func rpcCall(b []byte, size int) (program int, out classify.Outcome) {
	const fixed, most = 40, 400
	if size < fixed {
		return 0, classify.Never
	}
	if len(b) < fixed {
		return 0, classify.NeedMore
	}
	program = wire.U32(b[12:])
	version, procedure, credential := wire.U32(b[16:]), wire.U32(b[20:]), wire.U32(b[28:])
	isOwn := program >= 0x20000000 && program < 0x40000000
	if nfsProgram(program) > 0 {
		return 0, classify.Never
	}
	isListed := program >= 100000 && program < 700000 || rpcPrograms[program] != ""
	switch {
	case wire.U32(b[4:]) != 0 || wire.U32(b[8:]) != 2 || !isOwn && !isListed:
		return 0, classify.Never
	case version == 0 || version > 1000 || procedure > 200 || !rpcFlavor(wire.U32(b[24:])) || credential > most || fixed+credential > size:
		return 0, classify.Never
	case len(b) < fixed+credential:
		return program, classify.NeedMore
	}
	verifier := wire.U32(b[36+credential:])
	if !rpcFlavor(wire.U32(b[32+credential:])) || verifier > most || fixed+credential+verifier > size {
		return 0, classify.Never
	}
	return program, classify.Match
}
