package wire

import "testing"

func TestParseHTTPHead(t *testing.T) {
	type result struct {
		state                HTTPState
		method, target       string
		status               int
		reason               string
		complete             bool
		host, agent, content string
		body                 string
	}
	tests := []struct {
		name, in string
		want     result
	}{
		{"request", "GET /a?b HTTP/1.1\r\nHost: a.example\r\nuser-AGENT:  x y \r\n\r\nbody",
			result{state: HTTPYes, method: "GET", target: "/a?b", complete: true, host: "a.example", agent: "x y", body: "body"}},
		{"request with single line feeds", "POST / HTTP/1.0\nHost: a\n\n",
			result{state: HTTPYes, method: "POST", target: "/", complete: true, host: "a"}},
		{"fields cut", "GET / HTTP/1.1\r\nHost: a.exam", result{state: HTTPYes, method: "GET", target: "/"}},
		{"target with blanks", "GET   /a b HTTP/1.1\r\n", result{state: HTTPYes, method: "GET", target: "/a b"}},
		{"response", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n",
			result{state: HTTPYes, status: 404, reason: "Not Found", complete: true, content: "text/html"}},
		{"response without a reason", "HTTP/1.0 200\r\n", result{state: HTTPYes, status: 200}},
		{"method cut", "PROPF", result{state: HTTPPartial}},
		{"line cut before its LF", "GET / HTTP/1.1\r", result{state: HTTPPartial, method: "GET", target: "/ HTTP/1.1"}},
		{"status line cut", "HTTP/1.1 20", result{state: HTTPPartial}},
		{"status line without its end", "HTTP/1.1 200 O", result{state: HTTPPartial, status: 200}},
		{"version cut", "HTTP/", result{state: HTTPPartial}},
		{"another version", "GET / HTTP/2.0\r\n", result{state: HTTPNo, method: "GET"}},
		{"no version", "GET /\r\n", result{state: HTTPNo, method: "GET"}},
		{"small letters", "get / HTTP/1.1\r\n", result{state: HTTPNo}},
		{"control character", "GET /\x01 HTTP/1.1\r\n", result{state: HTTPNo, method: "GET"}},
		{"long method", "ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1\r\n", result{state: HTTPNo}},
		{"letters for a status", "HTTP/1.1 2x0 OK\r\n", result{state: HTTPNo}},
		{"nothing", "", result{state: HTTPNo}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, state := ParseHTTPHead([]byte(test.in), "HTTP/1.")
			got := result{
				state: state, method: string(h.Method), target: string(h.Target), status: h.Status, reason: string(h.Reason), complete: h.Complete,
				host: string(h.Field("Host")), agent: string(h.Field("User-Agent")), content: string(h.Field("Content-Type")), body: string(h.Body),
			}
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestHTTPFieldPrefix(t *testing.T) {
	h, _ := ParseHTTPHead([]byte("HTTP/1.0 200 OK\r\nServer: x\r\nIcy-Name: radio\r\n\r\nicy-body: no"), "HTTP/1.")
	for prefix, want := range map[string]bool{"icy-": true, "server": true, "icy-body": false, "x-": false} {
		if got := h.FieldPrefix(prefix); got != want {
			t.Errorf("%q: got %v, want %v", prefix, got, want)
		}
	}
}

func TestHostOnly(t *testing.T) {
	for in, want := range map[string]string{
		"a.example":           "a.example",
		"a.example:8080":      "a.example",
		"[2001:db8::1]:80":    "2001:db8::1",
		"[2001:db8::1":        "[2001:db8::1",
		"2001:db8::1":         "2001:db8::1",
		"user:word@a.example": "a.example",
		"":                    "",
	} {
		if got := string(HostOnly([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzParseHTTPHead checks that what is a head stays one with more behind it.
func FuzzParseHTTPHead(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 10)
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"), 12)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		_, whole := ParseHTTPHead(b, "HTTP/1.")
		if cut < 1 || cut > len(b) {
			return
		}
		if _, part := ParseHTTPHead(b[:cut], "HTTP/1."); whole == HTTPYes && part == HTTPNo || part == HTTPYes && whole != HTTPYes {
			t.Errorf("the first %d of %q are %d, all of it is %d", cut, b, part, whole)
		}
	})
}
