//go:build !unix

package privileges

import "errors"

// become refuses: there is nobody to become here.
func become(string) error { return errors.New("--user: this system has no such users") }
