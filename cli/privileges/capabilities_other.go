//go:build !linux

package privileges

// dropCapabilities does nothing: the system has none.
func dropCapabilities(bool) error { return nil }
