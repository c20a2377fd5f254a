package ingest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"servmap/flows/flowfile"
	"servmap/pcapio"
)

// Found is what there is in the folders among some names.
type Found struct {
	// Names are the names, with the captures of each folder in its place, in the order of their names.
	Names []string
	// Others counts the files in folders that are no captures, Unreadable those that could not be opened, of which
	// First is one, and Below the folders below that were not looked into.
	Others, Unreadable, Below int
	First                     error
}

// Expand looks into the folders among names, and with recursive into those below them. What is in a folder and is no
// regular file counts as no capture.
func Expand(names []string, recursive bool, opt Options) (Found, error) {
	var out Found
	for _, name := range names {
		info, err := Stat(name, opt.Stdin)
		if err != nil || name == "-" || !info.IsDir() {
			out.Names = append(out.Names, name) // what is wrong with it is told when it is opened
			continue
		}
		if err := out.folder(name, recursive, opt); err != nil {
			return out, err
		}
	}
	return out, nil
}

// folder adds the captures of a folder.
func (f *Found) folder(folder string, recursive bool, opt Options) error {
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case e.IsDir() && recursive:
			if err := f.folder(path, recursive, opt); err != nil {
				f.unreadable(err)
			}
		case e.IsDir():
			f.Below++
		default:
			f.file(path, opt)
		}
	}
	return nil
}

func (f *Found) unreadable(err error) {
	if f.Unreadable++; f.First == nil {
		f.First = err
	}
}

// file adds a file, if it is a capture or a file of flows.
func (f *Found) file(path string, opt Options) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		f.Others++
		return
	}
	err = check(path, opt)
	switch {
	case err == nil:
		f.Names = append(f.Names, path)
	case errors.Is(err, fs.ErrPermission):
		f.unreadable(err)
	default:
		f.Others++
	}
}

// check reports what is wrong with a name, which is of a regular file, without reading much.
func check(path string, opt Options) error {
	err := pcapio.Check([]string{path}, pcapio.Options{Stdin: opt.Stdin})
	if err != nil && opt.FlowFiles && flowfile.Find(expand(peek(path, opt.Stdin, nil))) != nil {
		return nil
	}
	return err
}

// Check reports what Open would refuse of the names when each is opened by itself.
func Check(ctx context.Context, names []string, opt Options) error {
	captures, _, err := sortInputs(ctx, names, opt)
	if err != nil || len(captures) == 0 {
		return err
	}
	return pcapio.Check(captures, pcapio.Options{Stdin: opt.Stdin, Done: ctx.Done()})
}
