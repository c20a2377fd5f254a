package protocols

import "servmap/classify"

// webdav is Web Distributed Authoring and Versioning. It is HTTP with methods
// of its own, and the recogniser of HTTP finds it.
var webdav = classify.Protocol{
	Name:      "WebDAV",
	Category:  "Collaborative",
	Transport: classify.TCP,
	Reference: "RFC 4918, section 9; RFC 3253; RFC 4791",
}
