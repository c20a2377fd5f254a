package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestLiveTellsAtOnce wants a finding told while its flow goes on: a connection whose server has answered, and which
// stays open. At its end nothing is told again, and the report is that of a run that tells nothing.
func TestLiveTellsAtOnce(t *testing.T) {
	t.Parallel()
	near, far := wire(t)
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	write(t, dir, "services_map.json", `{"`+nearAddr+`": {"`+farAddr+`": [1, "DNS"]}}`)
	serve(t, far)
	for _, workers := range []string{"1", "2"} {
		r := launch(t, near.servmap(dir, "check", "-i", "near", "--workers", workers, "-o", "lines", "--report", "told.json"))
		quiet := launch(t, near.servmap(dir, "check", "-q", "-i", "near", "--report", "quiet.json"))
		waitFor(t, "the captures", func() bool { return near.captures(t) == 2 })
		if out, err := near.command("curl", "-sS", "-o", "/dev/null", "http://"+farAddr+"/").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		began := time.Now()
		waitFor(t, "the news", func() bool { return strings.Contains(r.stderr.String(), "NEW ") })
		if spent := time.Since(began); spent > 3*time.Second {
			t.Errorf("it took %v", spent)
		}
		if lines := read(t, dir, "lines"); lines != "" {
			t.Errorf("the flow has ended already: %s", lines)
		}
		r.end(t, os.Interrupt)
		quiet.end(t, os.Interrupt)
		said := r.stderr.String()
		if n := strings.Count(said, "NEW "); n != 1 || !strings.Contains(said, "NEW HIGH ") || !strings.Contains(said, " HTTP ") {
			t.Errorf("told %d times:\n%s", n, said)
		}
		if told, quiet := read(t, dir, "told.json"), read(t, dir, "quiet.json"); told != quiet {
			t.Errorf("the report is\n%s\nand where nothing is told\n%s", told, quiet)
		}
	}
}

// TestLiveStatus looks at a terminal on which a capture runs: a line is drawn in place, and lines of flows and findings
// take its place whole.
func TestLiveStatus(t *testing.T) {
	t.Parallel()
	n := loopback(t)
	dir := t.TempDir()
	write(t, dir, "services_map.json", "{}")
	tty, done := terminal(t, 80, 24)
	send := n.talker(t, "127.0.0.1:40404")
	cmd := n.servmap(dir, "check", "-i", "lo", "--duration", "3")
	cmd.Stdout, cmd.Stderr = tty, tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the capture", func() bool { return n.captures(t) == 1 })
	send(7)
	_ = cmd.Wait()
	said := done()
	for _, want := range []string{"listening on lo\n", "\r\x1b[Klo: 7 packets, 1 flow open, 0 findings, 0 dropped", "\r\x1b[KNEW LOW     new-host ", "  1. 127.0.0.1       --> 127.0.0.1       , Unknown "} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
}
