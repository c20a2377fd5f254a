package protocols

// subLabels are the names that recognisers put into Found.Master and
// Found.App and that are no protocol of their own, one a line, in
// alphabetical order.
var subLabels = []string{
	"DoH_DoT",
	"FTPS",
	"GoogleCall",
	"IMAPS",
	"POPS",
	"SignalVoip",
	"Skype_TeamsCall",
	"SMTPS",
	"TelegramVoip",
	"WhatsAppCall",
}
