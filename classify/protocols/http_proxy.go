package protocols

import "servmap/classify"

// httpProxy is HTTP/1 spoken to a proxy: its requests name a whole URI (RFC
// 9112, section 3.2.2). The recogniser of HTTP finds it.
var httpProxy = classify.Protocol{
	Name:      "HTTP_Proxy",
	Category:  "Web",
	Transport: classify.TCP,
	TCPPorts:  []uint16{8080, 3128},
	Reference: "RFC 9112, section 3.2.2",
}

// httpConnect is a tunnel through a proxy, opened by the method CONNECT (RFC
// 9110, section 9.3.6). The recogniser of HTTP finds it.
var httpConnect = classify.Protocol{
	Name:      "HTTP_Connect",
	Category:  "Web",
	Transport: classify.TCP,
	TCPPorts:  []uint16{8080},
	NoGuess:   true, // a bare port 8080 is HTTP_Proxy
	Reference: "RFC 9110, section 9.3.6",
}
