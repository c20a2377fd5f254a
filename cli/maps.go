package cli

import (
	"errors"
	"os"

	"servmap/cli/console"
	"servmap/pcapio"
	"servmap/servmap"
	"servmap/servmap/mapjson"
)

// noMap is what to say where there is no map to judge by.
const noMap = "there is no such map; learn one with servmap train BASELINE.pcap, or name a capture with --baseline"

// loadMap loads a map as it is.
func (v *invocation) loadMap(path string) (*servmap.Map, error) { return v.load(path, noMap) }

// loadNamed loads a map to judge by: its keys that are names become what these stand for. It warns of what
// no flow can match.
func (v *invocation) loadNamed(path string) (*servmap.Map, error) {
	missing := noMap
	if path == v.MapFile && v.ConfigFound() {
		missing = "there is no such map; " + v.ConfigFile + " names it, and train writes there with --config " + v.ConfigFile
	}
	m, data, err := v.parse(path, missing, v.Hosts)
	if err == nil {
		err = v.warnLint(path, data, m)
	}
	return m, err
}

// load loads a map as it is, and says where it was made with other settings. missing is what to say where
// there is none.
func (v *invocation) load(path, missing string) (*servmap.Map, error) {
	m, _, err := v.parse(path, missing, nil)
	return m, err
}

// parse is load, with names of hosts, and returns the bytes of the file too.
func (v *invocation) parse(path, missing string, hosts *servmap.Names) (*servmap.Map, []byte, error) {
	data, err := mapjson.Load(path)
	var m *servmap.Map
	if err == nil {
		m, err = servmap.ParseNamed(path, data, hosts)
	}
	m, err = v.admit(path, m, err, missing)
	return m, data, err
}

// keepsNames refuses to write a map anew whose hosts stand there by names of the configuration: what training
// knows of them is kept by their addresses, and would be lost.
func (v *invocation) keepsNames(path string, m *servmap.Map) error {
	if named := m.Named(v.Hosts); len(named) > 0 && m.Evidence != nil {
		return console.UsageError(path + ": hosts stand in it by names, such as " + named[0] + ": to write it anew would lose what training knows of them; write the addresses in place of the names first")
	}
	return nil
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
