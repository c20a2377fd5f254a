package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestPageOnGraphs wants the script graph.txtar to run the examples of docs/graph.md, in their order.
func TestPageOnGraphs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(packageFolder, "..", "docs", "graph.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := txtar.ParseFile(filepath.Join(packageFolder, "testdata", "script", "graph.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, f := range fencesOf(t, string(page)) {
		lines := servmapLines(f.text)
		if f.language != "sh" || len(lines) != strings.Count(f.text, "\n") {
			t.Errorf("not all of this is an example that can be run:\n%s", f.text)
		}
		shown = append(shown, lines...)
	}
	run := servmapLines(string(script.Comment))
	if len(shown) < 8 || len(run) < len(shown) || !slices.Equal(run[:len(shown)], shown) {
		t.Errorf("the page has\n%s\nthe script runs\n%s", strings.Join(shown, "\n"), strings.Join(run, "\n"))
	}
}

// TestReadmeShowsThePicture wants the picture at the README's head, which golden-graph.txtar holds to what is drawn.
func TestReadmeShowsThePicture(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(packageFolder, "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(readme), "```")
	if !strings.Contains(head, "](docs/suspect.svg)") {
		t.Error("the README's head has no picture docs/suspect.svg")
	}
	script, err := os.ReadFile(filepath.Join("testdata", "script", "golden-graph.txtar"))
	if err != nil || !strings.Contains(string(script), "\ncmp stdout $RECORDED/../docs/suspect.svg\n") {
		t.Error("nothing holds the picture to what is drawn", err)
	}
}

// TestFlowsOfThePage wants the flows of a check in its page, each with the finding in which it ended up: a question to DNS
// is in that of the answer.
func TestFlowsOfThePage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded := filepath.Join(packageFolder, "..", "testdata")
	got := runIn(t, dir, "check", "-q", "--baseline", filepath.Join(recorded, "baseline.pcap"), "--format", "html", filepath.Join(recorded, "suspect.pcap"))
	_, text, _ := strings.Cut(got.stdout, `<script type="application/json" id="data">`)
	text, _, _ = strings.Cut(text, "</script>")
	var page struct {
		Findings [][]string `json:"findings"`
		Words    []string   `json:"words"`
		Flows    [][]int    `json:"flows"`
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil || got.status != 1 {
		t.Fatalf("status %d, %v", got.status, err)
	}
	const service, finding = 7, 15
	found := map[string]string{}
	for _, f := range page.Flows {
		id := ""
		if f[finding] >= 0 {
			id = page.Findings[f[finding]][0]
		}
		found[page.Words[f[service]]] = id
	}
	if len(page.Flows) != 15 || found["DNS.Dropbox"] != found["TLS.Dropbox"] || found["TLS.Dropbox"] != "728f6d13840c" || found["TLS.NetFlix"] != "" {
		t.Errorf("%d flows, in the findings %v", len(page.Flows), found)
	}
}
