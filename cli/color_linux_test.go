package cli

import (
	"strings"
	"testing"
)

// TestColour wants levels coloured on a terminal, and elsewhere where that is asked for, and never without the word.
func TestColour(t *testing.T) {
	dir := folder(t)
	write(t, dir, "new.pcap", hostileCapture(t, "name"))
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	const red = "\x1b[31mHIGH\x1b[0m"
	on := func(args ...string) string {
		return onTerminal(t, dir, 80, append([]string{"check", "new.pcap"}, args...)...)
	}
	if said := on(); !strings.Contains(said, red) {
		t.Errorf("no colour on a terminal: %q", said)
	}
	if said := on("--color", "never"); strings.Contains(said, "\x1b[") || !strings.Contains(said, "HIGH") {
		t.Errorf("--color never: %q", said)
	}
	if got := runIn(t, dir, "check", "new.pcap"); strings.Contains(got.stdout+got.stderr, "\x1b[") {
		t.Errorf("colour in a pipe: %+v", got)
	}
	if got := runIn(t, dir, "check", "--color", "always", "new.pcap"); !strings.Contains(got.stderr, red) || !strings.Contains(got.stdout, "\x1b[31m") {
		t.Errorf("--color always: %+v", got)
	}
	t.Setenv("NO_COLOR", "1")
	if said := on(); strings.Contains(said, "\x1b[") {
		t.Errorf("NO_COLOR: %q", said)
	}
	if said := on("--color", "always"); !strings.Contains(said, red) {
		t.Errorf("--color always with NO_COLOR: %q", said)
	}
}
