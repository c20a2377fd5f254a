package console

import (
	"errors"
	"regexp"
	"testing"
)

func TestAPanicIsAFaultOfTheProgram(t *testing.T) {
	var none []int
	for _, tt := range []struct {
		name string
		run  func() error
		want string
	}{
		{"by the runtime", func() error { return errors.New(string(rune(none[len(none)]))) }, "runtime error: index out of range [0] with length 0"},
		{"by hand", func() error { panic("a\nb") }, "a\nb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Guard(tt.run)
			form := regexp.MustCompile(`(?s)^internal error at fault_test\.go:\d+: (.*); this is a fault of servmap \S+: please report it, with the input if you may$`)
			if err == nil || StatusOf(err) != Fault || form.FindStringSubmatch(err.Error()) == nil || form.FindStringSubmatch(err.Error())[1] != tt.want {
				t.Errorf("%v, status %d", err, StatusOf(err))
			}
		})
	}
	if got := StatusOf(errors.Join(OutputError{Err: errors.New("x")}, FaultError("x"), ErrInterrupted)); got != Fault {
		t.Errorf("a fault among others: status %d, want 70", got)
	}
	if err := Guard(func() error { return ErrInterrupted }); StatusOf(err) != Interrupted {
		t.Errorf("without a panic: %v", err)
	}
}
