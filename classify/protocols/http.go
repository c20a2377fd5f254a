package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// http is HTTP/1 on any port, with what is spoken over it.
var http = classify.Protocol{
	Name:      "HTTP",
	Category:  "Web",
	Transport: classify.TCP,
	TCPPorts:  []uint16{80, 81, 8181},
	AlsoPorts: []uint16{8000, 8888},
	Forms:     []string{"WebSocket", "HLS", "MpegDash", "SOAP", "JSON-RPC"},
	Reference: "RFC 9112, sections 2 to 5",

	FirstBytes: httpFirst,
	Midstream:  true,
	Recognise:  recogniseHTTP,
}

const httpVersion = "HTTP/1."

// httpFirst are the bytes that methods begin with: any word may be one.
var httpFirst = classify.Range('A', 'Z').Or(classify.Bytes("-_"))

// httpPatience is how many payloads are searched for the fields of both heads after the flow is known
// to be HTTP.
const httpPatience = 12

// recogniseHTTP accepts a request line or a status line, on either side and spread over any number of
// segments (RFC 9112, sections 3 and 4); on the usual ports also the request line of HTTP/0.9, and a
// status line after a faulty request. A request to a proxy is HTTP_Connect or HTTP_Proxy. httpApp finds
// what is spoken on top.
func recogniseHTTP(p *classify.Probe) classify.Outcome {
	var req, resp wire.HTTPHead
	outcome := classify.Never
	heads := 0
	for s := classify.Client; s <= classify.Server; s++ {
		h, state := httpHead(p, s)
		switch state {
		case wire.HTTPPartial:
			if !httpLongTarget(p, s, &h) {
				if outcome == classify.Never {
					outcome = classify.NeedMore
				}
				continue
			}
			fallthrough
		case wire.HTTPYes:
			if h.Complete {
				heads++
			}
			outcome = classify.Match
			if h.Request {
				req = h
				p.ClientIs(s)
			} else {
				resp = h
				p.ClientIs(s.Other())
			}
		}
	}
	if outcome == classify.Never && httpWebPort(p) {
		return httpByAnswer(p)
	}
	if outcome != classify.Match {
		return outcome
	}
	switch string(req.Method) {
	case "SOURCE", "PRI":
		return classify.Never // others' requests in the same form
	}
	httpFound(p, &req, &resp)
	if heads < 2 && len(p.History()) < httpPatience {
		p.KeepLooking()
	}
	return classify.Match
}

// httpWebPort reports whether a side uses a usual port of web servers.
func httpWebPort(p *classify.Probe) bool {
	for _, port := range p.Ports {
		switch port {
		case 80, 81, 8000, 8080, 8181, 8888:
			return true
		}
	}
	return false
}

// httpByAnswer accepts the request of HTTP/0.9, a line of method and target (RFC 1945, section 4.1).
// After any other line that begins with a capital, the server's status line may still tell: a request
// may have been faulty.
func httpByAnswer(p *classify.Probe) classify.Outcome {
	out := classify.Never
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		line, _, whole := match.Line(b)
		switch {
		case len(b) == 0:
			continue
		case !classify.IsText(line):
			return classify.Never
		case whole && httpSimpleRequest(line):
			p.ClientIs(s)
			if len(p.Stream(s.Other())) == 0 {
				p.KeepLooking()
			}
			return classify.Match
		case httpFirst.Has(b[0]) && len(p.Stream(s.Other())) == 0 && len(b) < 4*match.MaxLine:
			out = classify.NeedMore
		}
	}
	return out
}

// httpSimpleRequest accepts "GET /path" and nothing else on the line.
func httpSimpleRequest(line []byte) bool {
	target, ok := bytes.CutPrefix(line, []byte("GET "))
	target = bytes.TrimRight(target, " ")
	return ok && len(target) > 0 && target[0] == '/' && classify.IsPrintable(target) && bytes.IndexByte(target, ' ') < 0
}

// httpHead returns the head that one side's stream begins with. Where the
// beginning was not captured, a later segment may begin with one.
func httpHead(p *classify.Probe, s classify.Side) (wire.HTTPHead, wire.HTTPState) {
	h, state := wire.ParseHTTPHead(p.Stream(s), httpVersion)
	if state == wire.HTTPYes && h.Status == 100 { // the answer proper follows (RFC 9110, section 15.2.1)
		if final, ok := wire.ParseHTTPHead(h.Body, httpVersion); ok == wire.HTTPYes {
			return final, ok
		}
		h.Complete = false
	}
	if state == wire.HTTPNo && p.From == s && p.Midstream(s) && len(p.Payload) > 16 {
		if later, ok := wire.ParseHTTPHead(p.Payload, httpVersion); ok == wire.HTTPYes {
			return later, ok
		}
		if p.Count(s) < httpPatience/2 {
			return h, wire.HTTPPartial
		}
	}
	return h, state
}

// httpLongTarget accepts a request line whose end has not come: a usual method and so much of a target
// that nothing else is likely. Where the capture cut the segment, the end will not come, and a few
// characters are enough.
func httpLongTarget(p *classify.Probe, s classify.Side, h *wire.HTTPHead) bool {
	long := 300
	if cutByCapture(p, s) && classify.IsPrintable(h.Target) {
		long = 4
	}
	if len(h.Target) < long || h.Target[0] != '/' && !bytes.HasPrefix(h.Target, []byte("http://")) {
		return false
	}
	switch string(h.Method) {
	case "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH":
	default:
		return false
	}
	return bytes.IndexByte(h.Target, ' ') < 0
}

// cutByCapture reports whether the capture cut the first segment of a side. The rest of it will never
// come.
func cutByCapture(p *classify.Probe, s classify.Side) bool {
	return p.From == s && p.Len > len(p.Payload) && len(p.Stream(s)) == len(p.Payload)
}

// httpFound stores what the two heads say, of which either may be missing.
func httpFound(p *classify.Probe, req, resp *wire.HTTPHead) {
	f := &p.Found
	if req.Request {
		host := req.Field("Host")
		switch target := req.Target; {
		case string(req.Method) == "CONNECT":
			f.Master = "HTTP_Connect"
			host = target
		case bytes.Contains(target[:min(len(target), 8)], []byte("://")):
			f.Master = "HTTP_Proxy"
			// The target's host counts, whatever Host says (RFC 9112, section 3.2.2).
			named := target[bytes.Index(target, []byte("://"))+3:]
			if end := bytes.IndexAny(named, "/?#"); end >= 0 {
				named = named[:end]
			}
			if len(named) > 0 {
				host = named
			}
		}
		if host != nil {
			f.ServerName = string(wire.HostOnly(host))
		}
		if agent := req.Field("User-Agent"); agent != nil {
			f.UserAgent = string(agent)
		}
	}
	if f.Master == "" && resp.Status == 200 && bytes.EqualFold(resp.Reason, []byte("Connection established")) {
		f.Master = "HTTP_Connect" // what proxies say to nothing else
	}
	for _, h := range [...]*wire.HTTPHead{resp, req} {
		if t := httpMediaType(h); t != nil {
			f.ContentType = string(t)
			break
		}
	}
	if app := httpApp(req, resp); app != "" {
		f.App = app
	}
	if f.App == "BitTorrent" {
		btHTTPPeers(p, resp.Body)
	}
}

// httpMediaType returns the type of the content without its parameters (RFC
// 9110, section 8.3.1).
func httpMediaType(h *wire.HTTPHead) []byte {
	t := h.Field("Content-Type")
	if end := bytes.IndexByte(t, ';'); end >= 0 {
		t = bytes.TrimSpace(t[:end])
	}
	return t
}

// httpMethodApps are the methods that belong to an extension of HTTP: RFC 4918
// and its relatives, and RPC over HTTP (MS-RPCH 2.1.1.1 and 2.1.2.1).
var httpMethodApps = map[string]string{
	"PROPFIND": "WebDAV", "PROPPATCH": "WebDAV", "MKCOL": "WebDAV", "COPY": "WebDAV", "MOVE": "WebDAV",
	"LOCK": "WebDAV", "UNLOCK": "WebDAV", "REPORT": "WebDAV", "MKCALENDAR": "WebDAV", "ACL": "WebDAV",
	"BCOPY": "WebDAV", "BDELETE": "WebDAV", "BMOVE": "WebDAV", "BPROPFIND": "WebDAV", "BPROPPATCH": "WebDAV",
	"VERSION-CONTROL": "WebDAV", "CHECKOUT": "WebDAV", "CHECKIN": "WebDAV", "MKACTIVITY": "WebDAV", "ORDERPATCH": "WebDAV",
	"RPC_CONNECT": "MS-RPCH", "RPC_IN_DATA": "MS-RPCH", "RPC_OUT_DATA": "MS-RPCH",
}

// httpTypeApps are media types that only one protocol uses.
var httpTypeApps = map[string]string{
	"application/ocsp-request":      "OCSP", // RFC 6960, appendix C
	"application/ocsp-response":     "OCSP",
	"application/ipp":               "IPP", // RFC 8010, section 4
	"application/soap+xml":          "SOAP",
	"application/vnd.apple.mpegurl": "HLS", // RFC 8216, section 4
	"application/x-mpegurl":         "HLS",
	"audio/mpegurl":                 "HLS",
	"audio/x-mpegurl":               "HLS",
	"application/dash+xml":          "MpegDash", // ISO/IEC 23009-1, annex C
	"video/iso.segment":             "MpegDash",
	"application/json-rpc":          "JSON-RPC",
	"application/jsonrequest":       "JSON-RPC",
	"application/x-rtsp-tunnelled":  "RTSP",
	"application/x-fcs":             "RTMP", // RTMP in HTTP
	"application/dns-message":       "DoH_DoT",
}

// httpSuffixApps are endings of a target's path.
var httpSuffixApps = []struct{ suffix, app string }{
	{".m3u8", "HLS"}, {".mpd", "MpegDash"}, {".m4s", "MpegDash"},
}

// httpApp finds what is spoken over HTTP, by method, fields, media types and the form of target and
// body.
func httpApp(req, resp *wire.HTTPHead) string {
	if app := httpMethodApps[string(req.Method)]; app != "" {
		return app
	}
	for _, h := range [...]*wire.HTTPHead{req, resp} {
		if up := h.Field("Upgrade"); len(up) == len("websocket") && bytes.EqualFold(up, []byte("websocket")) {
			return "WebSocket"
		}
		t := httpMediaType(h)
		if len(t) > 0 && len(t) < 64 {
			if app := httpTypeApps[string(bytes.ToLower(t))]; app != "" {
				return app
			}
		}
	}
	if req.Field("SOAPAction") != nil {
		return "SOAP"
	}
	path := req.Target
	query := []byte(nil)
	if end := bytes.IndexByte(path, '?'); end >= 0 {
		path, query = path[:end], path[end+1:]
	}
	for _, s := range httpSuffixApps {
		if bytes.HasSuffix(path, []byte(s.suffix)) {
			return s.app
		}
	}
	if query == nil && bytes.HasSuffix(path, []byte(".mp4")) {
		return "MpegDash" // the representation of a single segment
	}
	return httpLooseApp(req, resp, path, query)
}

// httpLooseApp finds applications by fields and words of their own.
func httpLooseApp(req, resp *wire.HTTPHead, path, query []byte) string {
	switch agent := req.Field("User-Agent"); {
	case bytes.HasPrefix(agent, []byte("Microsoft-Delivery-Optimization/")), bytes.HasPrefix(agent, []byte("Windows-Update-Agent/")):
		return "WindowsUpdate"
	case httpIsTracker(req, path, query), bytes.HasPrefix(agent, []byte("BitTorrent")):
		return "BitTorrent" // BEP 3, BEP 48, BEP 17
	case req.FieldPrefix("X-Lgy-"):
		return "OCS"
	case resp.FieldPrefix("icy-"), req.FieldPrefix("ice-"), bytes.HasPrefix(resp.Field("Server"), []byte("Icecast")):
		return "IceCast"
	case bytes.HasPrefix(resp.Field("Server"), []byte("ntopng ")):
		return "ntop" // it also answers for others, where it guards the way out
	case bytes.Contains(query, []byte("json-rpc")), httpJSONRPC(req.Body), httpJSONRPC(resp.Body):
		return "JSON-RPC"
	case resp.FieldPrefix("X-Gnutella"), req.FieldPrefix("X-Gnutella"), bytes.HasPrefix(path, []byte("/uri-res/N2R")):
		return "Gnutella"
	case bytes.HasPrefix(path, []byte("/notice/login_big")), bytes.HasPrefix(path, []byte("/notice/login_small")):
		return "Crossfire"
	case httpSOAPBody(req.Body):
		return "SOAP"
	case bytes.HasPrefix(resp.Body, []byte("#EXTM3U")):
		return "HLS"
	case httpSegment(resp.Body), bytes.Contains(resp.Body[:min(len(resp.Body), 512)], []byte("urn:mpeg:dash:schema:mpd")):
		return "MpegDash"
	case bytes.HasPrefix(agent, []byte("Microsoft-WebDAV-MiniRedir")), bytes.Contains(agent, []byte("davfs2/")):
		return "WebDAV"
	}
	return ""
}

// httpJSONRPC looks for the member that every JSON-RPC 2.0 message has.
func httpJSONRPC(body []byte) bool {
	body = body[:min(len(body), 512)]
	return len(body) > 10 && (body[0] == '{' || body[0] == '[') && bytes.Contains(body, []byte(`"jsonrpc"`))
}

// httpSOAPBody looks for a SOAP envelope (SOAP 1.1, section 4; 1.2, section 5.1).
func httpSOAPBody(body []byte) bool {
	body = body[:min(len(body), 512)]
	return len(body) > 20 && body[0] == '<' && bytes.Contains(body, []byte(":Envelope")) &&
		(bytes.Contains(body, []byte("schemas.xmlsoap.org/soap")) || bytes.Contains(body, []byte("www.w3.org/2003/05/soap")))
}

// httpSegment looks for a segment of ISO media: its type, or a file's with a
// brand of segments (ISO/IEC 14496-12, section 8.16; ISO/IEC 23009-1, section 6.3).
func httpSegment(body []byte) bool {
	if len(body) < 16 || body[0] != 0 || body[1] != 0 {
		return false
	}
	if string(body[4:8]) == "styp" {
		return true
	}
	brands := body[8:min(len(body), 64)]
	return string(body[4:8]) == "ftyp" && (bytes.Contains(brands, []byte("dash")) || bytes.Contains(brands, []byte("msdh")) || bytes.Contains(brands, []byte("iso6")))
}
