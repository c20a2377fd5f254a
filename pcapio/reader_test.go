package pcapio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestInputErrors(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data, _ := tiny()
	good, empty := put("good", data), put("empty", nil)
	text := put("text", []byte("To be, or not to be"))
	short := put("short", []byte("no"))
	esc := put("esc", []byte("\x1b[31mred"))
	line := put("line", []byte("\n\r\r\n and so on, but no byte order"))
	gzText := put("text.gz", pack(t, "gz", []byte("To be, or not to be")))
	gzEmpty := put("empty.gz", pack(t, "gz", nil))
	missing := filepath.Join(dir, "missing\a")
	link := filepath.Join(dir, "link")
	if err := os.Link(good, link); err != nil {
		t.Skip(err)
	}
	const wanted = "is no capture: expected a pcap or pcapng (also as gz, zst, xz, bz2 or lz4), found "
	tests := []struct {
		name   string
		paths  []string
		path   string
		reason string
	}{
		{"missing", []string{good, missing}, missing, "there is no such file"},
		{"directory", []string{dir}, dir, "is a directory"},
		{"empty", []string{good, empty}, empty, "is empty"},
		{"text", []string{text}, text, wanted + `"To be, or no"`},
		{"text among captures", []string{good, text}, text, wanted + `"To be, or no"`},
		{"short", []string{short}, short, wanted + `"no"`},
		{"escape sequence", []string{esc}, esc, wanted + `"\x1b[31mred"`},
		{"empty lines", []string{line}, line, wanted + `"\n\r\r\n and so "`},
		{"compressed text", []string{gzText}, gzText, wanted + `"To be, or no"`},
		{"compressed nothing", []string{gzEmpty}, gzEmpty, "is empty after decompression"},
		{"twice", []string{good, good}, good, "is named twice"},
		{"twice by another name", []string{good, link}, link, "is the same file as " + good},
		{"standard input twice", []string{"-", "-"}, "-", "is named twice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := Open(test.paths, Options{})
			var in *InputError
			if r != nil || !errors.As(err, &in) || in.Path != test.path || in.Reason != test.reason {
				t.Errorf("error %v\nwant  %s: %s", err, test.path, test.reason)
			}
		})
	}
	t.Run("no name", func(t *testing.T) {
		if _, err := Open(nil, Options{}); err == nil {
			t.Error("no error")
		}
	})
	t.Run("words", func(t *testing.T) {
		for path, want := range map[string]string{"a b": "a b: x", "-": "standard input: x", "a\x1b": `"a\x1b": x`, "\xff": `"\xff": x`} {
			if got := (&InputError{Path: path, Reason: "x"}).Error(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

// at returns a capture of packets at these times in seconds, each with the
// name and its place as data.
func at(name string, times ...uint32) []byte {
	p := newPcap(little, magicMicro, 2, 4, 0, 1)
	for i, sec := range times {
		p.packet(sec, 0, name+string(rune('0'+i)))
	}
	return p.b
}

// names reads all packets and returns their data.
func names(t *testing.T, r *Reader) string {
	t.Helper()
	var all []string
	for _, p := range drain(t, r) {
		all = append(all, p.Data)
	}
	return strings.Join(all, " ")
}

// TestFileOfPacket checks that every packet of a merge names its capture.
func TestFileOfPacket(t *testing.T) {
	one, two := write(t, "one", at("1", 10, 20, 30)), write(t, "two", at("2", 5, 20, 40))
	r, err := Open([]string{one, two}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p Packet
	var got []string
	for r.Next(&p) == nil {
		got = append(got, string(p.Data[:1])+r.Files()[p.File].Name)
	}
	if want := "2two 1one 2two 1one 1one 2two"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestMerge(t *testing.T) {
	dir := t.TempDir()
	broken := at("x", 5, 6, 7)
	files := map[string][]byte{
		"a": at("a", 10, 20, 30), "b": at("b", 10, 15, 30), "c": at("c", 1, 30, 40), "d": at("d", 31, 29, 41),
		"e": at("e"), "f.gz": pack(t, "gz", at("f", 2, 12, 100)), "x": broken[:len(broken)-1],
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ paths, want string }{
		{"d", "d0 d1 d2"},
		{"a b", "a0 b0 b1 a1 a2 b2"},
		{"a c", "c0 a0 a1 c1 a2 c2"},
		{"c d", "c0 c1 d0 d1 c2 d2"},
		{"a b c d e f.gz x", "c0 f0 x0 x1 a0 b0 f1 b1 a1 c1 a2 b2 d0 d1 c2 d2 f2"},
	}
	for _, test := range tests {
		t.Run(test.paths, func(t *testing.T) {
			paths := strings.Fields(test.paths)
			for range paths {
				// Every rotation of the arguments gives the same.
				paths = append(paths[1:], paths[0])
				var full []string
				for _, p := range paths {
					full = append(full, filepath.Join(dir, p))
				}
				r, err := Open(full, Options{Hash: true})
				if err != nil {
					t.Fatal(err)
				}
				if got := names(t, r); got != test.want {
					t.Errorf("%v: %s, want %s", paths, got, test.want)
				}
				damaged := 0
				for _, f := range r.Files() {
					sum := sha256.Sum256(files[f.Name])
					if f.SHA256 != hex.EncodeToString(sum[:]) {
						t.Errorf("%s: digest %s", f.Name, f.SHA256)
					}
					damaged += int(f.Damaged)
				}
				if want := strings.Count(test.paths, "x"); damaged != want || len(r.Damage()) != want {
					t.Errorf("%d damages, want %d", damaged, want)
				}
				r.Close()
			}
		})
	}
}

// TestLookCountsNothing reads the heads of several files twice and tells of
// them once.
func TestLookCountsNothing(t *testing.T) {
	one, two := write(t, "one", at("a", 1, 2)), write(t, "two", at("b", 1)[:30])
	r, err := Open([]string{one, two}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := names(t, r); got != "a0 a1" {
		t.Errorf("packets %s", got)
	}
	for _, f := range r.Files() {
		if f.InterfaceCount != 1 || f.Name == "one" && f.Packets != 2 || f.Name == "two" && (f.Packets != 0 || f.Damaged != 1) {
			t.Errorf("file %+v", f)
		}
	}
	want := []string{two + ": damaged at packet 1, byte 24: expected a record header of 16 bytes, but the file ends after 6 of them"}
	if got := damages(r); !reflect.DeepEqual(got, want) {
		t.Errorf("damage %q", got)
	}
}

// TestTurns holds no file open but those whose packets are due.
func TestTurns(t *testing.T) {
	var paths []string
	for i := range uint32(20) {
		paths = append(paths, write(t, "part", at("x", 10*i+10, 10*i+15, 10*i+20)))
	}
	r, err := Open(paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var p Packet
	most, packets := 0, 0
	for err = nil; err == nil; err = r.Next(&p) {
		open := 0
		for _, in := range r.inputs {
			if in.f != nil {
				open++
			}
		}
		most = max(most, open)
		packets++
	}
	if err != io.EOF || packets != 61 || most != 2 {
		t.Errorf("%d packets, %v; %d files open at a time", packets-1, err, most)
	}
}

// TestFiles checks all that is told of the files.
func TestFiles(t *testing.T) {
	data, _ := tiny()
	packed := pack(t, "zst", data)
	one, two := write(t, "one.pcap", at("a", 7, 5, 6)), write(t, "two.pcap.zst", packed)
	r, err := Open([]string{two, one}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	drain(t, r)
	size := int64(24 + 3*18)
	want := []File{{
		Path: one, Name: "one.pcap", Container: "pcap", Size: size, Read: size, Packets: 3, Bytes: 6, Captured: 6, First: 5e9, Last: 7e9,
		InterfaceCount: 1, Interfaces: []Interface{{Link: 1, Resolution: "10^-6 s", FCSLen: -1}},
	}, {
		Path: two, Name: "two.pcap.zst", Container: "pcap", Compression: "zst", Size: int64(len(packed)), Read: int64(len(packed)), SnapLen: 65535,
		Packets: 3, Bytes: 710, Captured: 710, First: 1_700_000_000e9, Last: 1_700_000_000e9 + 2000,
		InterfaceCount: 1, Interfaces: []Interface{{Link: 1, SnapLen: 65535, Resolution: "10^-6 s", FCSLen: -1}},
	}}
	if got := r.Files(); !reflect.DeepEqual(got, want) {
		t.Errorf("files %+v\nwant  %+v", got, want)
	}
	total := size + int64(len(packed))
	if got, want := r.Progress(), (Progress{Read: total, Size: total, Packets: 6}); got != want {
		t.Errorf("progress %+v, want %+v", got, want)
	}
}

// TestDigestOfDamaged takes the digest of the whole file, however early the
// reading ends.
func TestDigestOfDamaged(t *testing.T) {
	data, _ := tiny()
	rest := strings.Repeat("\xff", 3<<20)
	for name, content := range map[string]string{
		"plain": string(data) + rest, "gz": string(pack(t, "gz", append(data, rest...))) + rest, "header": string(data[:20]),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open([]string{write(t, "capture", []byte(content))}, Options{Hash: true})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			drain(t, r)
			sum := sha256.Sum256([]byte(content))
			if got := r.Files()[0].SHA256; got != hex.EncodeToString(sum[:]) || len(r.Damage()) != 1 {
				t.Errorf("digest %q, damage %v", got, r.Damage())
			}
		})
	}
}

// TestChangedFile tells of a file that goes away between the look at all and
// its turn.
func TestChangedFile(t *testing.T) {
	one, two := write(t, "one", at("a", 1)), write(t, "two", at("b", 2))
	for name, change := range map[string]func() error{
		"removed":   func() error { return os.Remove(two) },
		"truncated": func() error { return os.WriteFile(two, nil, 0o600) },
		"rewritten": func() error { return os.WriteFile(two, []byte("something else"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(two, at("b", 2), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Open([]string{one, two}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := change(); err != nil {
				t.Skip(err)
			}
			if got := names(t, r); got != "a0" {
				t.Errorf("packets %s", got)
			}
			if d := r.Damage(); len(d) != 1 || d[0].Path != two {
				t.Errorf("damage %v", d)
			}
		})
	}
}

// stdin makes a pipe the standard input until the test ends, and returns its
// other end.
func stdin(t *testing.T) *os.File {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdin
	os.Stdin = in
	t.Cleanup(func() {
		os.Stdin = old
		in.Close()
		out.Close()
	})
	return out
}

// TestPipeIsPrompt delivers a packet as soon as its last byte is there.
func TestPipeIsPrompt(t *testing.T) {
	for _, name := range []string{"pcap", "pcapng"} {
		t.Run(name, func(t *testing.T) {
			data := at("a", 1, 2)
			header, record := data[:24], data[24:42]
			if name == "pcapng" {
				n := ng(little)
				header = n.b
				record = n.packet(0, 1, "a0").b[len(header):]
			}
			out := stdin(t)
			out.Write(header)
			r, err := Open([]string{"-"}, Options{Idle: 20 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var p Packet
			for i := range 3 {
				for cut := range record {
					if cut%5 == 1 {
						if err := r.Next(&p); err != ErrIdle {
							t.Fatalf("after %d bytes of a record: %v", cut, err)
						}
					}
					out.Write(record[cut : cut+1])
				}
				if err := r.Next(&p); err != nil || string(p.Data) != "a0" || p.Number != uint64(i+1) {
					t.Fatalf("record %d: %v, %+v", i, err, p)
				}
			}
			out.Close()
			if err := r.Next(&p); err != io.EOF || r.Damage() != nil {
				t.Errorf("at the end: %v, damage %v", err, r.Damage())
			}
		})
	}
}

// TestPipePauses waits for a header that comes in pieces, and for the block
// behind a bad one, which tells whether the reading can go on.
func TestPipePauses(t *testing.T) {
	out := stdin(t)
	n := ng(little).packet(0, 1, "abcd").packet(0, 1, "abcd")
	bad := len(n.b)
	little.PutUint32(n.b[bad-4:], 40)
	n.packet(0, 1, "last")
	go func() {
		for i := range 20 {
			time.Sleep(10 * time.Millisecond)
			out.Write(n.b[i : i+1])
		}
		out.Write(n.b[20:bad])
	}()
	r, err := Open([]string{"-"}, Options{Idle: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	var p Packet
	for idle := 0; ; {
		err := r.Next(&p)
		if err == nil {
			got = append(got, string(p.Data))
			continue
		}
		if err != ErrIdle {
			break
		}
		idle++
		if idle == 100 {
			out.Write(n.b[bad:])
			out.Close()
		}
	}
	if !reflect.DeepEqual(got, []string{"abcd", "last"}) || len(r.Damage()) != 1 {
		t.Errorf("packets %q, damage %v", got, r.Damage())
	}
}

// TestPipeForms reads every form from standard input, alone and with a file.
func TestPipeForms(t *testing.T) {
	data, want := tiny()
	long := data
	for range 2000 {
		long = append(long, data[24:]...)
	}
	for _, name := range append([]string{""}, codecNames...) {
		t.Run("form "+name, func(t *testing.T) {
			stored, count := long, 3*2001
			if name == "bz2" {
				stored, count = data, 3
			}
			if name != "" {
				stored = pack(t, name, stored)
			}
			for _, also := range []string{"", write(t, "file", at("a", 1))} {
				out := stdin(t)
				go func() {
					out.Write(stored)
					out.Close()
				}()
				paths := []string{"-"}
				if also != "" {
					paths = append(paths, also)
					count++
				}
				r, err := Open(paths, Options{Hash: true})
				if err != nil {
					t.Fatal(err)
				}
				got := drain(t, r)
				if len(got) != count || !reflect.DeepEqual(got[len(got)-3:], want) || r.Damage() != nil {
					t.Errorf("%d packets, want %d; damage %v", len(got), count, r.Damage())
				}
				f := r.Files()[len(paths)-1]
				if f.Name != "-" || f.Size != -1 || f.SHA256 != "" || f.Compression != name || f.Read != int64(len(stored)) {
					t.Errorf("file %+v", f)
				}
				if got := r.Progress().Size; got != -1 {
					t.Errorf("size %d", got)
				}
				r.Close()
			}
		})
	}
}

func TestPipeErrors(t *testing.T) {
	for data, want := range map[string]string{
		"":       "standard input: is empty",
		"hello":  `standard input: is no capture: expected a pcap or pcapng (also as gz, zst, xz, bz2 or lz4), found "hello"`,
		"hello,": `standard input: is no capture: expected a pcap or pcapng (also as gz, zst, xz, bz2 or lz4), found "hello,"`,
	} {
		out := stdin(t)
		out.WriteString(data)
		out.Close()
		if _, err := Open([]string{"-"}, Options{}); err == nil || err.Error() != want {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestInterrupt ends a read that waits for a pipe, in Open and in Next, with
// what still came.
func TestInterrupt(t *testing.T) {
	data := at("a", 1, 2, 3)
	soon := func(t *testing.T, began time.Time) {
		t.Helper()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	}
	t.Run("Open", func(t *testing.T) {
		stdin(t)
		done := make(chan struct{})
		close(done)
		began := time.Now()
		if _, err := Open([]string{"-"}, Options{Done: done}); err != ErrInterrupted {
			t.Errorf("error %v", err)
		}
		soon(t, began)
	})
	for _, how := range []string{"Done", "Interrupt", "end of pipe"} {
		t.Run("Next, "+how, func(t *testing.T) {
			out := stdin(t)
			out.Write(data[:24+18])
			done := make(chan struct{})
			r, err := Open([]string{"-"}, Options{Done: done})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			began := time.Now()
			if how == "Interrupt" {
				r.Interrupt()
				r.Interrupt()
			} else {
				close(done)
			}
			// What a tcpdump writes that got the same signal.
			out.Write(data[24+18 : 24+2*18+3])
			want := ErrInterrupted
			if how == "end of pipe" {
				out.Write(data[24+2*18+3:])
				out.Close()
				want = io.EOF
			}
			var p Packet
			for err = r.Next(&p); err == nil; err = r.Next(&p) {
			}
			if err != want || p.Number < 2 || r.Damage() != nil {
				t.Errorf("error %v after packet %d, damage %v", err, p.Number, r.Damage())
			}
			soon(t, began)
		})
	}
	t.Run("file", func(t *testing.T) {
		long := newPcap(little, magicMicro, 2, 4, 0, 1)
		for range 200_000 {
			long.packet(1, 1, "a")
		}
		for _, name := range []string{"", "zst"} {
			stored := long.b
			if name != "" {
				stored = pack(t, name, stored)
			}
			r, err := Open([]string{write(t, "capture", stored)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var p Packet
			if err := r.Next(&p); err != nil {
				t.Fatal(err)
			}
			r.Interrupt()
			for err = r.Next(&p); err == nil; err = r.Next(&p) {
			}
			if err != ErrInterrupted || p.Number > 100_000 {
				t.Errorf("%v after packet %d", err, p.Number)
			}
			r.Close()
		}
	})
}

// TestNoAllocation reads packets without allocating.
func TestNoAllocation(t *testing.T) {
	pcap, ng := traffic(20_000)
	for name, data := range map[string][]byte{"pcap": pcap, "pcapng": ng, "pcap.gz": pack(t, "gz", pcap), "pcap.zst": pack(t, "zst", pcap)} {
		t.Run(name, func(t *testing.T) {
			r, err := Open([]string{write(t, "one", data), write(t, "two", at("a", 1))}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var p Packet
			next := func() {
				if err := r.Next(&p); err != nil {
					t.Fatal(err)
				}
			}
			for range 10_000 {
				next()
			}
			if got := testing.AllocsPerRun(9000, next); got != 0 {
				t.Errorf("%v allocations a packet", got)
			}
		})
	}
}
