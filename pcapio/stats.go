package pcapio

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
)

// File is what is known of one input. The counts grow while it is read.
type File struct {
	// Path is the name as given, Name its last element.
	Path, Name string
	// Container is "pcap", "pcap (nanoseconds)", "pcap (modified)" or
	// "pcapng"; empty where damage came before it could be told.
	Container string
	// Compression is "gz", "zst", "xz", "bz2" or "lz4", empty for none.
	Compression string
	// BigEndian is the byte order of the (first) header.
	BigEndian bool
	// SHA256 is the digest of the bytes as stored, in hexadecimal: empty where
	// it was not asked for, for standard input, and until the file is read to
	// its end.
	SHA256 string
	// Size is the length as stored, -1 where the input is no regular file.
	Size int64
	// Read is how many of the stored bytes were read so far.
	Read int64
	// SnapLen is the largest snapshot length of its interfaces, 0 for none.
	SnapLen int
	// Packets counts packets, Bytes their length on the wire and Captured what
	// is there of them.
	Packets, Bytes, Captured uint64
	// First and Last are the smallest and the largest packet time in
	// nanoseconds since 1970; 0 where Packets is 0.
	First, Last int64
	// Interfaces are those that the file describes, at most 1,024 of them; a
	// classic pcap has one. InterfaceCount counts them all.
	Interfaces     []Interface
	InterfaceCount int
	// Skipped counts pcapng blocks that hold no packet and no description of
	// an interface.
	Skipped uint64
	// Damaged counts the damaged places.
	Damaged uint64
}

// Interface is where packets were captured, as far as the file says.
type Interface struct {
	// Name and Description are as the file has them: they may hold any bytes.
	Name, Description string
	Link              LinkType
	// SnapLen is the snapshot length, 0 for no limit.
	SnapLen int
	// Resolution is the unit of its times: "10^-6 s".
	Resolution string
	// FCSLen is the length in bytes of the frame check sequence at the end of
	// each frame, -1 where the file does not say.
	FCSLen int
}

// Progress is how far the reading has come.
type Progress struct {
	// Read is how many stored bytes were read, Size how many there are; Size
	// is -1 where an input is no regular file.
	Read, Size int64
	// Packets is the number of packets read, as of a moment ago.
	Packets uint64
}

// maxInterfaces is how many interfaces of a file are listed.
const maxInterfaces = 1024

func (f *File) addInterface(i Interface) {
	f.InterfaceCount++
	f.SnapLen = max(f.SnapLen, i.SnapLen)
	if len(f.Interfaces) < maxInterfaces {
		f.Interfaces = append(f.Interfaces, i)
	}
}

func (f *File) count(p *Packet) {
	if f.Packets == 0 {
		f.First, f.Last = p.Time, p.Time
	} else if p.Time > f.Last {
		f.Last = p.Time
	} else if p.Time < f.First {
		f.First = p.Time
	}
	f.Packets++
	f.Bytes += uint64(p.OrigLen)
	f.Captured += uint64(len(p.Data))
}

// newFile returns what is known before reading.
func newFile(path string, info os.FileInfo) File {
	f := File{Path: path, Name: filepath.Base(path), Size: -1}
	if info != nil && info.Mode().IsRegular() {
		f.Size = info.Size()
	}
	return f
}

// rawReader reads the bytes as stored: it counts them and, where asked,
// computes their digest in the same pass.
type rawReader struct {
	src   io.Reader
	count atomic.Int64
	hash  hash.Hash
}

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	if n > 0 {
		r.count.Add(int64(n))
		if r.hash != nil {
			r.hash.Write(p[:n])
		}
	}
	return n, err
}

// finish reads what is left, for the digest's sake.
func (r *rawReader) finish() {
	if r.hash != nil {
		if _, err := io.Copy(io.Discard, onlyReader{r}); err != nil {
			r.hash = nil
		}
	}
}

// onlyReader hides every method but Read, so that io.Copy uses it.
type onlyReader struct{ io.Reader }

// sum returns the digest in hexadecimal, empty where there is none.
func (r *rawReader) sum() string {
	if r.hash == nil {
		return ""
	}
	return hex.EncodeToString(r.hash.Sum(nil))
}

func newHash(wanted bool) hash.Hash {
	if !wanted {
		return nil
	}
	return sha256.New()
}
