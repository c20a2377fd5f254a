package wire

import (
	"bytes"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxDNSNames bounds how many alternative names of a certificate are read.
const maxDNSNames = 100

// Certificate is who a certificate says its owner and issuer are. Texts are
// as they stand there: any bytes may be in them.
type Certificate struct {
	Subject, Issuer DistinguishedName
	// DNSNames are the subject's alternative names of kind dNSName, at most
	// a hundred.
	DNSNames []string
}

// DistinguishedName holds the attributes that are used of a name (RFC 5280,
// section 4.1.2.4); of several of a kind the last, which is the most specific.
type DistinguishedName struct {
	CommonName, Organization, Unit string
	// Attributes counts the attributes of the name.
	Attributes int
}

// ServerName returns the host name that the certificate stands for, without a
// leading "*.": the subject's common name where it is a domain, else the first
// alternative name, else the common name. It is empty where that is no host's.
func (c *Certificate) ServerName() string {
	name := c.Subject.CommonName
	if strings.IndexByte(name, '.') < 0 && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	name = strings.TrimPrefix(name, "*.")
	if !isHostName([]byte(name)) {
		return ""
	}
	return name
}

// ParseCertificates reads the first certificate of a TLS Certificate message
// (RFC 5246, section 7.4.2; the body after the handshake header). It is false
// where that is not there up to the subject, as in TLS 1.3, where the message
// is not seen in clear.
func ParseCertificates(body []byte) (Certificate, bool) {
	s := cryptobyte.String(body)
	var der cryptobyte.String
	if !s.Skip(3) || !s.ReadUint24LengthPrefixed(&der) {
		return Certificate{}, false
	}
	return parseCertificate(der)
}

// Identifiers of attributes and extensions in DER: 2.5.4.3, 2.5.4.10,
// 2.5.4.11, 2.5.29.17.
var (
	oidCommonName     = []byte{0x55, 0x04, 0x03}
	oidOrganization   = []byte{0x55, 0x04, 0x0a}
	oidUnit           = []byte{0x55, 0x04, 0x0b}
	oidSubjectAltName = []byte{0x55, 0x1d, 0x11}
)

// parseCertificate reads names (RFC 5280, section 4.1).
func parseCertificate(in cryptobyte.String) (c Certificate, ok bool) {
	var cert, tbs, issuer, subject cryptobyte.String
	if !in.ReadASN1(&cert, asn1.SEQUENCE) || !cert.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(asn1.Tag(0).ContextSpecific().Constructed()) || // version
		!tbs.SkipASN1(asn1.INTEGER) || // serial number
		!tbs.SkipASN1(asn1.SEQUENCE) || // signature algorithm
		!tbs.ReadASN1(&issuer, asn1.SEQUENCE) ||
		!tbs.SkipASN1(asn1.SEQUENCE) || // validity
		!tbs.ReadASN1(&subject, asn1.SEQUENCE) {
		return c, false
	}
	c.Issuer, c.Subject = parseName(issuer), parseName(subject)
	var wrapped, extensions cryptobyte.String
	var present bool
	if tbs.SkipASN1(asn1.SEQUENCE) && // public key
		tbs.SkipOptionalASN1(asn1.Tag(1).ContextSpecific()) &&
		tbs.SkipOptionalASN1(asn1.Tag(2).ContextSpecific()) &&
		tbs.ReadOptionalASN1(&wrapped, &present, asn1.Tag(3).ContextSpecific().Constructed()) && present &&
		wrapped.ReadASN1(&extensions, asn1.SEQUENCE) {
		c.DNSNames = dnsNames(extensions)
	}
	return c, true
}

func parseName(in cryptobyte.String) (n DistinguishedName) {
	for len(in) > 0 {
		var set, pair, oid, value cryptobyte.String
		var tag asn1.Tag
		if !in.ReadASN1(&set, asn1.SET) {
			break
		}
		for len(set) > 0 && set.ReadASN1(&pair, asn1.SEQUENCE) {
			if !pair.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) || !pair.ReadAnyASN1(&value, &tag) {
				continue
			}
			n.Attributes++
			switch {
			case bytes.Equal(oid, oidCommonName):
				n.CommonName = string(value)
			case bytes.Equal(oid, oidOrganization):
				n.Organization = string(value)
			case bytes.Equal(oid, oidUnit):
				n.Unit = string(value)
			}
		}
	}
	return n
}

// dnsNames finds the subject's alternative names among the extensions (RFC
// 5280, section 4.2.1.6).
func dnsNames(extensions cryptobyte.String) []string {
	for len(extensions) > 0 {
		var ext, oid, value, names cryptobyte.String
		if !extensions.ReadASN1(&ext, asn1.SEQUENCE) || !ext.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil
		}
		if !bytes.Equal(oid, oidSubjectAltName) {
			continue
		}
		if !ext.SkipOptionalASN1(asn1.BOOLEAN) || !ext.ReadASN1(&value, asn1.OCTET_STRING) || !value.ReadASN1(&names, asn1.SEQUENCE) {
			return nil
		}
		var out []string
		for len(names) > 0 && len(out) < maxDNSNames {
			var one cryptobyte.String
			var tag asn1.Tag
			if !names.ReadAnyASN1(&one, &tag) {
				break
			}
			if tag == asn1.Tag(2).ContextSpecific() {
				out = append(out, string(one))
			}
		}
		return out
	}
	return nil
}
