package cli

import (
	"strings"

	"servmap/servmap"
)

// writesTo returns value, the name of an output that a key of the configuration
// gives. A configuration that was found and not named may change how flows are
// judged, not where files are written: then it is the empty name, and a warning.
func (v *invocation) writesTo(key, value string) string {
	if value == "" || !v.ConfigFound() {
		return value
	}
	v.Warn("%s: %s is not written to, because the configuration was found and not named; --config %s allows it", v.ConfigFile, key, v.ConfigFile)
	return ""
}

// warnConfig tells where an anomaly would read like a flow that is none.
func (v *invocation) warnConfig() {
	plain := func(verdict servmap.Verdict) string { return strings.ToLower(strings.TrimSpace(v.Wording.Of(verdict))) }
	for verdict := range servmap.Verdict(servmap.Verdicts) {
		if verdict != servmap.None && plain(verdict) == plain(servmap.None) {
			v.Warn("%s: the wording of %s, %q, is that of %s", v.ConfigFile, verdict, v.Wording.Of(verdict), servmap.None)
		}
	}
}
