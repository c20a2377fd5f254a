package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestACaptureFitsItsOwnMap learns captures and checks them by what was learned: every verdict is NONE,
// nothing is missing, there is no finding and no warning, whatever the settings.
func TestACaptureFitsItsOwnMap(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, name := range []string{"baseline.pcap", "suspect.pcap"} {
		data, err := os.ReadFile(filepath.Join(packageFolder, "..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "recorded-"+name, string(data))
	}
	write(t, dir, "conversation.pcap", pcap(t, conversation...))
	write(t, dir, "hostile.pcap", hostileCapture(t, "a\x1b[2J,=1"))
	write(t, dir, "scan.pcap", pcap(t, scanned()...))
	write(t, dir, "middle.pcap", pcap(t, conversation[3:]...))
	write(t, dir, "unknown.yaml", "unknown: ignore\n")
	write(t, dir, "identity.yaml", "identity: address\n")
	write(t, dir, "multicast.yaml", "multicast: remote\n")
	captures := []string{
		"base.pcap", "suspect.pcap", "recorded-baseline.pcap", "recorded-suspect.pcap", "conversation.pcap", "hostile.pcap", "scan.pcap", "middle.pcap",
		"base.pcap suspect.pcap", "recorded-baseline.pcap recorded-suspect.pcap", "base.csv", "recorded-suspect.csv",
	}
	for _, name := range []string{"base", "recorded-suspect"} {
		if got := runIn(t, dir, "flows", "-q", name+".pcap", "-o", name+".csv"); got != (result{}) {
			t.Fatalf("%+v", got)
		}
	}
	for _, settings := range []string{
		"", "--idle-timeout 0.2", "--active-timeout 1", "--local-network 198.51.100.0/24", "--no-tunnels", "--config identity.yaml", "--config multicast.yaml", "--config unknown.yaml",
	} {
		for _, capture := range captures {
			args := append(strings.Fields(capture), strings.Fields(settings)...)
			if got := runIn(t, dir, append([]string{"train", "-q", "--replace"}, args...)...); got != (result{}) {
				t.Fatalf("%q: %+v", args, got)
			}
			got := runIn(t, dir, append([]string{"check", "-q", "--format", "csv", "--anomalies", "--fail-on", "info"}, args...)...)
			rows := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")[1:]
			for _, row := range rows {
				// What was not recognised and not learned keeps its verdict.
				if settings != "--config unknown.yaml" || !strings.Contains(row, ",Unknown,") || !strings.Contains(row, "or,,,") { // minor or major, and no finding
					t.Errorf("%q: %s", args, row)
				}
			}
			if got.status != 0 || got.stderr != "" {
				t.Errorf("%q: %+v", args, got)
			}
			if got := runIn(t, dir, append([]string{"check", "-q", "--missing", "--format", "findings"}, args...)...); got != (result{}) {
				t.Errorf("%q: %+v", args, got)
			}
		}
	}
}

// scanned is a scan of a network and of a host's ports.
func scanned() (frames []frame) {
	for i := range 40 {
		at := float64(i) / 10
		target, port := "10.0.0."+strconv.Itoa(100+i)+":23", "10.0.0.7:"+strconv.Itoa(1000+i)
		frames = append(frames, frame{at: at, proto: "tcp", flags: "S", src: "10.0.0.1:" + strconv.Itoa(40000+i), dst: target},
			frame{at: at, proto: "tcp", flags: "S", src: "10.0.0.2:" + strconv.Itoa(40000+i), dst: port},
			frame{at: at, proto: "tcp", flags: "RA", src: port, dst: "10.0.0.2:" + strconv.Itoa(40000+i)})
	}
	return frames
}
