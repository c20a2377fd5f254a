package protocols

// subLabels are the names that recognisers put into Found.Master and
// Found.App and that are no protocol of their own, one a line, in
// alphabetical order.
var subLabels = []string{
	"DoH_DoT",
	"FTPS",
	"GTP_C",
	"GTP_PRIME",
	"GTP_U",
	"GoogleCall",
	"IMAPS",
	"POPS",
	"SMTPS",
	"SignalVoip",
	"Skype_TeamsCall",
	"TelegramVoip",
	"WhatsAppCall",
}
