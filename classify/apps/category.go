package apps

import (
	"errors"
	"slices"
	"strings"
)

// categories are the groups of applications, in nfstream's spelling, sorted.
var categories = []string{
	"AdultContent", "Advertisement", "Chat", "Cloud", "Collaborative", "ConnCheck", "Crypto_Currency",
	"Cybersecurity", "DataTransfer", "Database", "Download", "Email", "Game", "IoT-Scada", "Media", "Mining",
	"Music", "Network", "RPC", "RemoteAccess", "Shopping", "SocialNetwork", "SoftwareUpdate", "Streaming",
	"System", "Unspecified", "VPN", "Video", "VirtAssistant", "VoIP", "Web",
}

var errCategory = errors.New("expected one of the categories " + strings.Join(categories, ", "))

func knownCategory(c string) bool {
	_, ok := slices.BinarySearch(categories, c)
	return ok
}
