// Package protocols holds the recognisers, one file a protocol.
package protocols

import "servmap/classify"

// All lists every protocol that the program knows, in alphabetical order of
// their labels. A protocol that is declared and not listed here fails a test.
var All = []*classify.Protocol{
	&dot,
	&dtls,
	&ftps,
	&imaps,
	&pops,
	&quic,
	&smtps,
	&tls,
}
