package cli

import (
	"errors"
	"os"

	"servmap/cli/console"
	"servmap/pcapio"
	"servmap/servmap"
)

// noMap says what to do where there is no map.
const noMap = "there is no such map; learn one with servmap train BASELINE.pcap, or name a capture with --baseline"

// loadMap loads the map to judge by.
func (v *invocation) loadMap(path string) (*servmap.Map, error) { return v.load(path, noMap) }

// load loads a map and says where it was made with other settings. missing is
// what to say where there is none.
func (v *invocation) load(path, missing string) (*servmap.Map, error) {
	m, err := servmap.Load(path)
	return v.admit(path, m, err, missing)
}

// admit takes a map that was loaded, or says what is wrong.
func (v *invocation) admit(path string, m *servmap.Map, err error, missing string) (*servmap.Map, error) {
	if errors.Is(err, os.ErrNotExist) {
		return nil, console.UsageError(path + ": " + missing)
	}
	if err != nil {
		return nil, console.UsageError(describe(err))
	}
	v.AdoptSettings(m.Meta)
	for _, d := range m.Differences(v.Settings) {
		v.Warn("%s: %s", path, d)
	}
	if m.Evidence == nil && !v.Settings.IgnoreUnknown {
		v.Warn("%s: the map has no evidence of hosts and services: nothing is routine, and hosts are known by their addresses alone", path)
	}
	return m, nil
}

// describe gives an error of the file system as "name: reason".
func describe(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Path + ": " + pcapio.Reason(err).Error()
	}
	return err.Error()
}
