//go:build !linux

package table

import "unsafe"

// adviseLargePages does nothing: elsewhere the system decides by itself.
func adviseLargePages(unsafe.Pointer, int) {}
