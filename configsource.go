package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"servmap/servmap"
)

// maxConfigSize is how large a configuration may be, in bytes, and maxApplicationsSize the
// applications_file of one that was found and not named.
const (
	maxConfigSize       = 1 << 20
	maxApplicationsSize = 64 << 20
)

// readConfig reads a configuration file. One that was found and not named may
// have come with the captures: then it must be a regular file, so that nobody waits for a pipe.
func readConfig(name string, named bool) ([]byte, error) {
	if !named {
		if err := plainFile(name, maxConfigSize); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err == nil && len(data) > maxConfigSize {
		err = &os.PathError{Op: "read", Path: name, Err: fmt.Errorf("is longer than %d bytes", maxConfigSize)}
	}
	return data, err
}

// plainFile refuses what is no regular file, or is longer than so many bytes.
func plainFile(name string, most int64) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &os.PathError{Op: "read", Path: name, Err: errors.New("is no regular file, and the configuration was found and not named with --config")}
	case info.Size() > most:
		return &os.PathError{Op: "read", Path: name, Err: fmt.Errorf("is longer than %d bytes", most)}
	}
	return nil
}

// writesTo returns value, the name of an output that key gives. A configuration
// that was found and not named may change how flows are judged, not where files are
// written: then it is the empty name, and a warning.
func (c *config) writesTo(key, value string) string {
	if value == "" || c.named {
		return value
	}
	warn("%s: %s is not written to, because the configuration was found and not named; --config %s allows it", c.file, key, c.file)
	return ""
}

// files are those that the configuration came from, none of which may be an output.
func (c *config) files() []string {
	return slices.DeleteFunc([]string{c.file, c.ApplicationsFile}, func(name string) bool { return name == "" })
}

// warnWording tells where an anomaly would read like a flow that is none.
func (c *config) warnWording() {
	w := c.wording()
	plain := func(v servmap.Verdict) string { return strings.ToLower(strings.TrimSpace(w.Of(v))) }
	for v := range servmap.Verdict(servmap.Verdicts) {
		if v != servmap.None && plain(v) == plain(servmap.None) {
			warn("%s: the wording of %s, %q, is that of %s", c.file, v, w.Of(v), servmap.None)
		}
	}
}
