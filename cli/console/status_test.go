package console

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"servmap/flows"
	"servmap/flows/flowfile"
	"servmap/flows/ingest"
	"servmap/pcapio"
)

func TestStatusOf(t *testing.T) {
	damage := error(&pcapio.DamageError{Path: "a", Reason: "x"})
	output := error(OutputError{io.ErrShortWrite})
	for _, tt := range []struct {
		name string
		err  error
		want Status
	}{
		{"done", nil, 0},
		{"anomalies", ErrAnomalies, 1},
		{"usage", UsageError("x"), 2},
		{"no capture", &pcapio.InputError{Path: "a", Reason: "x"}, 2},
		{"damage", damage, 3},
		{"damaged CSV", &flowfile.RowError{File: "a", Line: 2}, 3},
		{"a wrapped damage", fmt.Errorf("baseline: %w", damage), 3},
		{"packets that were not handled", &ingest.UnhandledError{Input: "a", Packets: 1}, 3},
		{"a fault of the program", &flows.Fault{Reason: "x"}, 70},
		{"output", output, 4},
		{"interrupted", ErrInterrupted, 130},
		{"damage wins over anomalies", errors.Join(ErrAnomalies, damage), 3},
		{"output wins over damage", errors.Join(damage, output, ErrAnomalies), 4},
		{"output wins over interruption", errors.Join(ErrInterrupted, output), 4},
		{"interruption wins over damage", errors.Join(damage, ErrInterrupted), 130},
		{"joined twice", errors.Join(errors.Join(nil, ErrAnomalies), errors.Join(damage, damage)), 3},
	} {
		if got := StatusOf(tt.err); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
}
