package report

import (
	"io"
	"strings"

	"servmap/report/rows"
	"servmap/servmap"
)

// packetsRow is a row of the CSV of a policy.
type packetsRow struct {
	rule    *servmap.PolicyRule
	packets servmap.Packets
}

var packetsColumns = []rows.Column[packetsRow]{
	{Name: "source", Value: func(dst []byte, r packetsRow) []byte { return rows.AppendName(dst, r.rule.Src.String()) }},
	{Name: "destination", Value: func(dst []byte, r packetsRow) []byte { return rows.AppendName(dst, r.rule.Dst.String()) }},
	{Name: "service", Value: func(dst []byte, r packetsRow) []byte { return rows.AppendName(dst, r.rule.Service) }},
	{Name: "protocol", Value: func(dst []byte, r packetsRow) []byte { return append(dst, protocolName(r.packets.Protocol)...) }},
	{Name: "ports", Value: func(dst []byte, r packetsRow) []byte { return append(dst, portList(r.packets.Ports, " ")...) }},
	{Name: "domains", Value: func(dst []byte, r packetsRow) []byte { return rows.AppendName(dst, strings.Join(r.rule.Domains, " ")) }},
	{Name: "note", Value: func(dst []byte, r packetsRow) []byte {
		var notes []string
		if r.rule.Added {
			notes = append(notes, "added")
		}
		if r.rule.Guessed {
			notes = append(notes, "guessed")
		}
		return append(dst, strings.Join(notes, " ")...)
	}},
}

// writePolicyCSV writes a row for each rule and IP protocol.
func writePolicyCSV(w io.Writer, _ *Style, p *servmap.Policy) error {
	out := rows.New(w, packetsColumns)
	if err := out.CSVHeader(); err != nil {
		return err
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, t := range r.Traffic {
			if err := out.CSVRow(packetsRow{r, t}); err != nil {
				return err
			}
		}
	}
	return nil
}
