package protocols

// vpnOwners are the owners of addresses at which a tunnel is one of their own
// service.
var vpnOwners = map[string]string{
	"CloudflareWarp": "CloudflareWarp",
	"Mullvad":        "Mullvad",
	"NordVPN":        "NordVPN",
	"ProtonVPN":      "ProtonVPN",
	"Tailscale":      "Tailscale",
}

// callOwners are the owners of relays of calls, and what their calls are
// called. Facebook's relays carry the calls of several services.
var callOwners = map[string]string{
	"Discord":     "Discord",
	"GoogleCall":  "GoogleCall",
	"IMO":         "IMO",
	"KakaoTalk":   "KakaoTalk_Voice",
	"Line":        "LineCall",
	"Skype_Teams": "Skype_TeamsCall",
	"Telegram":    "TelegramVoip",
	"Threema":     "Threema",
	"Webex":       "Webex",
	"Zoom":        "Zoom",
}
