package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var kafka = classify.Protocol{
	Name:       "Kafka",
	Category:   "RPC",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{9092},
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseKafka,
	Reference:  "Apache Kafka protocol guide, request and response headers, ApiVersions",
}

// recogniseKafka accepts a request (size, API key and version, correlation,
// client's name) whose size agrees with what was sent, a response to ApiVersions
// by its list, and on the broker's port any response.
func recogniseKafka(p *classify.Probe) classify.Outcome {
	onPort := p.HasPort(9092)
	return match.Both(p, func(s classify.Side, b []byte) classify.Outcome {
		if b[0] != 0 {
			return classify.Never
		}
		if len(b) < 14 {
			return classify.NeedMore
		}
		size := wire.U32(b)
		if size < 8 {
			return classify.Never
		}
		if out := kafkaRequest(b, size, onPort); out != classify.Never {
			return out
		}
		out := kafkaVersions(b, size)
		// On the broker's port an answer that its size fills is enough.
		if out == classify.Never && onPort && len(b) == size+4 && b[4] == 0 {
			return classify.Match
		}
		return out
	})
}

// kafkaRequest judges a request's header: API keys count to 92, versions to 20,
// and the client's name is short and printable. A request without a name is
// taken only on Kafka's port and whole.
func kafkaRequest(b []byte, size int, onPort bool) classify.Outcome {
	key, version := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	name := int(int16(binary.BigEndian.Uint16(b[12:])))
	if key > 92 || version > 20 || name < -1 || name > 255 || size < 10+max(name, 0) {
		return classify.Never
	}
	if name <= 0 {
		if !onPort || len(b) > size+4 {
			return classify.Never
		}
		if len(b) < size+4 {
			return classify.NeedMore
		}
		return classify.Match
	}
	if !classify.IsPrintable(b[14:min(len(b), 14+name)]) {
		return classify.Never
	}
	if len(b) < size+4 && len(b) < 1024 {
		return classify.NeedMore
	}
	// What comes after a whole request is another one.
	if rest := b[min(len(b), size+4):]; len(rest) >= 8 && (rest[0] != 0 || binary.BigEndian.Uint16(rest[4:]) > 92 || binary.BigEndian.Uint16(rest[6:]) > 20) {
		return classify.Never
	}
	// A short name and a size that cannot be checked are little proof.
	if name < 4 && !onPort && len(b) < size+4 {
		return classify.Never
	}
	return classify.Match
}

// kafkaVersions checks the answer to ApiVersions: no error or 35 (unsupported
// version), then keys with their lowest and highest versions, the keys in order. No
// broker has fewer than three.
func kafkaVersions(b []byte, size int) classify.Outcome {
	code := binary.BigEndian.Uint16(b[8:])
	if code != 0 && code != 35 || size < 12 || size > 4096 {
		return classify.Never
	}
	if len(b) < size+4 {
		return classify.NeedMore
	}
	entries, step := b[14:size+4], 6
	count := wire.U32(b[10:])
	if count > 1<<16 { // since version 3: a byte for the count, and a byte of tags for each key
		entries, step, count = b[11:size+4], 7, int(b[10])-1
	}
	if count < 3 || count > 120 || len(entries) < count*step {
		return classify.Never
	}
	// Behind the list is nothing, or since version 1 the time to wait.
	if left := len(entries) - count*step; step == 6 && left != 0 && left != 4 {
		return classify.Never
	}
	last := -1
	for i := range count {
		e := entries[i*step:]
		key, lowest, highest := int(binary.BigEndian.Uint16(e)), binary.BigEndian.Uint16(e[2:]), binary.BigEndian.Uint16(e[4:])
		if key <= last || lowest > highest || highest > 30 {
			return classify.Never
		}
		last = key
	}
	return classify.Match
}
