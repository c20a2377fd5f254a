package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var nfs = classify.Protocol{
	Name: "NFS", Category: "DataTransfer", Transport: classify.TCP | classify.UDP,
	Ports: []uint16{2049}, FirstBytesTCP: classify.Bytes("\x00\x80"),
	Recognise: recogniseNFS, Reference: "RFC 5531, RFC 1094, RFC 1813, RFC 7530, RFC 1833",
}

// recogniseNFS accepts calls of ONC RPC version 2 (RFC 5531, section 9) to
// the programs that NFS consists of, over UDP or over TCP with its record
// marks (section 11), and replies to such a call or, on the ports of NFS and
// of the port mapper, replies alone.
func recogniseNFS(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
		if len(b) < 4 {
			return classify.NeedMore
		}
		// One fragment of at most a few megabytes.
		if b[0]&0x7f != 0 || wire.U24(b[1:]) < 24 {
			return classify.Never
		}
		b = b[4:]
	}
	if len(b) < 24 {
		if p.Transport == classify.TCP && (len(b) < 8 || wire.U32(b[4:]) <= 1) {
			return classify.NeedMore
		}
		return classify.Never
	}
	switch wire.U32(b[4:]) {
	case 0:
		if wire.U32(b[12:]) != nfsCallback { // a server calls back on the client's connection
			p.ClientIs(p.From)
		}
		return nfsCall(b)
	case 1:
		return nfsReply(p, b)
	}
	return classify.Never
}

// nfsCallback is the program of the callbacks of NFS version 4 (RFC 8881, section 2.10.3).
const nfsCallback = 0x40000000

// nfsCall checks a call's version, program, its version, and its credential.
func nfsCall(b []byte) classify.Outcome {
	if wire.U32(b[8:]) != 2 || len(b) >= 32 && (!rpcFlavor(wire.U32(b[24:])) || wire.U32(b[28:]) > 400) {
		return classify.Never
	}
	version, most := wire.U32(b[16:]), nfsProgram(wire.U32(b[12:]))
	if version < 1 || version > most || wire.U32(b[20:]) > 40 {
		return classify.Never
	}
	return classify.Match
}

// nfsProgram returns the greatest version of one of the programs of which NFS consists, 0 for others.
func nfsProgram(program int) int {
	switch program {
	case 100000, 100003, 100021, nfsCallback: // port mapper, rpcbind; NFS; lock manager
		return 4
	case 100005, 100227: // mount; access control lists
		return 3
	case 100011: // remote quotas
		return 2
	case 100024: // status monitor
		return 1
	}
	return 0
}

// nfsReply checks an accepted reply's verifier and state (RFC 5531, section
// 9); it counts from the usual ports only, because it names no program.
func nfsReply(p *classify.Probe, b []byte) classify.Outcome {
	if server := p.Ports[p.From]; server != 2049 && server != 111 {
		return classify.Never
	}
	size := wire.U32(b[16:])
	if wire.U32(b[8:]) != 0 || !rpcFlavor(wire.U32(b[12:])) || size > 400 {
		return classify.Never
	}
	if len(b) >= 24+size && wire.U32(b[20+size:]) <= 5 {
		p.ClientIs(p.From.Other())
		return classify.Match
	}
	return classify.Never
}

// rpcFlavor reports whether the authentication flavour exists: none, system, short, Diffie-Hellman,
// GSS, TLS.
func rpcFlavor(f int) bool { return f <= 3 || f == 6 || f == 7 }
