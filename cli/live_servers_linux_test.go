package cli

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// serve starts servers of HTTP, HTTPS, DNS and SSH in the namespace, for as
// long as the test runs.
func serve(t *testing.T, n *netns) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello\n") })
	secure := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, key)}}
	n.within(t, func() error {
		var listeners []net.Listener
		for _, port := range []string{"80", "443", "22"} {
			l, err := net.Listen("tcp", net.JoinHostPort(farAddr, port))
			if err != nil {
				return err
			}
			t.Cleanup(func() { l.Close() })
			listeners = append(listeners, l)
		}
		names, err := net.ListenPacket("udp", net.JoinHostPort(farAddr, "53"))
		if err != nil {
			return err
		}
		t.Cleanup(func() { names.Close() })
		go func() { _ = http.Serve(listeners[0], hello) }()
		go func() { _ = http.Serve(tls.NewListener(listeners[1], secure), hello) }()
		go serveSSH(listeners[2], key)
		go serveDNS(names)
		return nil
	})
}

func selfSigned(t *testing.T, key ed25519.PrivateKey) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveDNS answers every question with one address (RFC 1035, section 4.1).
func serveDNS(conn net.PacketConn) {
	const headLen = 12
	b := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		end := bytes.IndexByte(b[headLen:max(n, headLen)], 0) // of the name; type and class follow
		if end < 0 || headLen+end+5 > n {
			continue
		}
		question := b[headLen : headLen+end+5]
		answer := []byte{0xc0, headLen, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 77, 0, 9}
		head := []byte{b[0], b[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}
		_, _ = conn.WriteTo(slices.Concat(head, question, answer), from)
	}
}

// serveSSH lets anybody in, and says that every command went well.
func serveSSH(l net.Listener, key ed25519.PrivateKey) {
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go session(conn, config)
		}
	}
}

func session(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		for r := range asked {
			_ = r.Reply(r.Type == "exec", nil)
			if r.Type == "exec" {
				_, _ = channel.SendRequest("exit-status", false, make([]byte, 4))
				break
			}
		}
		channel.Close()
	}
}
