package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"servmap/cli/console"
	"servmap/cli/wholefile"
	"servmap/pcapio"
)

// mapWait is how long to wait for another process that changes the same map.
const mapWait = 30 * time.Second

// lockForTraining takes the lock of the map before the map is read: with --append, and where an
// interface keeps it up to date. Otherwise the map is only replaced at the end; then
// lockForTraining takes no lock, and fails where another process keeps the map up to date.
func (v *invocation) lockForTraining(path string) (*wholefile.Lock, error) {
	live := v.Ingest.Interface != ""
	if v.Append || live {
		return v.lockMap(path, live, mapWait)
	}
	l, err := v.lockMap(path, false, 0)
	l.Release()
	var held *wholefile.HeldError
	if errors.As(err, &held) && !held.Lasting {
		err = nil
	}
	return nil, err
}

// lockMap takes the lock of the map at path, and waits for it as long as wait says. The lock is
// nil where there is nothing to lock.
func (v *invocation) lockMap(path string, lasting bool, wait time.Duration) (*wholefile.Lock, error) {
	if path == console.Stdout {
		return nil, nil
	}
	l, err := wholefile.Acquire(path, lasting, wait, nil, func(h *wholefile.HeldError) {
		if !v.Quiet && wait > 0 {
			v.Say("%s: waiting for it, %s at most", h, wait)
		}
	})
	var held *wholefile.HeldError
	switch {
	case err == nil:
		return l, nil
	case errors.As(err, &held):
		return nil, held
	case errors.Is(err, wholefile.ErrNoLocks):
		v.Warn("%s: %v: what other processes write to the map meanwhile would be lost", path, wholefile.ErrNoLocks)
		return nil, nil
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission):
		return nil, nil // reading or writing the map says what is wrong
	}
	return nil, console.OutputError{Err: fmt.Errorf("%s: %w", path, pcapio.Reason(err))}
}
