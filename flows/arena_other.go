//go:build !linux

package flows

// adviseLargePages does nothing: elsewhere the system decides by itself.
func adviseLargePages([]record) {}
