package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var elasticsearch = classify.Protocol{
	Name:       "Elasticsearch",
	Category:   "System",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{9200, 9300},
	NoGuess:    true,
	FirstBytes: classify.Bytes("E"),
	Recognise:  recogniseElasticsearch,
	Speaker:    elasticSpeaker,
	Reference:  "Elasticsearch and OpenSearch transport protocol, TcpHeader",
}

// recogniseElasticsearch accepts the header of the transport protocol: "ES", a
// length, a request's number, status bits and a version; and its ping, which has
// the length -1.
func recogniseElasticsearch(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0] != 'E' || len(b) > 1 && b[1] != 'S' {
			return classify.Never
		}
		if len(b) < 6 {
			return classify.NeedMore
		}
		size := binary.BigEndian.Uint32(b[2:])
		if size == 0xffffffff {
			return classify.Match
		}
		if size < 13 || size > 1<<26 {
			return classify.Never
		}
		if len(b) < 19 {
			return classify.NeedMore
		}
		// Status: request or response, error, compressed, handshake. Versions
		// are numbers such as 7100299; OpenSearch sets bit 27. Requests count
		// from 1.
		version := binary.BigEndian.Uint32(b[15:]) &^ (1 << 27)
		if b[14] > 0x0f || version < 90000 || version > 1<<24 || binary.BigEndian.Uint64(b[6:]) > 1<<40 {
			return classify.Never
		}
		return classify.Match
	})
}

// elasticSpeaker tells by the bit of the status that marks a response.
func elasticSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 15:
		return classify.AnySpeaker
	case b[14]&1 != 0:
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
