package protocols

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"servmap/classify"
)

// vector is one conversation of testdata/*.txt: what each side sends, and
// what the engine must make of it.
type vector struct {
	file, title string
	transport   classify.Transport
	ports       [2]uint16
	ppid        uint32
	label       string
	// before is the master of what goes over to TLS, until it does.
	before string
	// near are protocols that it comes near to and is not.
	near     []string
	want     map[string]string
	payloads []classify.Payload
}

// readVectors returns every vector of testdata, in a list of its own. The tests share the vectors, and
// change copies only.
func readVectors(t testing.TB) []*vector {
	t.Helper()
	all, err := readVectorFiles()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(all)
}

var readVectorFiles = sync.OnceValues(func() ([]*vector, error) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no vectors in testdata: %w", err)
	}
	var all []*vector
	for _, path := range paths {
		vs, err := readVectorFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, vs...)
	}
	return all, nil
})

func readVectorFile(path string) ([]*vector, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var (
		vs     []*vector
		v      *vector
		scan   = bufio.NewScanner(f)
		made   bool
		number int
	)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		number++
		line := scan.Text()
		made = made || strings.HasPrefix(line, "# How made:")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if title, ok := strings.CutPrefix(line, "case "); ok {
			v = &vector{file: filepath.Base(path), title: title, want: map[string]string{}}
			vs = append(vs, v)
			continue
		}
		if v == nil {
			err = errors.New("a line before the first case")
		} else {
			err = v.line(line)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	if !made {
		return nil, fmt.Errorf(`%s: no line "# How made: ..."`, path)
	}
	return vs, scan.Err()
}

// line reads one line of a case.
func (v *vector) line(line string) error {
	if line[0] == ' ' || line[0] == '\t' {
		if len(v.payloads) == 0 {
			return errors.New("a continued line without a payload before it")
		}
		return v.bytes(line)
	}
	key, rest, _ := strings.Cut(line, " ")
	switch key {
	case "tcp", "udp", "sctp":
		v.transport = map[string]classify.Transport{"tcp": classify.TCP, "udp": classify.UDP, "sctp": classify.SCTP}[key]
		if n, err := fmt.Sscan(rest, &v.ports[0], &v.ports[1], &v.ppid); n < 2 {
			return err
		}
		return nil
	case "label":
		v.label = rest
	case "before":
		v.before = rest
	case "near":
		v.near = strings.Fields(rest)
	case "name", "client-fingerprint", "server-fingerprint", "user-agent", "content-type":
		v.want[key] = rest
	case ">", "<":
		from := classify.Client
		if key == "<" {
			from = classify.Server
		}
		v.payloads = append(v.payloads, classify.Payload{From: from})
		return v.bytes(rest)
	default:
		return fmt.Errorf("unknown word %q", key)
	}
	return nil
}

// bytes reads hex digits and quoted strings, each perhaps repeated: 00*16.
func (v *vector) bytes(text string) error {
	p := &v.payloads[len(v.payloads)-1]
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var piece []byte
		if text[0] == '"' {
			quoted, err := strconv.QuotedPrefix(text)
			if err != nil {
				return fmt.Errorf("%w: %s", err, text)
			}
			s, err := strconv.Unquote(quoted)
			if err != nil {
				return err
			}
			piece, text = []byte(s), text[len(quoted):]
		} else {
			end := strings.IndexAny(text, " \t\"*")
			if end < 0 {
				end = len(text)
			}
			b, err := hex.DecodeString(text[:end])
			if err != nil {
				return fmt.Errorf("%w: %q", err, text[:end])
			}
			piece, text = b, text[end:]
		}
		times := 1
		if strings.HasPrefix(text, "*") {
			end := strings.IndexAny(text, " \t")
			if end < 0 {
				end = len(text)
			}
			n, err := strconv.Atoi(text[1:end])
			if err != nil {
				return err
			}
			times, text = n, text[end:]
		}
		for range times {
			p.Data = append(p.Data, piece...)
		}
	}
	p.Len = len(p.Data)
	return nil
}

// testAddrs are the client and the server of every vector.
var testAddrs = [2]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")}

// classifyVector feeds payloads to the engine as a flow would.
func classifyVector(c *classify.Classifier, e *classify.Engine, v *vector, payloads []classify.Payload) (string, classify.Info) {
	st := c.NewState()
	defer c.Release(st)
	seq := [2]uint32{1000, 2000}
	for _, p := range payloads {
		s := classify.Segment{
			Transport: v.transport, From: p.From, Addrs: testAddrs, Ports: v.ports, Data: p.Data, Len: p.Len,
			PPID: v.ppid, Seq: seq[p.From], InitialSeq: []uint32{1000, 2000}[p.From], SYNSeen: true,
		}
		seq[p.From] += uint32(p.Len)
		if c.Feed(st, &s) {
			break
		}
	}
	c.Hints = c.Hints[:0]
	return e.LabelText(st.Label()), st.Info()
}

func newEngine(t testing.TB) *classify.Engine {
	t.Helper()
	e, err := classify.NewEngine(All, classify.Config{Applications: vocabulary{}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestVectors(t *testing.T) {
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		t.Run(v.file+"/"+v.title, func(t *testing.T) {
			label, info := classifyVector(c, e, v, v.payloads)
			if label != v.label {
				t.Errorf("label %s, want %s", label, v.label)
			}
			got := map[string]string{
				"name": info.ServerName(), "client-fingerprint": info.ClientFingerprint(),
				"server-fingerprint": info.ServerFingerprint(), "user-agent": info.UserAgent(), "content-type": info.ContentType(),
			}
			for key, want := range v.want {
				if got[key] != want {
					t.Errorf("%s %q, want %q", key, got[key], want)
				}
			}
		})
	}
}

// TestOnlyOne shows every conversation to every recogniser by itself: only
// the one whose label is expected may match.
func TestOnlyOne(t *testing.T) {
	slow(t)
	alone := map[string]*classify.Classifier{}
	engines := map[string]*classify.Engine{}
	for _, p := range All {
		if p.Recognise == nil || p.Weak {
			continue
		}
		one, err := classify.NewEngine([]*classify.Protocol{p}, classify.Config{Applications: vocabulary{}})
		if err != nil {
			t.Fatal(err)
		}
		engines[p.Name], alone[p.Name] = one, one.NewClassifier()
	}
	for _, v := range readVectors(t) {
		var matched []string
		for _, p := range All {
			if alone[p.Name] == nil || p.Transport&v.transport == 0 {
				continue
			}
			if label, _ := classifyVector(alone[p.Name], engines[p.Name], v, v.payloads); label != "Unknown" {
				matched = append(matched, p.Name+" says "+label)
			}
		}
		if len(matched) > 1 {
			t.Errorf("%s/%s: more than one recogniser matched: %v", v.file, v.title, matched)
		}
	}
}

// TestPrefixes cuts the last payload of every beginning of a conversation at
// every byte: nothing panics, and no prefix is taken for what neither the
// conversation before it nor that with the payload as a whole is.
func TestPrefixes(t *testing.T) {
	slow(t)
	e := newEngine(t)
	c := e.NewClassifier()
	for _, v := range readVectors(t) {
		for n := range v.payloads {
			whole := v.payloads[n]
			before, _ := classifyVector(c, e, v, v.payloads[:n])
			after, _ := classifyVector(c, e, v, v.payloads[:n+1])
			for cut := range whole.Data {
				payloads := append([]classify.Payload(nil), v.payloads[:n]...)
				payloads = append(payloads, classify.Payload{From: whole.From, Data: whole.Data[:cut:cut], Len: cut})
				label, _ := classifyVector(c, e, v, payloads)
				if label != "Unknown" && label != before && masterOf(label) != masterOf(after) && masterOf(label) != masterOf(v.label) && label != v.before {
					t.Errorf("%s/%s: payload %d cut after %d bytes is %s, the whole is %s", v.file, v.title, n, cut, label, v.label)
					break
				}
			}
		}
	}
}

// masterOf returns the part of a label before the first dot.
func masterOf(label string) string {
	master, _, _ := strings.Cut(label, ".")
	return master
}
