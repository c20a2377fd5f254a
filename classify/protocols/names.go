package protocols

// subLabels are the names that recognisers put into Found.Master and
// Found.App and that are no protocol of their own, one a line, in
// alphabetical order.
var subLabels = []string{
	"AnyDesk",
	"DoH_DoT",
	"FortiClient",
	"FTPS",
	"GoogleCall",
	"IMAPS",
	"POPS",
	"SignalVoip",
	"Skype_TeamsCall",
	"SMTPS",
	"Psiphon",
	"PrivateInternetAccess",
	"SignalVoip",
	"Skype_TeamsCall",
	"SMTPS",
	"SnapchatCall",
	"TeamViewer",
	"TelegramVoip",
	"Tor",
	"WhatsAppCall",
}
