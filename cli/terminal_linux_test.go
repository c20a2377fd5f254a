package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"servmap/report/rows"

	"golang.org/x/sys/unix"
)

// terminal opens a terminal of a size, and returns it with what was written to it, once done is called.
func terminal(t *testing.T, columns, lines int) (tty *os.File, done func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Skip(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(lines)}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, master) // ends with an error when the terminal is closed
		all <- b.String()
	}()
	return tty, func() string {
		tty.Close()
		text := <-all
		master.Close()
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
}

// onTerminal runs a command whose output and messages go to one terminal.
func onTerminal(t *testing.T, dir string, columns int, args ...string) string {
	t.Helper()
	tty, done := terminal(t, columns, 24)
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := mainIn(dir, in, tty, tty, args); err != nil {
		t.Fatal(err)
	}
	return done()
}

// control is what moves the cursor or colours.
var control = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// wideFlows is a CSV of flows with addresses and names that are long, and characters that take two columns.
func wideFlows() string {
	var b strings.Builder
	b.WriteString("src_ip,src_port,dst_ip,dst_port,protocol,bidirectional_first_seen_ms,bidirectional_last_seen_ms,bidirectional_packets,bidirectional_bytes,application_name,requested_server_name\n")
	names := []string{"TLS.Amazon", "服务器应用程序名称很长很长很长很长", "HTTP.🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂", strings.Repeat("W", 90), "e\u0301e\u0301e\u0301", "DNS"}
	servers := []string{"", strings.Repeat("a-very-long-label.", 12) + "example.com", "пример.испытание", "例え.テスト", "x.example"}
	for i := range 150 {
		src := fmt.Sprintf("fd77:1:2:3:4444:5555:6666:%x", 0x1000+i%7)
		dst := []string{"10.0.0.1", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "fe80::1", fmt.Sprintf("10.200.100.%d", i)}[i%4]
		fmt.Fprintf(&b, "%s,%d,%s,%d,%d,%d,%d,%d,%d,%s,%s\n", src, 40000+i, dst, 1+i*7%60000, []int{6, 17, 1, 253}[i%4], 1e12+1000*i, 1e12+1000*i+500,
			i*12345, i*1234567891, names[i%len(names)], servers[i%len(servers)])
	}
	return b.String()
}

// TestLinesFitTheTerminal wants no line of text wider than the terminal, whatever is shown.
func TestLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, name := range []string{"baseline.pcap", "suspect.pcap"} {
		data, err := os.ReadFile(filepath.Join(packageFolder, "..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "recorded-"+name, string(data))
	}
	write(t, dir, "hostile.pcap", hostileCapture(t, "a\x1b[2J,=1"))
	write(t, dir, "scan.pcap", pcap(t, scanned()...))
	write(t, dir, "wide.csv", wideFlows())
	write(t, dir, strings.Repeat("a-long-name-", 12)+".pcap", pcap(t, conversation...))
	write(t, dir, "own.yaml", "src_ip_error: "+strings.Repeat("WHO IS THAT ", 5)+"\nhosts:\n  "+strings.Repeat("n", 70)+": 10.42.0.130\n")
	captures := []string{"suspect.pcap", "recorded-suspect.pcap", "hostile.pcap", "scan.pcap", "wide.csv", strings.Repeat("a-long-name-", 12) + ".pcap"}
	var lines [][]string
	for _, c := range captures {
		lines = append(lines, []string{"check", c}, []string{"check", "--format", "table", "--color", "always", c}, []string{"check", "--format", "findings", c},
			[]string{"check", "--config", "own.yaml", c}, []string{"train", "--replace", "-o", "learned.json", c}, []string{"diff", "services_map.json", "learned.json"},
			[]string{"lint", "learned.json"}, []string{"check", "--missing", "--map", "learned.json", "--report", "report.json", "-o", "lines", "recorded-baseline.pcap"},
			[]string{"report", "report.json"}, []string{"report", "--format", "table", "report.json"}, []string{"report", "--format", "findings", "report.json"},
			[]string{"accept", "--map", "learned.json", "--all", "--dry-run", "report.json"})
		if !strings.HasSuffix(c, ".csv") {
			lines = append(lines, []string{"flows", "--format", "text", c}, []string{"flows", "--format", "table", c}, []string{"info", c})
		}
	}
	lines = append(lines, []string{"protocols"}, []string{"interfaces"}, []string{"check", "no-such-" + strings.Repeat("file-", 60)}, []string{"help"})
	for _, c := range commands {
		lines = append(lines, []string{"help", c.name})
	}
	for _, columns := range []int{80, 120, 200, 37} {
		for _, args := range lines {
			said := onTerminal(t, dir, columns, args...)
			for _, line := range strings.Split(control.ReplaceAllString(said, ""), "\n") {
				line = line[strings.LastIndexByte(line, '\r')+1:]
				if n := rows.Cells(line); n > columns || strings.ContainsRune(line, '\t') {
					t.Errorf("%q in %d columns: a line of %d: %q", args, columns, n, line)
				}
			}
			if said == "" && args[0] != "lint" {
				t.Errorf("%q says nothing", args)
			}
		}
	}
}
