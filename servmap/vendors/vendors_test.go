package vendors

import (
	"bytes"
	"encoding/hex"
	"net"
	"os"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	tests := []struct{ name, mac, want string }{
		{"MA-L", "b8:27:eb:00:00:01", "Raspberry Pi Foundation"},
		{"last of a block", "b8:27:eb:ff:ff:ff", "Raspberry Pi Foundation"},
		{"first prefix of all", "00:00:00:12:34:56", "XEROX"},
		{"MA-M", "00:55:da:01:23:45", "Shinko Technos"},
		{"MA-S", "00:1b:c5:00:01:02", "Converging Systems"},
		{"locally administered", "02:00:00:00:00:01", ""},
		{"locally administered, that a table might have", "ba:27:eb:00:00:01", ""},
		{"group", "01:00:5e:00:00:fb", ""},
		{"broadcast", "ff:ff:ff:ff:ff:ff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mac, err := net.ParseMAC(tt.mac)
			if err != nil {
				t.Fatal(err)
			}
			if got := Of([6]byte(mac)); got != tt.want {
				t.Errorf("Of(%s) = %q, want %q", tt.mac, got, tt.want)
			}
		})
	}
}

// TestPacked holds the packed table to its text: go generate makes them the same.
func TestPacked(t *testing.T) {
	text, err := os.ReadFile("vendors.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Pack(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != packed {
		t.Fatal("vendors.bin is not that of vendors.txt: run go generate ./servmap/vendors")
	}
	vendor := map[string]string{} // of a prefix
	for line := range strings.Lines(string(text)) {
		name, prefixes, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for prefix := range strings.FieldsSeq(prefixes) {
			vendor[prefix] = name
		}
	}
	if len(vendor) < 30_000 {
		t.Fatalf("%d prefixes", len(vendor))
	}
	for prefix := range vendor {
		digits := (prefix + "ffffff")[:12]
		raw, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		for _, n := range []int{6, 7, 9} {
			if name, ok := vendor[digits[:n]]; ok {
				want = name // the longest block counts
			}
		}
		if raw[0]&3 != 0 {
			want = ""
		}
		if got := Of([6]byte(raw)); got != want {
			t.Fatalf("Of(%s) = %q, want %q", digits, got, want)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	for _, text := range []string{"no tab 001122", "\t001122", "A\t00112", "A\t00112g", "A\t001122 001122", "A\t0011223344"} {
		if _, err := Pack(strings.NewReader("# vendors\n" + text + "\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("Pack(%q): %v, want an error in line 2", text, err)
		}
	}
}
