package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"servmap/servmap/wholefile"
)

// mapWait is how long to wait for another process that changes the same map.
const mapWait = 30 * time.Second

// lockForTraining takes the lock of the map before it is read, where it is: to add to it,
// or to keep it up to date from an interface. Otherwise the map is replaced in the end,
// and this sees only that no other process keeps it up to date.
func lockForTraining(path string, o *options, add bool) (*wholefile.Lock, error) {
	live := o.iface != ""
	if add || live {
		return lockMap(path, live, mapWait, o.quiet)
	}
	l, err := lockMap(path, false, 0, true)
	l.Release()
	var held *wholefile.HeldError
	if errors.As(err, &held) && !held.Lasting {
		err = nil
	}
	return nil, err
}

// lockMap takes the lock of the map at path, for which it waits. It is nil where there is
// nothing to lock.
func lockMap(path string, lasting bool, wait time.Duration, quiet bool) (*wholefile.Lock, error) {
	if path == toStdout {
		return nil, nil
	}
	l, err := wholefile.Acquire(path, lasting, wait, nil, func(h *wholefile.HeldError) {
		if !quiet {
			say("%s: waiting for it, %s at most", h, wait)
		}
	})
	var held *wholefile.HeldError
	switch {
	case err == nil:
		return l, nil
	case errors.As(err, &held):
		return nil, heldMap{held}
	case errors.Is(err, wholefile.ErrNoLocks):
		warn("%s: %v: what other processes write to the map meanwhile would be lost", path, wholefile.ErrNoLocks)
		return nil, nil
	case errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission):
		return nil, nil // reading or writing the map says what is wrong
	}
	return nil, outputError{fmt.Errorf("%s: %w", path, reason(err))}
}

// heldMap tells that another process has the map: a usage error, since nothing was analysed.
type heldMap struct{ *wholefile.HeldError }

func (e heldMap) Unwrap() error { return e.HeldError }
