package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// The objects of SARIF 2.1.0 (OASIS, errata 01) that are written; the comments name their sections.
type (
	// sarifResult is a finding (section 3.27).
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   sarifProperties   `json:"properties"`
	}
	// sarifMessage is a plain text message (section 3.11.3).
	sarifMessage struct {
		Text string `json:"text"`
	}
	// sarifLocation is a line of a file (sections 3.28 to 3.30).
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
	// sarifProperties are what SARIF has no place for (section 3.8).
	sarifProperties struct {
		Level       string   `json:"level"`
		ID          string   `json:"id"`
		Source      string   `json:"source"`
		Destination string   `json:"destination"`
		Added       []string `json:"added"`
		More        bool     `json:"more"`
		First       string   `json:"first"`
		Last        string   `json:"last"`
	}
	// sarifRule is a kind (section 3.49).
	sarifRule struct {
		ID          string       `json:"id"`
		Description sarifMessage `json:"shortDescription"`
	}
	// sarifInvocation tells whether the check was one (section 3.20).
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	// sarifNotification is what went wrong (section 3.58).
	sarifNotification struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
)

// sarifSchema is where the schema is published.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// writeSARIF writes the findings as results (section 19), one a line.
func writeSARIF(w io.Writer, _ *Style, s *findings.Set) error {
	held := s.HeldOr()
	invocation := sarifInvocation{Successful: !held.NoFlows && len(held.Damaged) == 0}
	for _, d := range held.Damaged {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{"error", sarifMessage{d}})
	}
	if held.NoFlows {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{"error", sarifMessage{"No flow was judged."}})
	}
	var rules []sarifRule
	for k := range findings.KindNames() {
		kind := findings.Kind(k)
		rules = append(rules, sarifRule{kind.String(), sarifMessage{kind.Meaning() + "."}})
	}
	out := []byte("{\n\"$schema\": \"" + sarifSchema + "\",\n\"version\": \"2.1.0\",\n\"runs\": [{\n\"tool\": {\"driver\": {\"name\": \"servmap\", \"rules\": ")
	out, err := appendSecure(out, rules)
	if err != nil {
		return err
	}
	if out, err = appendSecure(append(out, "}},\n\"columnKind\": \"unicodeCodePoints\",\n\"invocations\": "...), []sarifInvocation{invocation}); err != nil {
		return err
	}
	out = append(out, ",\n\"results\": ["...)
	for i, f := range s.All() {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendSecure(append(out, '\n'), resultOf(f, held.Places.Of(f))); err != nil {
			return err
		}
		if len(out) >= writeSize {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	_, err = w.Write(append(out, "\n]\n}]\n}\n"...))
	return err
}

// appendSecure appends a value as JSON in which nothing commands a terminal.
func appendSecure(dst []byte, value any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return append(dst, safetext.SecureJSON(bytes.TrimSpace(text.Bytes()))...), nil
}

// resultOf returns a finding as a result at a place.
func resultOf(f *findings.Finding, at servmap.MapLine) *sarifResult {
	kind, _ := findings.KindNamed(f.Kind)
	added := changesOf(f)
	r := &sarifResult{
		RuleID: kind.String(), RuleIndex: int(kind), Level: sarifLevel(f.LevelOf()),
		Fingerprints: map[string]string{"findingId/v1": f.ID, "primaryLocationLineHash": f.ID},
		Properties: sarifProperties{
			Level: f.Level, ID: f.ID, Source: f.Source.Host, Destination: f.Destination.Host, Added: []string{}, More: len(cutText(f)) > 0,
			First: f.First, Last: f.Last,
		},
	}
	for _, c := range added {
		r.Properties.Added = append(r.Properties.Added, c.String())
	}
	text := []string{sarifText(f.Title) + "."}
	if f.Why != "" {
		text = append(text, sarifText(f.Why))
	}
	for _, line := range append(addedLines(added, annotationLines), cutText(f)...) {
		text = append(text, sarifText(line))
	}
	r.Message.Text = strings.Join(text, "\n")
	if at.Line > 0 {
		var l sarifLocation
		l.Physical.Artifact.URI, l.Physical.Region.StartLine = fileURI(at.File), at.Line
		r.Locations = []sarifLocation{l}
	}
	return r
}

// sarifLevel returns the level of a result (section 3.27.10).
func sarifLevel(l findings.Level) string {
	switch {
	case l >= findings.High:
		return "error"
	case l == findings.Medium:
		return "warning"
	}
	return "note"
}

// sarifText escapes foreign text for a message: braces would be placeholders (section 3.11.5), brackets links (section
// 3.11.6).
func sarifText(s string) string { return sarifEscapes.Replace(safetext.String(s)) }

var sarifEscapes = strings.NewReplacer("{", "{{", "}", "}}", `\`, `\\`, "[", `\[`, "]", `\]`)

// fileURI returns a path as a URI (section 3.10): relative to the working directory, as the path is, or absolute.
func fileURI(path string) string {
	slashed := filepath.ToSlash(path)
	if filepath.IsAbs(path) {
		if !strings.HasPrefix(slashed, "/") { // a drive of Windows
			slashed = "/" + slashed
		}
		return (&url.URL{Scheme: "file", Path: slashed}).String()
	}
	return fmt.Sprint(&url.URL{Path: strings.TrimPrefix(slashed, "./")})
}
