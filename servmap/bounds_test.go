package servmap

import (
	"fmt"
	"strings"
	"testing"
)

// TestWords refuses a map whose hosts are words without end, and reads one whose words come
// often.
func TestWords(t *testing.T) {
	var many, few strings.Builder
	for i := range MaxWords + 1 {
		fmt.Fprintf(&many, `,"host %d": {}`, i)
		fmt.Fprintf(&few, `,"10.%d.%d.%d": {"remote": [1]}`, i>>16, i>>8&255, i&255)
	}
	if _, err := Parse("m", []byte("{"+few.String()[1:]+"}")); err != nil {
		t.Error(err)
	}
	_, err := Parse("m", []byte("{"+many.String()[1:]+"}"))
	if err == nil || !strings.HasSuffix(err.Error(), ": expected at most 65536 hosts that are no addresses, found more") {
		t.Error(err)
	}
}

// TestReservedKeyTwice refuses a second one.
func TestReservedKeyTwice(t *testing.T) {
	_, err := Parse("m", []byte(`{"@servmap": {"format": 1}, "@servmap": {"format": 1}}`))
	if want := `m:1:29: expected each key once, found "@servmap" again`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
