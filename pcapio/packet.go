// Package pcapio reads captures: pcap and pcapng files, compressed or not,
// from files, standard input or an interface, one or many merged by time.
package pcapio

// Packet is one captured packet. A Packet and its Data are borrowed: they
// hold until the next read.
type Packet struct {
	// Time is the capture time in nanoseconds since 1970, UTC.
	Time int64
	// Data is what was captured of the frame, from its link header on, at most
	// 320 KiB: of longer records of a file the first 256 KiB.
	Data []byte
	// OrigLen is the frame's length on the wire, at least len(Data).
	OrigLen int
	// Link is the link type of Data.
	Link LinkType
	// Number counts the packets of the merged input from 1.
	Number uint64
	// File is the place of the packet's capture in Reader.Files.
	File int
	// Block is where Data lies: whoever holds it may keep Data beyond the next read. It is nil
	// where Data has to be copied for that.
	Block *Block
}

// Source is where packets come from: a Reader, or a Live. Next fills the packet,
// whose Data is borrowed until the next call. It returns io.EOF at the end, and
// ErrIdle where a running source is silent.
type Source interface{ Next(*Packet) error }
