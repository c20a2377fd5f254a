// Package pcapio reads captures: pcap and pcapng files, compressed or not,
// from files, standard input or an interface, one or many merged by time.
package pcapio

// Packet is one captured packet. A Packet and its Data are borrowed: they
// hold until the next read.
type Packet struct {
	// Time is the capture time in nanoseconds since 1970, UTC.
	Time int64
	// Data is what was captured of the frame, from its link header on.
	Data []byte
	// OrigLen is the frame's length on the wire, at least len(Data).
	OrigLen int
	// Link is the link type of Data.
	Link LinkType
	// Number counts the packets of the merged input from 1.
	Number uint64
}

// Source is where packets come from: a Reader of captures or a Live
// interface.
type Source interface {
	// Next puts the next packet into p. It returns io.EOF at the end,
	// ErrIdle where nothing came for a while and that was asked for, and
	// ErrInterrupted after an interruption.
	Next(p *Packet) error
	// Interrupt makes Next end soon, even one that waits for data. It may be
	// called from any goroutine, and more than once.
	Interrupt()
	// Close releases the source. Packets read before are no longer valid.
	Close() error
}
