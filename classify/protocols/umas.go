package protocols

import "servmap/classify"

var umas = classify.Protocol{
	Name: "UMAS", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{502}, NoGuess: true,
	Recognise: recogniseUMAS, Reference: "Schneider Electric Unified Messaging Application Services, Modbus function 90",
}

// umasFunction is the Modbus function that carries UMAS.
const umasFunction = 0x5a

// recogniseUMAS accepts Modbus messages with function 90.
func recogniseUMAS(p *classify.Probe) classify.Outcome { return modbusFlow(p, true) }
