package protocols

import (
	"testing"

	"servmap/classify"
)

// TestSpeakerOf asks who sends single messages, of which each is only one side's or both sides'.
func TestSpeakerOf(t *testing.T) {
	const client, server, either = classify.ClientSpeaks, classify.ServerSpeaks, classify.AnySpeaker
	byName := map[string]*classify.Protocol{}
	for _, p := range All {
		byName[p.Name] = p
	}
	for _, test := range []struct {
		protocol, name, message string
		want                    classify.Speaker
	}{
		{"MQTT", "CONNECT", "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00", client},
		{"MQTT", "CONNACK", "\x20\x02\x00\x00", server},
		{"MQTT", "SUBSCRIBE", "\x82\x06\x00\x01\x00\x01a\x00", client},
		{"MQTT", "SUBACK", "\x90\x03\x00\x01\x00", server},
		{"MQTT", "UNSUBACK", "\xb0\x02\x00\x01", server},
		{"MQTT", "PINGREQ", "\xc0\x00", client},
		{"MQTT", "PINGRESP behind a PUBLISH", "\x30\x03\x00\x01a\xd0\x00", server},
		{"MQTT", "PUBLISH", "\x30\x03\x00\x01a", either},
		{"AMQP", "header", "AMQP\x00\x00\x09\x01", client},
		{"AMQP", "header of 1.0", "AMQP\x00\x01\x00\x00", either},
		{"AMQP", "start", "\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0a", server},
		{"AMQP", "start-ok", "\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0b", client},
		{"AMQP", "declare-ok", "\x01\x00\x01\x00\x00\x00\x04\x00\x32\x00\x0b", server},
		{"AMQP", "publish", "\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x28", client},
		{"AMQP", "deliver", "\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x3c", server},
		{"AMQP", "acknowledgement", "\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x50", either},
		{"AMQP", "mechanisms of SASL", "\x00\x00\x00\x10\x02\x01\x00\x00\x00\x53\x40", server},
		{"MongoDB", "message", "\x1a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00", client},
		{"MongoDB", "response", "\x1a\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\xdd\x07\x00\x00", server},
		{"PostgreSQL", "SSLRequest", "\x00\x00\x00\x08\x04\xd2\x16\x2f", client},
		{"PostgreSQL", "AuthenticationOk", "R\x00\x00\x00\x08\x00\x00\x00\x00", server},
		{"PostgreSQL", "ParameterStatus", "S\x00\x00\x00\x09a\x00b\x00\x00", server},
		{"PostgreSQL", "Sync", "S\x00\x00\x00\x04", either},
		{"PostgreSQL", "ErrorResponse", "E\x00\x00\x00\x10SFATAL\x00", server},
		{"RESP", "answer", "+OK\r\n", server},
		{"RESP", "command or answer", "*1\r\n$4\r\nPING\r\n", either},
		{"MsSQL-TDS", "PRELOGIN", "\x12\x01\x00\x2f\x00\x00\x01\x00\x00", client},
		{"MsSQL-TDS", "TLS", "\x12\x01\x00\x2f\x00\x00\x01\x00\x16", either},
		{"MsSQL-TDS", "response", "\x04\x01\x00\x2f\x00\x00\x01\x00\x00", server},
		{"Oracle", "CONNECT", "\x00\x3a\x00\x00\x01\x00\x00\x00", client},
		{"Oracle", "ACCEPT", "\x00\x20\x00\x00\x02\x00\x00\x00", server},
		{"LDAP", "search", "\x30\x05\x02\x01\x01\x63\x00", client},
		{"LDAP", "entry", "\x30\x05\x02\x01\x01\x64\x00", server},
		{"Kerberos", "request", "\x00\x00\x00\x50\x6a\x4e", client},
		{"Kerberos", "error", "\x00\x00\x00\x50\x7e\x4e", server},
		{"Radius", "request", "\x01\x01\x00\x14", client},
		{"Radius", "challenge", "\x0b\x01\x00\x14", server},
		{"SNMP", "get", "\x30\x0d\x02\x01\x01\x04\x06public\xa0\x00", client},
		{"SNMP", "response", "\x30\x0d\x02\x01\x01\x04\x06public\xa2\x00", server},
		{"S7Comm", "connection request", "\x03\x00\x00\x16\x11\xe0", client},
		{"S7Comm", "connection confirm", "\x03\x00\x00\x16\x11\xd0", server},
		{"S7Comm", "job", "\x03\x00\x00\x1f\x02\xf0\x80\x32\x01", client},
		{"S7Comm", "data acknowledged", "\x03\x00\x00\x1f\x02\xf0\x80\x32\x03", server},
		{"IEC60870", "start", "\x68\x04\x07\x00\x00\x00", client},
		{"IEC60870", "start confirmed behind a test", "\x68\x04\x43\x00\x00\x00\x68\x04\x0b\x00\x00\x00", server},
		{"IEC60870", "interrogation", "\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00", client},
		{"IEC60870", "measured value", "\x68\x0e\x00\x00\x00\x00\x0d\x01\x03\x00", server},
		{"DNP3", "of the master", "\x05\x64\x05\xc4", client},
		{"DNP3", "of the outstation", "\x05\x64\x05\x44", server},
		{"OPC-UA", "hello", "HELF", client},
		{"OPC-UA", "acknowledgement", "ACKF", server},
		{"Nats", "INFO", "INFO {}\r\n", server},
		{"Nats", "PING", "PING\r\n", either},
		{"Jabber", "header of the client", "<stream:stream to='example.com'>", client},
		{"Jabber", "header of the server", "<stream:stream from='example.com' id='x'>", server},
		{"Diameter", "capabilities asked for", "\x01\x00\x00\x14\x80\x00\x01\x01", client},
		{"Diameter", "capabilities told", "\x01\x00\x00\x14\x00\x00\x01\x01", server},
		{"Diameter", "watchdog", "\x01\x00\x00\x14\x80\x00\x01\x18", either},
		{"SMPP", "delivery", "\x00\x00\x00\x10\x00\x00\x00\x05", server},
		{"SMPP", "delivery acknowledged", "\x00\x00\x00\x10\x80\x00\x00\x05", client},
		{"Corba", "request", "GIOP\x01\x02\x00\x00", client},
		{"Corba", "reply", "GIOP\x01\x02\x00\x01", server},
		{"DCERPC", "bind", "\x05\x00\x0b", client},
		{"DCERPC", "bind acknowledged", "\x05\x00\x0c", server},
		{"Gearman", "response", "\x00RES\x00\x00\x00\x08", server},
		{"STOMP", "CONNECTED", "CONNECTED\n", server},
		{"HiSLIP", "initialisation answered", "HS\x01", server},
		{"PPTP", "control connection", "\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x01", client},
		{"PPTP", "control connection answered", "\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x02", server},
		{"OpenFlow", "features asked for behind a hello", "\x04\x00\x00\x08\x00\x00\x00\x01\x04\x05\x00\x08\x00\x00\x00\x02", server},
		{"OpenFlow", "hello", "\x04\x00\x00\x08\x00\x00\x00\x01", either},
		{"EthernetIP", "session asked for", "\x65\x00\x04\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", client},
		{"EthernetIP", "session given", "\x65\x00\x04\x00\x01\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", server},
		{"H323", "setup", "\x03\x00\x00\x40\x08\x02\x12\x34\x05", client},
		{"H323", "connect", "\x03\x00\x00\x40\x08\x02\x92\x34\x07", server},
		{"IEC62056", "link opened", "\x7e\xa0\x07\x03\x21\x93\x0f\x01\x7e", client},
		{"IEC62056", "link confirmed", "\x7e\xa0\x07\x21\x03\x73\x0f\x01\x7e", server},
		{"TLS", "server hello", "\x16\x03\x03\x00\x31\x02\x00\x00\x2d", server},
		{"TLS", "enciphered", "\x16\x03\x03\x00\x28\x02\x8a\x41\x90", either},
		{"TLS", "client's keys", "\x16\x03\x03\x00\x46\x10\x00\x00\x42", client},
	} {
		p := byName[test.protocol]
		if p == nil || p.Speaker == nil {
			t.Errorf("%s has no Speaker", test.protocol)
			continue
		}
		if got := p.Speaker(classify.TCP, []byte(test.message)); got != test.want {
			t.Errorf("%s, %s: %d, want %d", test.protocol, test.name, got, test.want)
		}
	}
}
