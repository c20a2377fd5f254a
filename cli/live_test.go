package cli

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestLive runs the program in a network namespace of its own, where nothing
// but the test's own datagrams are on the loopback interface.
func TestLive(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("a network namespace takes root on Linux")
	}
	for _, tool := range []string{"unshare", "ip", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	if out, err := exec.Command("unshare", "-n", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("no network namespace: %v %s", err, out)
	}
	dir := t.TempDir()
	inside := func(script string) (string, error) {
		cmd := exec.Command("unshare", "-n", "bash", "-c", "ip link set lo up\n"+script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "servmap="+servmapBinary())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const send = `for i in 1 2 3; do sleep 0.2; echo "hello $i" > /dev/udp/127.0.0.1/40404; done`
	t.Run("a number of packets", func(t *testing.T) {
		out, err := inside(`"$servmap" flows -q -i lo --format text --count 3 & sleep 0.5; ` + send + `; wait $!`)
		if err != nil || !strings.Contains(out, "--> 127.0.0.1:40404") {
			t.Errorf("%v:\n%s", err, out)
		}
	})
	t.Run("a map by SIGINT, a check by SIGTERM", func(t *testing.T) {
		out, err := inside(`"$servmap" train -q -i lo & pid=$!; sleep 0.5; ` + send + `; sleep 0.3; kill -INT $pid; wait $pid`)
		if m := read(t, dir, "services_map.json"); err != nil || !strings.Contains(m, `"name": "lo"`) {
			t.Errorf("%v: %s\nthe map:\n%s", err, out, m)
		}
		out, err = inside(`"$servmap" check -q -i lo --fail-on minor --report report.json & pid=$!; sleep 0.5; ` + send + `; sleep 0.3; kill -TERM $pid; wait $pid; echo status $?`)
		if err != nil || !strings.Contains(out, "127.0.0.1       --> 127.0.0.1") || !strings.Contains(out, "status 1\n") {
			t.Errorf("%v:\n%s", err, out)
		}
		if r := read(t, dir, "report.json"); !strings.Contains(r, `"tot_bytes"`) {
			t.Errorf("the report:\n%s", r)
		}
	})
	t.Run("a duration", func(t *testing.T) {
		if out, err := inside(`"$servmap" flows -q -i lo --format text --duration 0.3`); err != nil || out != "" {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}
