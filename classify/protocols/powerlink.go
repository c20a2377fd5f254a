package protocols

import "servmap/classify"

var powerlink = classify.Protocol{
	Name: "POWERLINK", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{3819}, PortsOnly: true,
	FirstBytes: classify.Bytes("\x06"), Recognise: recognisePOWERLINK, Reference: "EPSG DS 301, section 6.3.2",
}

// recognisePOWERLINK accepts, on its port, an asynchronous message that carries service data: its type, two
// bytes that are not used over UDP, the service, then numbers sent and received with the state of the
// connection, and two bytes that are zero (EPSG DS 301, sections 6.3.2.2 and 6.3.2.3).
func recognisePOWERLINK(p *classify.Probe) classify.Outcome {
	const asynchronous, serviceData, sequence = 6, 5, 8
	b := p.Payload
	if !p.HasPort(3819) || len(b) < sequence || b[0] != asynchronous || b[1]|b[2] != 0 || b[3] != serviceData || b[6]|b[7] != 0 {
		return classify.Never
	}
	return classify.Match
}
