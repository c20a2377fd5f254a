package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"servmap/servmap/findings"
	"servmap/servmap/mapjson"
)

// hold holds a report against --fail-on, for a format that shows it, and finds out where findings belong in the maps.
// all are the findings that count. A map that is gone has no lines.
func (v *invocation) hold(s *findings.Set, all []*findings.Finding, maps []string) {
	s.Held = s.Hold(v.Gate(), all)
	s.Held.Places = findings.NewPlaces(s.All(), maps...)
	for _, path := range maps {
		if err := readPlaces(s.Held.Places, path); err != nil && !errors.Is(err, os.ErrNotExist) {
			v.Warn("%s; its lines are not known", describe(err))
		}
	}
}

// judgingMaps names the maps by which a check judges, none where it learned its own from --baseline.
func (v *invocation) judgingMaps() []string {
	if len(v.Baseline) > 0 {
		return nil
	}
	return append([]string{v.MapToCheck()}, v.MoreMaps...)
}

// readPlaces looks for findings in a map file. What is no regular file was read already and cannot be read again.
func readPlaces(p *findings.Places, path string) error {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return err
	}
	data, err := mapjson.Load(path)
	if err != nil {
		return err
	}
	return p.Read(path, data)
}

// mapsOfReport names the maps in which the findings of a report are looked for: those of --map, which must be there;
// else, unless the check learned its own from --baseline, the usual one.
func (v *invocation) mapsOfReport(s *findings.Set) ([]string, error) {
	path, judged := v.MapToCheck(), s.Extra.Map
	if v.Given("map") {
		for _, path := range append([]string{path}, v.MoreMaps...) {
			if _, err := os.Stat(path); err != nil {
				return nil, err
			}
		}
	} else if judged.File == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err != nil {
		path = judged.File
	} else if info.Mode().IsRegular() && len(v.MoreMaps) == 0 && judged.SHA256 != "" && judged.SHA256 != hashOf(path) {
		v.Warn("%s: the map is not the one that judged, or was changed since: lines are those of today", path)
	}
	return append([]string{path}, v.MoreMaps...), nil
}

// hashOf returns the SHA-256 of a file in hexadecimal digits, or "" where it cannot be read.
func hashOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
