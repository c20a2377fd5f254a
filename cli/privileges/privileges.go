// Package privileges gives up what a capture needed to begin: root, and capabilities.
package privileges

import "errors"

// Drop becomes the user of that name, where it is not empty, and gives up every capability where the system has them.
// With files set, root that stays root keeps those by which it writes files of others. No program that is run from here
// can get privileges again.
func Drop(user string, files bool) error {
	if user != "" {
		if err := become(user); err != nil {
			return err
		}
	}
	return dropCapabilities(files)
}

// ErrKept says that capabilities cannot be given up in this build: with cgo there are threads that Go does not know.
var ErrKept = errors.New("capabilities are kept: this servmap was built with cgo; CGO_ENABLED=0 builds one that gives them up")
