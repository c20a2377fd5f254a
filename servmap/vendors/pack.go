package vendors

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Pack reads the form of vendors.txt, a vendor and its prefixes a line with a tab between them and blanks
// between prefixes, and returns the packed table. Lines that begin with # say nothing.
func Pack(text io.Reader) ([]byte, error) {
	var blocks [len(prefixBits)][]string // records
	var names []byte
	ends := []int{0} // of each name; the first is where names begin
	seen := map[string]bool{}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		name, prefixes, ok := strings.Cut(line, "\t")
		if !ok || name == "" || len(ends) > 0xffff {
			return nil, fmt.Errorf("line %d: a vendor, a tab and its prefixes are wanted, at most %d lines", n, 0xffff)
		}
		names = append(names, name...)
		ends = append(ends, len(names))
		number := len(ends) - 1
		for prefix := range strings.FieldsSeq(prefixes) {
			at := slices.Index(prefixBits[:], 4*len(prefix))
			raw, err := hex.DecodeString((prefix + "0000000000")[:2*prefixSize])
			if at < 0 || err != nil || seen[prefix] {
				return nil, fmt.Errorf("line %d: %q: 6, 7 or 9 hexadecimal digits are wanted, each once", n, prefix)
			}
			seen[prefix] = true
			blocks[at] = append(blocks[at], string(append(raw, byte(number>>8), byte(number))))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, b := range blocks {
		out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
	}
	for _, b := range blocks {
		slices.Sort(b)
		out.WriteString(strings.Join(b, ""))
	}
	for _, end := range ends {
		end += len(ends) * endSize
		out.Write([]byte{byte(end >> 16), byte(end >> 8), byte(end)})
	}
	out.Write(names)
	return out.Bytes(), nil
}
