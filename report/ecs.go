package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap/findings"
)

// ecsVersion is the version of the Elastic Common Schema whose fields are written.
const ecsVersion = "8.17.0"

// The objects of the Elastic Common Schema that are written; fields that are empty are left out, as is usual there.
type (
	// ecsDocument is a finding (field reference, "Base Fields" and the sets of the same names).
	ecsDocument struct {
		Timestamp   string      `json:"@timestamp"`
		Message     string      `json:"message"`
		ECS         ecsAbout    `json:"ecs"`
		Event       ecsEvent    `json:"event"`
		Rule        ecsRule     `json:"rule"`
		Log         *ecsLog     `json:"log,omitempty"`
		Network     ecsNetwork  `json:"network"`
		Source      *ecsEnd     `json:"source,omitempty"`
		Destination *ecsEnd     `json:"destination,omitempty"`
		Related     ecsRelated  `json:"related"`
		Observer    ecsObserver `json:"observer"`
		// Servmap is what the schema has no place for.
		Servmap ecsServmap `json:"servmap"`
	}
	ecsAbout struct {
		Version string `json:"version"`
	}
	ecsEvent struct {
		Kind     string   `json:"kind"`
		Category []string `json:"category"`
		Type     []string `json:"type"`
		Module   string   `json:"module"`
		Dataset  string   `json:"dataset"`
		ID       string   `json:"id"`
		Severity int      `json:"severity"`
		Reason   string   `json:"reason"`
		Start    string   `json:"start"`
		End      string   `json:"end"`
	}
	ecsRule struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Category    string `json:"category"`
	}
	ecsLog struct {
		File struct {
			Path string `json:"path"`
		} `json:"file"`
	}
	ecsNetwork struct {
		Transport   []string `json:"transport,omitempty"`
		Application []string `json:"application,omitempty"`
		CommunityID []string `json:"community_id,omitempty"`
		Bytes       uint64   `json:"bytes"`
		Packets     uint64   `json:"packets"`
	}
	// ecsEnd is a side. Address is one of several; all are under related.ip.
	ecsEnd struct {
		Address string   `json:"address,omitempty"`
		IP      []string `json:"ip,omitempty"`
		Port    []uint16 `json:"port,omitempty"`
		MAC     []string `json:"mac,omitempty"`
		Domain  []string `json:"domain,omitempty"`
		Bytes   uint64   `json:"bytes"`
	}
	ecsRelated struct {
		IP    []string `json:"ip,omitempty"`
		Hosts []string `json:"hosts,omitempty"`
	}
	ecsObserver struct {
		Product string `json:"product"`
		Type    string `json:"type"`
	}
	ecsServmap struct {
		Level       string   `json:"level"`
		Source      string   `json:"source"`
		Destination string   `json:"destination"`
		Flows       uint64   `json:"flows"`
		Answered    bool     `json:"answered"`
		More        []string `json:"more,omitempty"`
	}
)

// ecsSeverity is event.severity of a level, on the scale that the alerts of Elastic's own rules have.
var ecsSeverity = map[findings.Level]int{findings.Critical: 99, findings.High: 73, findings.Medium: 47, findings.Low: 21, findings.Info: 1}

// writeECS writes a document of the Elastic Common Schema for each finding, one a line (section 19).
func writeECS(w io.Writer, _ *Style, s *findings.Set) error {
	for _, f := range s.All() {
		text, err := json.Marshal(ecsOf(f))
		if err != nil {
			return err
		}
		if _, err := w.Write(append(safetext.SecureJSON(text), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// ecsOf returns a finding as a document.
func ecsOf(f *findings.Finding) *ecsDocument {
	d := &ecsDocument{
		Timestamp: f.Last, Message: f.Title, ECS: ecsAbout{ecsVersion},
		Event: ecsEvent{"alert", []string{"network"}, []string{"info"}, "servmap", "servmap.finding", f.ID, ecsSeverity[f.LevelOf()], f.Why, f.First, f.Last},
		Rule:  ecsRule{f.Kind, f.KindOf().Meaning(), "servmap"},
		Network: ecsNetwork{
			Transport: f.Transport, Application: lowered(f.Applications), CommunityID: f.CommunityIDs, Bytes: f.Bytes, Packets: f.Packets,
		},
		Observer: ecsObserver{"servmap", "network"},
		Servmap:  ecsServmap{f.Level, f.Source.Host, f.Destination.Host, f.Flows, f.Answered, f.More},
	}
	if len(f.Files) > 0 {
		d.Log = &ecsLog{}
		d.Log.File.Path = f.Files[0]
	}
	d.Source, d.Destination = ecsSide(&f.Source, f.BytesOut), ecsSide(&f.Destination, f.BytesIn)
	if d.Destination != nil {
		d.Destination.Port = f.Ports
	}
	for _, side := range [...]*findings.Side{&f.Source, &f.Destination} {
		d.Related.IP = appendNew(d.Related.IP, side.Addresses...)
		d.Related.Hosts = appendNew(d.Related.Hosts, namesOf(side)...)
	}
	return d
}

// ecsSide returns one side, nil where nobody is on it.
func ecsSide(s *findings.Side, bytes uint64) *ecsEnd {
	if s.Count == 0 && len(s.Addresses) == 0 && len(s.MACs) == 0 {
		return nil
	}
	e := &ecsEnd{IP: s.Addresses, Domain: namesOf(s), Bytes: bytes}
	if len(s.Addresses) > 0 {
		e.Address = s.Addresses[0]
	}
	for _, mac := range s.MACs { // RFC 7042 as the schema has it: capitals and hyphens
		e.MAC = append(e.MAC, strings.ToUpper(strings.ReplaceAll(mac, ":", "-")))
	}
	return e
}

// namesOf lists the names of a side: what the host calls itself, and domains outside.
func namesOf(s *findings.Side) []string {
	var out []string
	if s.Name != "" {
		out = append(out, s.Name)
	}
	return append(out, s.Domains...)
}

// appendNew appends those values that the list does not have.
func appendNew(list []string, values ...string) []string {
	for _, v := range values {
		if v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// lowered returns words in lower case, as network.application wants them.
func lowered(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, strings.ToLower(w))
	}
	return out
}
