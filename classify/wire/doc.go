// Package wire holds the parsers that several recognisers share: one for each
// format, so that a ClientHello in TLS, DTLS and QUIC is read by the same code.
// They take bytes as they came from the network, check every length before
// they use it, and never keep what they were given.
package wire
