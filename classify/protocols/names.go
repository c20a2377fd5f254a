package protocols

// subLabels are the names that recognisers put into Found.Master and
// Found.App and that are no protocol of their own, one a line, in
// alphabetical order.
var subLabels = []string{
	"Discord",
	"DoH_DoT",
	"Dropbox",
	"FacebookVoip",
	"FTPS",
	"GoogleCall",
	"GoogleMeet",
	"GoTo",
	"HLS",
	"IMAPS",
	"MpegDash",
	"MS-RPCH",
	"Nintendo",
	"OCS",
	"OCSP",
	"POPS",
	"Signal",
	"SignalVoip",
	"Skype_Teams",
	"Skype_TeamsCall",
	"SMTPS",
	"SnapchatCall",
	"Telegram",
	"TelegramVoip",
	"Viber",
	"ViberVoip",
	"WebDAV",
	"Webex",
	"WebSocket",
	"WhatsApp",
	"WhatsAppCall",
	"Zoom",
}
