package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ecsFields are the types of the fields that are written, from the field reference of the Elastic Common Schema
// 8.17. A field may hold a list of its type.
var ecsFields = map[string]string{
	"@timestamp": "date", "message": "text", "ecs.version": "keyword",
	"event.kind": "keyword", "event.category": "keyword", "event.type": "keyword", "event.module": "keyword", "event.dataset": "keyword", "event.id": "keyword",
	"event.severity": "long", "event.reason": "keyword", "event.start": "date", "event.end": "date",
	"rule.name": "keyword", "rule.description": "keyword", "rule.category": "keyword", "log.file.path": "keyword",
	"network.transport": "lower", "network.application": "lower", "network.community_id": "keyword", "network.bytes": "long", "network.packets": "long",
	"source.address": "keyword", "source.ip": "ip", "source.mac": "mac", "source.domain": "keyword", "source.bytes": "long",
	"destination.address": "keyword", "destination.ip": "ip", "destination.port": "long", "destination.mac": "mac", "destination.domain": "keyword", "destination.bytes": "long",
	"related.ip": "ip", "related.hosts": "keyword", "observer.product": "keyword", "observer.type": "keyword",
}

// ecsMAC is the form that the schema wants of hardware addresses.
var ecsMAC = regexp.MustCompile(`^[0-9A-F]{2}(-[0-9A-F]{2}){5}$`)

// ecsProblem says what is wrong with a value of a type, "" for nothing.
func ecsProblem(kind string, v any) string {
	text, isText := v.(string)
	var err error
	ok := isText
	switch kind {
	case "long":
		_, ok = v.(float64)
	case "date":
		_, err = time.Parse(time.RFC3339, text)
	case "ip":
		_, err = netip.ParseAddr(text)
	case "mac":
		ok = ecsMAC.MatchString(text)
	case "lower":
		ok = isText && text == strings.ToLower(text)
	}
	if !ok || err != nil {
		return fmt.Sprintf("%v is no %s", v, kind)
	}
	return ""
}

// eachECSField calls f with each field of a document and each of its values. What is ours alone is left out.
func eachECSField(path string, v any, f func(path string, v any)) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if name := strings.TrimPrefix(path+"."+key, "."); name != "servmap" {
				eachECSField(name, value, f)
			}
		}
	case []any:
		for _, one := range v {
			f(path, one)
		}
	default:
		f(path, v)
	}
}

// TestECSHasTheSchemasFields wants nothing but fields of the schema, of their types.
func TestECSHasTheSchemasFields(t *testing.T) {
	var out bytes.Buffer
	if err := writeECS(&out, nil, someFindings(t)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for _, line := range lines {
		var document map[string]any
		if err := json.Unmarshal([]byte(line), &document); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		eachECSField("", document, func(path string, v any) {
			kind, known := ecsFields[path]
			if !known {
				t.Errorf("the schema has no field %s", path)
			} else if p := ecsProblem(kind, v); p != "" {
				t.Errorf("%s: %s", path, p)
			}
			seen[path] = true
		})
	}
	for path := range ecsFields {
		switch path {
		case "source.mac", "destination.mac", "source.domain": // someFlows have none
		default:
			if !seen[path] {
				t.Errorf("no finding has %s", path)
			}
		}
	}
	if len(lines) != len(someFindings(t).All()) {
		t.Errorf("%d lines", len(lines))
	}
}
