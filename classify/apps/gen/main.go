// Command gen packs the tables of applications into the form that is part of
// the program. Run it in the folder above:
//
//	go generate              domains.bin and networks.bin, after domains.txt or networks.txt was edited
//	go run ./gen -asn DIR    networks.txt anew from owners.txt and a database of routes, then the same
//
// DIR is the npm package @ip-location-db/asn (CC BY 4.0), unpacked.
package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"servmap/classify/apps"
)

const header = `# Applications by the network of the far end: who owns it.
#
# Written by gen from gen/owners.txt and the routes of the autonomous systems
# named there. To change it for good, edit gen/owners.txt.
#
# Routes: IP Geolocation by DB-IP (https://db-ip.com), RouteViews
# (https://www.routeviews.org) and the NRO's statistics, in the form of
# ip-location-db (https://github.com/sapics/ip-location-db), CC BY 4.0; reduced to the owners
# named here, and joined.
#
# The form is that of domains.txt. The longest network wins.
`

func main() {
	asn := flag.String("asn", "", "folder of @ip-location-db/asn")
	flag.Parse()
	if err := run(*asn); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(asn string) error {
	if asn != "" {
		text, err := collect(asn)
		if err != nil {
			return err
		}
		if err := os.WriteFile("networks.txt", text, 0o644); err != nil {
			return err
		}
	}
	if err := pack("domains", apps.PackNames); err != nil {
		return err
	}
	return pack("networks", apps.PackNetworks)
}

// pack writes the packed form of a table beside its text.
func pack(table string, form func(text, name string) ([]byte, error)) error {
	text, err := os.ReadFile(table + ".txt")
	if err != nil {
		return err
	}
	packed, err := form(string(text), table+".txt")
	if err != nil {
		return err
	}
	return os.WriteFile(table+".bin", packed, 0o644)
}

// owner is a section of owners.txt.
type owner struct {
	name     string
	systems  []string
	prefixes []netip.Prefix
}

// collect returns the text of networks.txt.
func collect(asn string) ([]byte, error) {
	owners, err := readOwners("gen/owners.txt")
	if err != nil {
		return nil, err
	}
	routes := map[string][]netip.Prefix{}
	for _, o := range owners {
		for _, s := range o.systems {
			routes[s] = nil
		}
	}
	for _, f := range []string{"asn-ipv4.csv", "asn-ipv6.csv"} {
		if err := readRoutes(filepath.Join(asn, f), routes); err != nil {
			return nil, err
		}
	}
	// What a person wrote down wins over what an AS announces.
	var written []netip.Prefix
	for _, o := range owners {
		written = append(written, o.prefixes...)
	}
	out := bytes.NewBufferString(header)
	for _, o := range owners {
		all := o.prefixes
		for _, s := range o.systems {
			if routes[s] == nil {
				fmt.Fprintf(os.Stderr, "gen: %s: AS%s announces nothing\n", o.name, s)
			}
			for _, p := range routes[s] {
				if !slices.ContainsFunc(written, func(w netip.Prefix) bool { return w.Bits() <= p.Bits() && w.Contains(p.Addr()) }) {
					all = append(all, p)
				}
			}
		}
		fmt.Fprintf(out, "\n%s\n", o.name)
		for _, p := range join(all) {
			fmt.Fprintf(out, "\t%v\n", p)
		}
	}
	return out.Bytes(), nil
}

func readOwners(name string) ([]owner, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []owner
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text != "" && text[0] != '\t' {
			out = append(out, owner{name: strings.TrimSpace(text)})
			continue
		}
		for _, w := range strings.Fields(text) {
			if len(out) == 0 {
				return nil, fmt.Errorf("%s:%d: expected an application first", name, n)
			}
			o := &out[len(out)-1]
			if s, ok := strings.CutPrefix(w, "AS"); ok {
				o.systems = append(o.systems, s)
				continue
			}
			p, err := netip.ParsePrefix(w)
			if err != nil {
				a, err := netip.ParseAddr(w)
				if err != nil {
					return nil, fmt.Errorf("%s:%d: %q: expected AS and its number, or a network", name, n, w)
				}
				p = netip.PrefixFrom(a, a.BitLen())
			}
			o.prefixes = append(o.prefixes, p.Masked())
		}
	}
	return out, lines.Err()
}

// readRoutes adds the ranges of the file to the systems that are keys of routes.
func readRoutes(name string, routes map[string][]netip.Prefix) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReader(f))
	r.ReuseRecord = true
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		have, ok := routes[rec[2]]
		if !ok {
			continue
		}
		first, err := netip.ParseAddr(rec[0])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		last, err := netip.ParseAddr(rec[1])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		routes[rec[2]] = append(have, split(first, last)...)
	}
}

// split covers first to last with networks.
func split(first, last netip.Addr) []netip.Prefix {
	var out []netip.Prefix
	for {
		bits := first.BitLen()
		for bits > 0 {
			p, _ := first.Prefix(bits - 1)
			if p.Addr() != first || end(p).Compare(last) > 0 {
				break
			}
			bits--
		}
		p := netip.PrefixFrom(first, bits)
		out = append(out, p)
		e := end(p)
		if e.Compare(last) >= 0 {
			return out
		}
		first = e.Next()
	}
}

// end returns the last address of a network.
func end(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// join sorts networks, drops those within another, and replaces two halves by the whole.
func join(in []netip.Prefix) []netip.Prefix {
	slices.SortFunc(in, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	var out []netip.Prefix
	for _, p := range in {
		if n := len(out); n > 0 && out[n-1].Overlaps(p) {
			continue
		}
		out = append(out, p)
		for n := len(out); n > 1; n = len(out) {
			a, b := out[n-2], out[n-1]
			whole, err := a.Addr().Prefix(a.Bits() - 1)
			if err != nil || a.Bits() != b.Bits() || whole.Addr() != a.Addr() || !whole.Contains(b.Addr()) {
				break
			}
			out = append(out[:n-2], whole)
		}
	}
	return out
}
