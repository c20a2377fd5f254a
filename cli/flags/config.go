package flags

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"servmap/pcapio"

	"gopkg.in/yaml.v3"
)

// DefaultConfig is read where it is there and --config is not given.
const DefaultConfig = "servmap.yaml"

// readConfig applies the configuration file to the options; without a path, the
// default one, which need not be there.
func readConfig(o *Options, path string) error {
	name := path
	if name == "" {
		name = DefaultConfig
	}
	data, err := readFile(name, path != "")
	if path == "" && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, pcapio.Reason(err))
	}
	if err := parseConfig(o, data); err != nil {
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	o.ConfigFile = name
	return nil
}

// maxConfigSize is how large a configuration may be, in bytes.
const maxConfigSize = 1 << 20

// readFile reads a configuration file. One that was found and not named must be
// a regular file, so that nobody waits for a pipe.
func readFile(name string, named bool) ([]byte, error) {
	if !named {
		if err := PlainFile(name, maxConfigSize); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err == nil && len(data) > maxConfigSize {
		err = tooLong(name, maxConfigSize)
	}
	return data, err
}

// PlainFile refuses what is no regular file, or is longer than so many bytes.
func PlainFile(name string, most int64) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &os.PathError{Op: "read", Path: name, Err: errors.New("is no regular file, and the configuration was found and not named with --config")}
	case info.Size() > most:
		return tooLong(name, most)
	}
	return nil
}

func tooLong(name string, most int64) error {
	return &os.PathError{Op: "read", Path: name, Err: fmt.Errorf("is longer than %d bytes", most)}
}

// parseConfig applies a configuration: YAML, or JSON, which YAML contains.
func parseConfig(o *Options, data []byte) error {
	if json.Valid(data) { // JSON may be indented by tabs, YAML may not
		data = bytes.ReplaceAll(data, []byte{'\t'}, []byte{' '})
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return err
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return nil
	}
	known := map[string]*Flag{}
	for _, f := range Keys() {
		known[f.Key] = f
	}
	err := eachKey(document.Content[0], slices.Sorted(maps.Keys(known)), func(key string, value *yaml.Node) error {
		return known[key].setFrom(o, value)
	})
	if err == nil {
		err = o.readClauses()
	}
	return err
}

// eachKey calls f with each key of a mapping and its value. A key that is not
// known, or comes twice, is an error.
func eachKey(n *yaml.Node, known []string, f func(key string, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected keys and values", n.Line)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(known, key.Value) {
			return fmt.Errorf("line %d: unknown key %q; the nearest known one is %q", key.Line, key.Value, nearest(key.Value, known))
		}
		if line, twice := seen[key.Value]; twice {
			return fmt.Errorf("line %d: the key %q stands in line %d already", key.Line, key.Value, line)
		}
		seen[key.Value] = key.Line
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if err := f(key.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// setFrom applies the value of a key. An empty one is as good as none.
func (f *Flag) setFrom(o *Options, value *yaml.Node) error {
	if f.SetNode != nil {
		return f.SetNode(o, value)
	}
	values, err := f.words(value)
	if err != nil || len(values) == 0 {
		return err
	}
	if err := f.apply(o, values); err != nil {
		return fmt.Errorf("line %d: %s: %w", value.Line, f.Key, err)
	}
	return nil
}

// words reads a word, or a list of words where there may be many.
func (f *Flag) words(value *yaml.Node) ([]string, error) {
	switch {
	case isNull(value) || value.Kind == yaml.ScalarNode && value.Value == "":
		return nil, nil
	case value.Kind == yaml.ScalarNode:
		return []string{value.Value}, nil
	case !f.Many:
		return nil, fmt.Errorf("line %d: %s: expected a word", value.Line, f.Key)
	}
	var out []string
	if value.Kind != yaml.SequenceNode || value.Decode(&out) != nil {
		return nil, fmt.Errorf("line %d: %s: expected a list of words", value.Line, f.Key)
	}
	return out, nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
