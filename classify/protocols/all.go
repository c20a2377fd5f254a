// Package protocols holds the recognisers, one file a protocol.
package protocols

import "servmap/classify"

// All lists every protocol that the program knows, in alphabetical order of
// their labels. A protocol that is declared and not listed here fails a test.
var All = []*classify.Protocol{
	&ajp,
	&bjnp,
	&crossfire,
	&dhcp,
	&dhcpv6,
	&dns,
	&fastcgi,
	&dtls,
	&ftps,
	&http,
	&http2,
	&httpConnect,
	&httpProxy,
	&icecast,
	&ipp,
	&jsonRPC,
	&llmnr,
	&mdns,
	&mongodb,
	&mpegTS,
	&mssqlTDS,
	&mysql,
	&natpmp,
	&netbios,
	&ntp,
	&ookla,
	&oracle,
	&postgresql,
	&resp,
	&rtmp,
	&rtsp,
	&smbv1,
	&smbv23,
	&quic,
	&smtps,
	&soap,
	&ssdp,
	&tls,
	&wsd,
}
