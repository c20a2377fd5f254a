package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAPolicyPassesItsBaseline learns captures and wants that the policy of what was learned drops nothing of them. With
// SERVMAP_DATA these are also captures of corpus.
func TestAPolicyPassesItsBaseline(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	captures := []string{"base.pcap", "suspect.pcap"}
	for _, name := range []string{"baseline.pcap", "suspect.pcap"} {
		captures = append(captures, filepath.Join(packageFolder, "..", "testdata", name))
	}
	if data := os.Getenv("SERVMAP_DATA"); data != "" {
		all, err := filepath.Glob(filepath.Join(data, "corpus", "captures", "*"))
		if err != nil || len(all) == 0 {
			t.Fatal("no captures", err)
		}
		captures = append(captures, all...)
	}
	learned := 0
	for _, capture := range captures {
		// A capture of corpus may be damaged, or have no flow to learn.
		if got := runIn(t, dir, "train", "-q", "--replace", "-o", "m.json", capture); got.status != 0 {
			continue
		}
		learned++
		if got := runIn(t, dir, "policy", "-q", "m.json", "--dry-run", capture); got.status != 0 || got.stdout != "" {
			t.Errorf("%s: %+v", capture, got)
		}
	}
	if learned < 4 || learned < len(captures)/2 {
		t.Errorf("%d of %d captures learned", learned, len(captures))
	}
}

// TestNftTakesThePolicy wants that nft accepts what is written, where it is installed and may look at the kernel's tables.
func TestNftTakesThePolicy(t *testing.T) {
	t.Parallel()
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skip("there is no nft")
	}
	dir := folder(t)
	write(t, dir, "empty.nft", "table inet servmap {\n}\n")
	if out, err := exec.Command(nft, "-c", "-f", filepath.Join(dir, "empty.nft")).CombinedOutput(); err != nil {
		t.Skipf("nft may not look: %s", out)
	}
	write(t, dir, "hostile.pcap", hostileCapture(t, "a\n}\"#;{\x1b[2J\\"))
	write(t, dir, "hand.json", `{
		"10.0.0.0/24": {"remote": [0, "*", "TLS.*"], "10.0.0.7": [0, "Foo"], "multicast": [0, "MDNS"], "broadcast": [0, "DHCP"]},
		"*": {"*": [0, "*"], "fd00::1": [0, "ICMPV6"], "remote": [0, "Unknown:sctp/5", "Unknown:udp/*"]},
		"remote": {"remote": [0, "TLS"], "fd00::1": [0, "\"} accept\n#"]},
		"10.0.0.1": {"attempts local": [0, "SSH"], "attempts remote": [0, "Unknown:ip/47", "Unknown:udp/53"], "fd00::1": [0, "SSH"]}
	}`)
	for _, capture := range []string{"base.pcap", "suspect.pcap", "hostile.pcap"} {
		if got := runIn(t, dir, "train", "-q", "-o", capture+".json", capture); got != (result{}) {
			t.Fatalf("%+v", got)
		}
	}
	for _, args := range [][]string{{"base.pcap.json"}, {"suspect.pcap.json"}, {"hostile.pcap.json"}, {"hand.json"}, {"hand.json", "--host", "10.0.0.1"}, {"hand.json", "--host", "10.0.0.1", "--host", "fd00::1"}} {
		got := runIn(t, dir, append([]string{"policy"}, args...)...)
		write(t, dir, "policy.nft", got.stdout)
		if out, err := exec.Command(nft, "-c", "-f", filepath.Join(dir, "policy.nft")).CombinedOutput(); err != nil || got.status != 0 {
			t.Errorf("%v: %v %s\n%s", args, err, out, got.stdout)
		}
	}
}
