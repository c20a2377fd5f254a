package page

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a Chromium that is driven through a pipe: https://chromedevtools.github.io/devtools-protocol/
type browser struct {
	t       *testing.T
	to      io.Writer
	mu      sync.Mutex
	next    int
	waiting map[int]chan message
	session string
	// wrong is what went wrong in the page: errors on its console, requests, dialogs.
	wrong []string
	// loaded gets a value when a page was loaded.
	loaded chan struct{}
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// findBrowser returns the program, or skips the test.
func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short tries no page in a browser")
	}
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("skipped: there is no chromium here; the page is not tried in a browser")
	return ""
}

// startBrowser starts a browser for a test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	program := findBrowser(t)
	toRead, toWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromRead, fromWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "page-test")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
		"--disable-component-update", "--hide-scrollbars", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	if err := cmd.Start(); err != nil {
		t.Skipf("skipped: %s does not start: %v", program, err)
	}
	toRead.Close()
	fromWrite.Close()
	b := &browser{t: t, to: toWrite, waiting: map[int]chan message{}, loaded: make(chan struct{}, 8)}
	t.Cleanup(func() {
		b.send("Browser.close", nil)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
		toWrite.Close()
		fromRead.Close()
		for range 20 { // its helpers may still write there
			if os.RemoveAll(profile) == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	go b.listen(fromRead)
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// listen takes what the browser says.
func (b *browser) listen(from io.Reader) {
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			for _, w := range b.waiting {
				close(w)
			}
			b.waiting = map[int]chan message{}
			b.mu.Unlock()
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if w := b.waiting[m.ID]; m.ID != 0 && w != nil {
			delete(b.waiting, m.ID)
			w <- m
		} else {
			b.event(&m)
		}
		b.mu.Unlock()
	}
}

// event notes what went wrong.
func (b *browser) event(m *message) {
	switch m.Method {
	case "Page.loadEventFired":
		select {
		case b.loaded <- struct{}{}:
		default:
		}
	case "Runtime.exceptionThrown", "Page.javascriptDialogOpening":
		b.wrong = append(b.wrong, m.Method+" "+string(m.Params))
	case "Log.entryAdded":
		if strings.Contains(string(m.Params), `"level":"error"`) || strings.Contains(string(m.Params), `"level":"warning"`) {
			b.wrong = append(b.wrong, string(m.Params))
		}
	case "Runtime.consoleAPICalled":
		if strings.Contains(string(m.Params), `"type":"error"`) {
			b.wrong = append(b.wrong, string(m.Params))
		}
	case "Network.requestWillBeSent":
		var p struct {
			Request struct {
				URL string `json:"url"`
			} `json:"request"`
		}
		_ = json.Unmarshal(m.Params, &p)
		if u, err := url.Parse(p.Request.URL); err != nil || u.Scheme != "file" && u.Scheme != "data" && u.Scheme != "about" || u.Scheme == "file" && !strings.HasSuffix(u.Path, ".html") {
			b.wrong = append(b.wrong, "a request for "+p.Request.URL)
		}
	}
}

// send sends a command and does not wait.
func (b *browser) send(method string, params any) chan message {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	command := map[string]any{"id": b.next, "method": method}
	if params != nil {
		command["params"] = params
	}
	if b.session != "" && method != "Browser.close" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		panic(err)
	}
	answer := make(chan message, 1)
	b.waiting[b.next] = answer
	_, _ = b.to.Write(append(text, 0)) // what is not answered is noticed
	return answer
}

// call sends a command and takes its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	select {
	case m, ok := <-b.send(method, params):
		if !ok {
			b.t.Fatalf("%s: the browser has gone", method)
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-time.After(60 * time.Second):
		b.t.Fatalf("%s: no answer", method)
	}
}

// open shows a page of that width and returns how long it took until it was ready.
func (b *browser) open(html []byte, width int, dark bool) time.Duration {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(path, html, 0o666); err != nil {
		b.t.Fatal(err)
	}
	b.size(width)
	b.dark(dark)
	for len(b.loaded) > 0 {
		<-b.loaded
	}
	began := time.Now()
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	select {
	case <-b.loaded:
	case <-time.After(60 * time.Second):
		b.t.Fatal("the page does not load")
	}
	if got := b.eval(`document.documentElement.dataset.ready || ''`); got != "yes" {
		b.t.Fatalf("the script did not come to its end: %v", b.wrong)
	}
	return time.Since(began)
}

func (b *browser) size(width int) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
}

func (b *browser) dark(dark bool) {
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
}

// eval returns the value of an expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var out struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		ExceptionDetails *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%.200s: %s", expression, out.ExceptionDetails.Exception.Description)
	}
	return fmt.Sprint(out.Result.Value)
}

// key presses keys, one after the other.
func (b *browser) key(names ...string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "/": 191}
	for _, name := range names {
		down := map[string]any{"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": codes[name]}
		switch {
		case name == "Enter":
			down["text"] = "\r"
		case len(name) == 1:
			down["text"] = name
		}
		b.call("Input.dispatchKeyEvent", down, nil)
		b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "code": name, "windowsVirtualKeyCode": codes[name]}, nil)
	}
}

// typed types a text.
func (b *browser) typed(text string) {
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// click clicks in the middle of the first element that a selector finds and that is seen, or on the middle of its path.
func (b *browser) click(selector string) {
	b.t.Helper()
	at := b.eval(`(() => {
		const e = [...document.querySelectorAll(` + quoted(selector) + `)].find((e) => e.getClientRects().length);
		if (!e) return '';
		e.scrollIntoView({block: 'center', inline: 'center'});
		if (e.tagName === 'path') {
			const p = e.getPointAtLength(e.getTotalLength() / 2).matrixTransform(e.getScreenCTM());
			return p.x + ' ' + p.y;
		}
		const r = e.getBoundingClientRect();
		return (r.x + r.width / 2) + ' ' + (r.y + r.height / 2);
	})()`)
	var x, y float64
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		b.t.Fatalf("there is no %s", selector)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}, nil)
	}
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// clean fails where anything went wrong in the page so far.
func (b *browser) clean() {
	b.t.Helper()
	b.eval("1") // what happened before was told before
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range slices.Compact(b.wrong) {
		b.t.Errorf("%.400s", w)
	}
	b.wrong = nil
}

// shot writes a picture of the page to the folder of PAGE_SHOTS, for people to look at.
func (b *browser) shot(name string, whole bool) {
	folder := os.Getenv("PAGE_SHOTS")
	if folder == "" {
		return
	}
	var out struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &out)
	data, err := base64.StdEncoding.DecodeString(out.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), data, 0o666)
	}
	if err != nil {
		b.t.Error(err)
	}
}
