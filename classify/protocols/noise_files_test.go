package protocols

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// noiseFile is what a user might send over a bare socket: data in a common
// format without a protocol around it.
type noiseFile struct {
	format string
	data   []byte
}

// noiseFiles builds several files of every format, each of them different.
func noiseFiles(t testing.TB, r *rand.Rand) []noiseFile {
	t.Helper()
	var files []noiseFile
	add := func(format string, data []byte) { files = append(files, noiseFile{format, data}) }
	for range 8 {
		prose := func(n int) string { return noiseProse(r, r.IntN(len(noiseWords)), n) }
		add("PNG", noisePNG(t, r))
		add("JPEG", noiseJPEG(t, r))
		add("ZIP", noiseZIP(t, r, prose))
		add("gzip", noiseGzip(t, prose(6000)))
		add("MP4", noiseMP4(r))
		add("PDF", noisePDF(r, prose))
		add("JSON", noiseJSON(t, r, prose))
		add("XML", noiseXML(r, prose))
		add("CSV", noiseCSV(r, prose))
		add("tar", noiseTar(t, r, prose))
		add("WAV", noiseWAV(r))
		add("BMP", noiseBMP(r))
		add("records", noiseRecords(r))
		add("JSON lines", noiseJSONLines(r, prose))
		add("log", noiseLog(r, prose))
		add("base64", noiseBase64(r))
		add("hexadecimal", []byte(hex.EncodeToString(noiseBytes(r, 3000))))
		add("AES-CTR", noiseAES(t, r))
		add("ELF", noiseELF(r))
		add("samples", noiseSamples(r))
	}
	for language := range noiseWords {
		text := noiseProse(r, language, 8000)
		add("text", []byte(text))
		add("text in UTF-16", noiseUTF16(text))
	}
	sources, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range sources[:min(len(sources), 40)] {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		add("source code", text)
	}
	return files
}

// noiseWords are common words of several languages.
var noiseWords = [][]string{
	strings.Fields("the of and to in is was for that with house tree river water people year day time good old new small great never always under over before after GET PUT SET HELP USER version end stats"),
	strings.Fields("der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei Straße Mädchen"),
	strings.Fields("de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se été château garçon élève"),
	strings.Fields("de la que el en y a los se del las un por con no una su para es al lo como más pero sus niño corazón señor"),
	strings.Fields("и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее мне было"),
	strings.Fields("και το να του η της με που την από για είναι τα στο ο οι τον σε ότι"),
	strings.Fields("في من على أن إلى هذا التي كان عن مع كل بعد بين حتى لم قد"),
	strings.Fields("的 一 是 不 了 人 我 在 有 他 这 中 大 来 上 国 个 到 说 们 为 子 和 你 地 出 道 也 时 年"),
	strings.Fields("の に は を た が で て と し れ さ ある いる も する から な こと として い や れる など なっ ない"),
	strings.Fields("और का के है में की से को पर यह था कि जो कर हो गया लिए अपने"),
}

func noiseProse(r *rand.Rand, language, n int) string {
	var b strings.Builder
	words := noiseWords[language]
	for b.Len() < n {
		word := words[r.IntN(len(words))]
		switch r.IntN(16) {
		case 0:
			b.WriteString(word + ".\n")
		case 1:
			b.WriteString(word + ", ")
		case 2:
			fmt.Fprintf(&b, "%s %d ", word, r.IntN(10000))
		case 3:
			b.WriteString(strings.ToUpper(word) + " ")
		default:
			b.WriteString(word + " ")
		}
	}
	return b.String()
}

func noiseUTF16(text string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// noiseImage is a picture with some structure and some noise.
func noiseImage(r *rand.Rand) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 60+r.IntN(40), 60+r.IntN(40)))
	k := 1 + r.IntN(9)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.Set(x, y, color.RGBA{R: byte(x * k), G: byte(y * k), B: byte(x*y + r.IntN(30)), A: 255})
		}
	}
	return img
}

func noisePNG(t testing.TB, r *rand.Rand) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, noiseImage(r)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func noiseJPEG(t testing.TB, r *rand.Rand) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, noiseImage(r), &jpeg.Options{Quality: 40 + r.IntN(60)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func noiseZIP(t testing.TB, r *rand.Rand, prose func(int) string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 4 {
		f, err := w.Create(fmt.Sprintf("folder/file%d-%d.txt", i, r.IntN(1000)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(prose(3000))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func noiseGzip(t testing.TB, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noiseMP4 is a file of ISO base media boxes (ISO/IEC 14496-12): ftyp, moov
// with tables of numbers, mdat with noise.
func noiseMP4(r *rand.Rand) []byte {
	box := func(kind string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
		return append(append(b, kind...), body...)
	}
	table := []byte{0, 0, 0, 0, 0, 0, 1, 0}
	for range 256 {
		table = binary.BigEndian.AppendUint32(table, uint32(r.IntN(1<<14)))
	}
	data := make([]byte, 6000)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	header := make([]byte, 100)
	header[15], header[26] = 232, 1
	file := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2avc1mp41"))
	file = append(file, box("moov", append(box("mvhd", header), box("trak", box("stsz", table))...))...)
	return append(file, box("mdat", data)...)
}

func noiseBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func noiseAES(t testing.TB, r *rand.Rand) []byte {
	block, err := aes.NewCipher(noiseBytes(r, 16))
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<18)
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(b, b)
	return b
}

// noiseBase64 is a text that is all in one line or in lines of 76 letters.
func noiseBase64(r *rand.Rand) []byte {
	text := base64.StdEncoding.EncodeToString(noiseBytes(r, 4000))
	if r.IntN(2) == 0 {
		return []byte(text)
	}
	var b strings.Builder
	for ; len(text) > 76; text = text[76:] {
		b.WriteString(text[:76] + "\r\n")
	}
	return []byte(b.String() + text)
}

// noiseELF is a program's header, tables of symbols and relocations, and names.
func noiseELF(r *rand.Rand) []byte {
	b := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00\x01\x00\x00\x00")
	for range 300 {
		b = binary.LittleEndian.AppendUint64(b, uint64(0x400000+r.IntN(1<<16)))
		b = binary.LittleEndian.AppendUint32(b, uint32(r.IntN(64)))
		b = binary.LittleEndian.AppendUint32(b, uint32(r.IntN(8)))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.IntN(256)))
	}
	for range 100 {
		fmt.Fprintf(bytesWriter{&b}, "_ZN%d%s\x00", r.IntN(9), noiseWords[0][r.IntN(len(noiseWords[0]))])
	}
	return append(b, make([]byte, 500)...)
}

type bytesWriter struct{ b *[]byte }

func (w bytesWriter) Write(p []byte) (int, error) {
	*w.b = append(*w.b, p...)
	return len(p), nil
}

// noiseSamples is sound: numbers of 16 bits that go up and down.
func noiseSamples(r *rand.Rand) []byte {
	var b []byte
	value, step := 0, 0
	for range 4000 {
		step += r.IntN(41) - 20
		value = max(-20000, min(20000, value+step))
		b = binary.LittleEndian.AppendUint16(b, uint16(value))
	}
	return b
}

func noiseJSONLines(r *rand.Rand, prose func(int) string) []byte {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "{\"ts\":%d.%03d,\"level\":%q,\"id\":%d,\"msg\":%q,\"result\":%d}\n", 1700000000+i, r.IntN(1000),
			[]string{"info", "error", "debug"}[r.IntN(3)], r.IntN(1e6), prose(30), r.IntN(9))
	}
	return []byte(b.String())
}

func noiseLog(r *rand.Rand, prose func(int) string) []byte {
	var b strings.Builder
	kind := r.IntN(4)
	for i := range 80 {
		text := strings.ReplaceAll(prose(40), "\n", " ")
		switch kind {
		case 0:
			fmt.Fprintf(&b, "2024-%02d-%02dT%02d:%02d:%02dZ INFO [main] %s\n", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), i%60, text)
		case 1:
			fmt.Fprintf(&b, "Jan %2d %02d:%02d:%02d host app[%d]: %s\n", 1+r.IntN(28), r.IntN(24), r.IntN(60), i%60, r.IntN(30000), text)
		case 2:
			fmt.Fprintf(&b, "192.0.2.%d - - [10/Oct/2024:13:55:%02d +0000] \"GET /%s HTTP/1.1\" 200 %d\n", r.IntN(255), i%60, strings.Fields(text)[0], r.IntN(9000))
		case 3:
			fmt.Fprintf(&b, "[%d] ERROR: %s (code %d)\r\n", i, text, r.IntN(600))
		}
	}
	return []byte(b.String())
}

func noisePDF(r *rand.Rand, prose func(int) string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i := range 12 {
		fmt.Fprintf(&b, "%d 0 obj\n<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %d %d] >>\nendobj\n", i+1, i+2, r.IntN(900), r.IntN(900))
		text := prose(300)
		fmt.Fprintf(&b, "%d 0 obj\n<< /Length %d >>\nstream\nBT /F1 12 Tf (%s) Tj ET\nendstream\nendobj\n", i+50, len(text), text)
	}
	b.WriteString("trailer\n<< /Root 1 0 R >>\n%%EOF\n")
	return []byte(b.String())
}

func noiseJSON(t testing.TB, r *rand.Rand, prose func(int) string) []byte {
	var rows []map[string]any
	for range 40 {
		rows = append(rows, map[string]any{"id": r.IntN(1e6), "name": prose(20), "value": r.Float64(), "tags": []string{prose(5), prose(5)}, "error": nil})
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	if r.IntN(2) == 0 {
		return append([]byte(`{"result": `), append(b, '}')...)
	}
	return b
}

func noiseXML(r *rand.Rand, prose func(int) string) []byte {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catalog>\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  <item id=\"%d\" price=\"%d.%02d\">%s</item>\n", i, r.IntN(500), r.IntN(100), prose(60))
	}
	b.WriteString("</catalog>\n")
	return []byte(b.String())
}

func noiseCSV(r *rand.Rand, prose func(int) string) []byte {
	var b strings.Builder
	b.WriteString("id,name,amount,date\r\n")
	for i := range 120 {
		fmt.Fprintf(&b, "%d,\"%s\",%d.%02d,2024-%02d-%02d\r\n", i, strings.ReplaceAll(prose(20), "\n", " "), r.IntN(9000), r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	}
	return []byte(b.String())
}

func noiseTar(t testing.TB, r *rand.Rand, prose func(int) string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 4 {
		text := prose(1500)
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("folder/file%d-%d.txt", i, r.IntN(1000)), Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noiseWAV is a tone of 16 bits, quiet enough for many small numbers.
func noiseWAV(r *rand.Rand) []byte {
	b := []byte("RIFF\x24\x20\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data\x00\x20\x00\x00")
	loud, step := float64(1+r.IntN(3000)), 0.01+r.Float64()/4
	for i := range 4096 {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(loud*math.Sin(float64(i)*step))))
	}
	return b
}

// noiseBMP is a picture without compression, flat areas and all.
func noiseBMP(r *rand.Rand) []byte {
	b := append([]byte("BM"), make([]byte, 52)...)
	for y := range 40 {
		for x := range 60 {
			c := byte(0)
			if (x-30)*(x-30)+(y-20)*(y-20) < 200 {
				c = byte(r.IntN(4))
			}
			b = append(b, c, c*2, 0xff*(c&1))
		}
	}
	return b
}

// noiseRecords is a table as databases and executables hold them: fixed
// records of small numbers, offsets and padding.
func noiseRecords(r *rand.Rand) []byte {
	var b []byte
	size := 8 << r.IntN(4)
	for i := range 300 {
		record := make([]byte, size)
		if r.IntN(8) > 0 {
			order := binary.ByteOrder(binary.LittleEndian)
			if size&16 != 0 {
				order = binary.BigEndian
			}
			order.PutUint32(record, uint32(i))
			order.PutUint32(record[4:], uint32(r.IntN(1<<(1+r.IntN(20)))))
		}
		b = append(b, record...)
	}
	return b
}
