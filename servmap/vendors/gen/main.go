// Command gen packs the table of vendors into the form that is part of the program. Run it in the folder above:
//
//	go generate              vendors.bin, after vendors.txt was edited
//	go run ./gen -ieee DIR   vendors.txt anew from the IEEE's listing, then the same
//
// DIR holds oui.csv, mam.csv and oui36.csv, as https://standards-oui.ieee.org/ has them, and Debian's package
// ieee-data.
package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"servmap/servmap/vendors"
)

const header = `# Vendors by the blocks of hardware addresses that are assigned to them, short of their legal form.
#
# Written by gen from the public listing of the IEEE Registration Authority (MA-L, MA-M, MA-S):
# https://standards.ieee.org/products-programs/regauth/. The IEEE asserts no copyright in it.
`

func main() {
	ieee := flag.String("ieee", "", "folder of the IEEE's listing")
	flag.Parse()
	if err := run(*ieee); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ieee string) error {
	if ieee != "" {
		text, err := collect(ieee)
		if err != nil {
			return err
		}
		if err := os.WriteFile("vendors.txt", text, 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile("vendors.txt")
	if err != nil {
		return err
	}
	packed, err := vendors.Pack(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("vendors.txt: %w", err)
	}
	return os.WriteFile("vendors.bin", packed, 0o644)
}

// collect reads the listing. Of a prefix that is assigned twice the last counts.
func collect(dir string) ([]byte, error) {
	vendor := map[string]string{} // of a prefix
	for _, name := range []string{"oui.csv", "mam.csv", "oui36.csv"} {
		file, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		err = read(file, vendor)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	prefixes := map[string][]string{} // of a vendor, in lower case: companies write their names in several ways
	spelt := map[string]string{}
	for _, prefix := range sorted(vendor) {
		key := strings.ToLower(vendor[prefix])
		if _, ok := spelt[key]; !ok {
			spelt[key] = vendor[prefix]
		}
		prefixes[key] = append(prefixes[key], strings.ToLower(prefix))
	}
	out := bytes.NewBufferString(header)
	for _, key := range sorted(prefixes) {
		fmt.Fprintf(out, "%s\t%s\n", spelt[key], strings.Join(prefixes[key], " "))
	}
	return out.Bytes(), nil
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func read(in io.Reader, vendor map[string]string) error {
	rows := csv.NewReader(in)
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		// Whoever wants no name stands as Private, and the Registration Authority where it divides a block further.
		if name := short(row[2]); row[0] != "Registry" && name != "" && name != "Private" && name != "IEEE Registration Authority" {
			vendor[row[1]] = name
		}
	}
}

// legalForm is what stands behind a company's name.
var legalForm = regexp.MustCompile(`(?i)[\s,]*(\b(inc|incorporated|corp|corporation|co|company|ltd|ltda|limited|llc|l\.l\.c|gmbh|ag|kg|gmbh & co|s\.?a|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|a/s|ab|oy|as|pty|plc|jsc|ojsc|sas|s\.?a\.?s|kk|k\.k|pte|sp\. ?z ?o\.? ?o|s\.?r\.?o|spol|e\.k|lp|l\.p)\.?|\(.*\))$`)

// short returns a company's name without its legal form, quotation marks and what is not printable ASCII.
func short(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' {
			return ' '
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	for {
		less := strings.TrimRight(legalForm.ReplaceAllString(name, ""), " ,.&;:")
		if less == name || less == "" {
			return name
		}
		name = less
	}
}
