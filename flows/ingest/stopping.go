package ingest

import (
	"context"
	"io"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// runPackets makes flows of a source's packets, and notes in the summary how it
// ended, and what a fault of the program left out. name tells the name of a
// capture by its place. It runs under a context of its own: the source heeds the one that
// interrupts, and delivers first what it holds.
func runPackets(src *stopping, engine *classify.Engine, opt flows.Options, s *Summary, name func(file int) string, emit func(*flows.Flow) error) (err error) {
	s.Stats, err = flows.Run(context.Background(), src, engine, opt, emit)
	s.Interrupted = src.interrupted
	if src.failed != nil {
		s.Problems = append(s.Problems, &SourceError{src.failed})
	}
	if f := s.Stats.FirstFailure; f != nil {
		s.Problems = append(s.Problems, &UnhandledError{Input: name(f.File), Packets: s.Stats.Failed, First: *f})
	}
	return err
}

// stopping makes an interruption, the last of so many packets and a failure of
// the source the end of the input, so that the flows so far are handed out.
type stopping struct {
	pcapio.Source
	// left is how many packets are still wanted; 0 is no limit. done is set
	// when there was a limit and it is reached. With byFilter, only packets that
	// the filter takes count.
	left     uint64
	done     bool
	byFilter bool

	interrupted bool
	failed      error
}

// countFiltered has the filter of opt, where there is one, tell which packets
// count: as with tcpdump, those that it takes.
func (s *stopping) countFiltered(opt *flows.Options) {
	filter := opt.Filter
	if filter == nil {
		return
	}
	s.byFilter = true
	opt.Filter = func(p *decode.Packet) bool {
		takes := !s.done && filter(p)
		if takes {
			s.took()
		}
		return takes
	}
}

// took counts a packet.
func (s *stopping) took() {
	if s.left > 0 {
		s.left--
		s.done = s.left == 0
	}
}

// Next implements pcapio.Source.
func (s *stopping) Next(p *pcapio.Packet) error {
	if s.done {
		return io.EOF
	}
	err := s.Source.Next(p)
	switch {
	case err == nil:
		if !s.byFilter {
			s.took()
		}
		return nil
	case err == pcapio.ErrIdle || err == io.EOF:
		return err
	case err == pcapio.ErrInterrupted:
		s.interrupted = true
	default:
		s.failed = err
	}
	return io.EOF
}
