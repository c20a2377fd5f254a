package mapjson

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Load reads a file for NewReader. A file of more than MaxSize bytes is refused
// with a *SyntaxError.
func Load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load(path, f, MaxSize)
}

// load reads a file of at most so many bytes.
func load(path string, f *os.File, most int) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := 0
	if info.Mode().IsRegular() {
		if info.Size() > int64(most) {
			return nil, tooLarge(path, 1, 1, most, strconv.FormatInt(info.Size(), 10))
		}
		size = int(info.Size())
	}
	buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := buf.ReadFrom(io.LimitReader(f, int64(most)+1)); err != nil {
		return nil, err
	}
	data := buf.Bytes()
	if len(data) > most {
		line, column := NewReader(path, data).place(most)
		return nil, tooLarge(path, line, column, most, "more")
	}
	return data, nil
}

func tooLarge(path string, line, column, most int, found string) error {
	return &SyntaxError{File: path, Line: line, Column: column, Expected: fmt.Sprintf("a file of at most %d bytes", most), Found: found}
}
