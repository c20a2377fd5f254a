package wire

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// CertificateName returns the name of the server in the first certificate of
// a TLS Certificate message (RFC 5246, section 7.4.2; the body after the
// handshake header): the subject's common name where it is a domain, else the
// first DNS name of the subject's alternative names, else the common name as
// it is; a leading "*." is left out. It is empty for TLS 1.3, where the
// message is not seen in clear, and where the certificate is not whole.
func CertificateName(body []byte) string {
	cert, ok := firstCertificate(body)
	if !ok {
		return ""
	}
	common, alternative := certificateNames(cert)
	name := common
	if bytes.IndexByte(common, '.') < 0 && len(alternative) > 0 {
		name = alternative
	}
	name = bytes.TrimPrefix(name, []byte("*."))
	if !isHostName(name) {
		return ""
	}
	return string(name)
}

// firstCertificate takes the leaf out of the list.
func firstCertificate(body []byte) ([]byte, bool) {
	s := cryptobyte.String(body)
	var total uint32
	var cert cryptobyte.String
	ok := s.ReadUint24(&total) && s.ReadUint24LengthPrefixed(&cert)
	return cert, ok
}

// oidCommonName is 2.5.4.3, oidSubjectAltName 2.5.29.17.
var (
	oidCommonName     = []byte{0x55, 0x04, 0x03}
	oidSubjectAltName = []byte{0x55, 0x1d, 0x11}
)

// certificateNames reads the last common name of the subject and the first
// DNS name of the subject's alternative names (RFC 5280, sections 4.1 and
// 4.2.1.6). It reads as far as the certificate is sound.
func certificateNames(der []byte) (common, alternative []byte) {
	in := cryptobyte.String(der)
	var cert, tbs, issuer, subject cryptobyte.String
	if !in.ReadASN1(&cert, asn1.SEQUENCE) || !cert.ReadASN1(&tbs, asn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(asn1.Tag(0).ContextSpecific().Constructed()) || // version
		!tbs.SkipASN1(asn1.INTEGER) || // serial number
		!tbs.SkipASN1(asn1.SEQUENCE) || // signature algorithm
		!tbs.ReadASN1(&issuer, asn1.SEQUENCE) ||
		!tbs.SkipASN1(asn1.SEQUENCE) || // validity
		!tbs.ReadASN1(&subject, asn1.SEQUENCE) {
		return nil, nil
	}
	common = commonName(subject)
	if !tbs.SkipASN1(asn1.SEQUENCE) || // public key
		!tbs.SkipOptionalASN1(asn1.Tag(1).ContextSpecific()) ||
		!tbs.SkipOptionalASN1(asn1.Tag(2).ContextSpecific()) {
		return common, nil
	}
	var wrapped, extensions cryptobyte.String
	var present bool
	if !tbs.ReadOptionalASN1(&wrapped, &present, asn1.Tag(3).ContextSpecific().Constructed()) || !present ||
		!wrapped.ReadASN1(&extensions, asn1.SEQUENCE) {
		return common, nil
	}
	return common, firstDNSName(extensions)
}

// commonName returns the last common name, which is the most specific one.
func commonName(name cryptobyte.String) []byte {
	var common []byte
	for len(name) > 0 {
		var set, pair, oid, value cryptobyte.String
		var tag asn1.Tag
		if !name.ReadASN1(&set, asn1.SET) {
			break
		}
		for len(set) > 0 && set.ReadASN1(&pair, asn1.SEQUENCE) {
			if pair.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) && bytes.Equal(oid, oidCommonName) && pair.ReadAnyASN1(&value, &tag) {
				common = value
			}
		}
	}
	return common
}

// firstDNSName finds the subject's alternative names among the extensions
// and returns the first of kind dNSName.
func firstDNSName(extensions cryptobyte.String) []byte {
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
		for len(names) > 0 {
			var one cryptobyte.String
			var tag asn1.Tag
			if !names.ReadAnyASN1(&one, &tag) {
				return nil
			}
			if tag == asn1.Tag(2).ContextSpecific() {
				return one
			}
		}
		return nil
	}
	return nil
}
