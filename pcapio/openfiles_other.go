//go:build !unix

package pcapio

import "os"

// openFilesReason knows no limit of open files on such a system.
func openFilesReason(error) string { return "" }

// identity leaves it to os.SameFile to tell files apart.
func identity(os.FileInfo) (id [2]uint64, ok bool) { return id, false }
