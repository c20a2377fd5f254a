package protocols

import (
	"testing"

	"servmap/classify"
	"servmap/classify/apps"
)

// TestOwners checks that the names in Owners and Forms are names, so that a
// misspelt one does not fail in silence.
func TestOwners(t *testing.T) {
	e, err := classify.NewEngine(All, classify.Config{Applications: apps.Default(), SubLabels: SubLabels})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range All {
		for owner, app := range p.Owners {
			if _, ok := apps.Default().Category(owner); !ok {
				t.Errorf("%s: %s is no application with networks", p.Name, owner)
			}
			if !e.Known(app) {
				t.Errorf("%s: %s is no label", p.Name, app)
			}
		}
		for _, form := range p.Forms {
			if !e.Known(form) {
				t.Errorf("%s: %s is no label", p.Name, form)
			}
		}
	}
}
