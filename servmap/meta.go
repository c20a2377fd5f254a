package servmap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"servmap/servmap/mapjson"
)

// other is a key that this program does not know, such as a comment, with its value. It is kept.
type other struct {
	key   string
	value json.RawMessage
}

// keep reads the value of a key that this program does not know.
func keep(r *mapjson.Reader, key string, into *[]other) error {
	var value json.RawMessage
	err := r.Value("any value", &value)
	*into = append(*into, other{key, value})
	return err
}

// uniteOthers returns the keys of two lists, sorted; of a key that both have, the value that is smaller as
// text.
func uniteOthers(a, b []other) []other {
	if len(b) == 0 {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y other) int { return cmp.Or(strings.Compare(x.key, y.key), bytes.Compare(x.value, y.value)) })
	return slices.CompactFunc(all, func(x, y other) bool { return x.key == y.key })
}

// withOthers returns v as a JSON object, with other keys behind its own.
func withOthers(v any, others []other) (json.RawMessage, error) {
	text, err := mapjson.Indented(v, "")
	if err != nil || len(others) == 0 {
		return text, err
	}
	text = text[:len(text)-1]
	for _, o := range others {
		text = append(mapjson.AppendString(append(text, ','), o.key), ':')
		text = append(text, o.value...)
	}
	return append(text, '}'), nil
}

// whatIsRemembered is what stands under the reserved key, in errors.
const whatIsRemembered = "what servmap remembers of the map"

func (m *Map) readMeta(r *mapjson.Reader, names *HostReader) error {
	meta := &Meta{}
	err := r.Object(whatIsRemembered, func(key string) (err error) {
		switch key {
		case "format":
			var format uint64
			err = r.Value(whatIsRemembered+": the format", &format)
			if err == nil && format > FormatVersion {
				err = r.Fail(fmt.Sprintf("format %d or older", FormatVersion), fmt.Sprintf("format %d: a newer servmap wrote this map", format))
			}
		case "vocabulary":
			err = r.Value(whatIsRemembered+": the vocabulary", &meta.Vocabulary)
		case "settings":
			err = meta.readSettings(r)
		case "captures":
			err = meta.readCaptures(r)
		case "accepted":
			meta.Accepted, err = readAccepted(r)
		case "evidence":
			m.Evidence, err = readEvidence(r, names, &m.pairs)
		default:
			err = keep(r, key, &meta.others)
		}
		return err
	})
	if err != nil {
		return err
	}
	meta.Format = FormatVersion
	m.Meta = meta
	return nil
}

// longestTimeout is the longest timeout of a map in seconds.
const longestTimeout = 1e9

// readSettings reads the settings that shaped the map.
func (m *Meta) readSettings(r *mapjson.Reader) error {
	const expected = whatIsRemembered + ": the settings"
	var s settingsFile
	err := r.Fields(expected, func(key string) error {
		what := expected + ": " + key
		switch key {
		case "local_networks":
			return valid(r, what, &s.LocalNetworks, netip.Prefix.IsValid)
		case "device_ips":
			return valid(r, what, &s.DeviceIPs, netip.Addr.IsValid)
		case "multicast":
			return oneWord(r, &s.Multicast, "multicast", "remote")
		case "idle_timeout":
			return timeout(r, what, &s.Idle)
		case "active_timeout":
			return timeout(r, what, &s.Active)
		case "ignore_vlan":
			return r.Value(what, &s.IgnoreVLAN)
		case "unknown":
			return oneWord(r, &s.Unknown, "learn", "ignore")
		case "identity":
			return oneWord(r, &s.Identity, "mac", "address")
		case "non_ip":
			return oneWord(r, &s.NonIP, "learn", "ignore")
		}
		return keep(r, key, &m.settings)
	})
	m.Settings = s.settings()
	return err
}

// valid reads a list of addresses or networks, none of which is empty.
func valid[T any](r *mapjson.Reader, expected string, into *[]T, is func(T) bool) error {
	err := r.Value(expected, into)
	if err == nil && slices.ContainsFunc(*into, func(v T) bool { return !is(v) }) {
		err = r.Fail(expected, "an empty one")
	}
	return err
}

// oneWord reads one of two words.
func oneWord(r *mapjson.Reader, into *string, a, b string) (err error) {
	expected := fmt.Sprintf("%q or %q", a, b)
	if *into, err = r.String(expected); err == nil && *into != a && *into != b {
		err = r.Fail(expected, mapjson.Quote(*into))
	}
	return err
}

// timeout reads a number of seconds.
func timeout(r *mapjson.Reader, expected string, into *float64) error {
	err := r.Value(expected, into)
	if err == nil && (*into < 0 || *into > longestTimeout) {
		err = r.Fail(fmt.Sprintf("seconds from 0 to %.0f", longestTimeout), fmt.Sprint(*into))
	}
	return err
}

// readCaptures reads what the map was learned from.
func (m *Meta) readCaptures(r *mapjson.Reader) error {
	const expected = whatIsRemembered + ": the captures"
	return r.Array(expected, func(i int) error {
		if i == mapjson.MaxObjects {
			return r.Fail(fmt.Sprintf("at most %d captures", mapjson.MaxObjects), "more")
		}
		var c Capture
		var others []other
		err := r.Fields(expected, func(key string) error {
			what := expected + ": " + key
			switch key {
			case "name":
				return r.Value(what, &c.Name)
			case "sha256":
				return r.Value(what, &c.SHA256)
			case "packets":
				return r.Value(what, &c.Packets)
			case "flows":
				return r.Value(what, &c.Flows)
			case "first":
				return r.Value(what, &c.First)
			case "last":
				return r.Value(what, &c.Last)
			}
			return keep(r, key, &others)
		})
		m.Captures = append(m.Captures, c)
		m.note(c, others)
		return err
	})
}

// note keeps keys of a capture that this program does not know.
func (m *Meta) note(c Capture, others []other) {
	if len(others) == 0 {
		return
	}
	if m.captures == nil {
		m.captures = map[Capture][]other{}
	}
	m.captures[c] = uniteOthers(m.captures[c], others)
}

// file returns the value of the reserved key.
func (m *Meta) file() (f metaFile, err error) {
	s := m.Settings.file()
	if f.Settings, err = withOthers(&s, m.settings); err != nil {
		return f, err
	}
	f.Format, f.Vocabulary, f.Captures = m.Format, m.Vocabulary, []json.RawMessage{}
	for i := range m.Captures {
		c, err := withOthers(&m.Captures[i], m.captures[m.Captures[i]])
		if err != nil {
			return f, err
		}
		f.Captures = append(f.Captures, c)
	}
	for i := range m.Accepted {
		a, err := withOthers(&m.Accepted[i], m.Accepted[i].others)
		if err != nil {
			return f, err
		}
		f.Accepted = append(f.Accepted, a)
	}
	return f, nil
}

// readAccepted reads what was accepted.
func readAccepted(r *mapjson.Reader) (list []Acceptance, err error) {
	const expected = whatIsRemembered + ": what was accepted"
	err = r.Array(expected, func(i int) error {
		if i == mapjson.MaxObjects {
			return r.Fail(fmt.Sprintf("at most %d accepted findings", mapjson.MaxObjects), "more")
		}
		var a Acceptance
		err := r.Fields(expected, func(key string) (err error) {
			what := expected + ": " + key
			switch key {
			case "id":
				return r.Value(what, &a.ID)
			case "title":
				return r.Value(what, &a.Title)
			case "note":
				return r.Value(what, &a.Note)
			case "adds":
				a.Adds, err = readAdditions(r, what)
				return err
			}
			return keep(r, key, &a.others)
		})
		list = append(list, a)
		return err
	})
	return list, err
}

// readAdditions reads what an accepted finding added. A key that this program does not know is refused: it
// may take back what the others say.
func readAdditions(r *mapjson.Reader, expected string) (adds []Addition, err error) {
	err = r.Array(expected, func(int) error {
		var d Addition
		into := map[string]any{"source": &d.Source, "destination": &d.Destination, "services": &d.Services, "names": &d.Names, "owner": &d.Owner,
			"bytes_out": &d.BytesOut, "macs": &d.MACs, "role": &d.Role, "tunnel": &d.Tunnel, "asked": &d.Asked}
		err := r.Fields(expected, func(key string) error {
			field, ok := into[key]
			if !ok {
				return r.Fail("a key of an addition", mapjson.Quote(key))
			}
			return r.Value(expected+": "+key, field)
		})
		if err == nil {
			if wrong := d.check(); wrong != nil {
				err = r.Fail(expected, wrong.Error())
			}
		}
		adds = append(adds, d)
		return err
	})
	return adds, err
}
