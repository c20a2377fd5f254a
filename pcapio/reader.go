package pcapio

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of the Options.
const (
	// DefaultLimit is how many bytes one compressed file may expand to.
	DefaultLimit = 256 << 30
	// DefaultRatio is how many times as long it may become, beyond 256 MiB.
	DefaultRatio = 1000
)

// Options says how captures are read. The zero value is ready to use.
type Options struct {
	// Limit is the most bytes that one compressed file may expand to; what
	// comes after is not read, and that is damage. 0 means DefaultLimit, less
	// means no limit.
	Limit int64
	// Ratio is how many times as long as the file the decompressed data may
	// be, once it is longer than 256 MiB. 0 means DefaultRatio, less means no
	// limit.
	Ratio int64
	// Hash asks for the SHA-256 digest of every file.
	Hash bool
	// Idle makes Next return ErrIdle where a pipe delivered nothing for so
	// long; 0 means that it waits. Files never are idle.
	Idle time.Duration
	// Stdin is what the path "-" stands for; nil is os.Stdin.
	Stdin *os.File
	// Done interrupts Open and Next when it is closed, as Interrupt does:
	// pass the channel of a signal.NotifyContext. It may be nil.
	Done <-chan struct{}
}

func (o *Options) limit() int64 { return orDefault(o.Limit, DefaultLimit) }
func (o *Options) ratio() int64 { return orDefault(o.Ratio, DefaultRatio) }

func orDefault(v, usual int64) int64 {
	if v == 0 {
		return usual
	}
	return v
}

// Reader reads captures as one traffic. It belongs to one goroutine, but for
// Interrupt and Progress.
//
// A read that waits for a pipe ends when Interrupt is called or Options.Done
// is closed: Next goes on for at most 0.3 s with what the pipe still delivers
// (a tcpdump that got the same SIGINT writes out its buffer) and then returns
// ErrInterrupted, or io.EOF where the pipe ended. A file is left within one
// buffer.
type Reader struct {
	opt    Options
	inputs []*input
	stop   chan struct{}
	once   sync.Once
	number uint64
	// packets is number, as of a moment ago, for Progress.
	packets atomic.Uint64

	// waiting are the inputs whose turn has not come, the next one last.
	waiting []*input
	// active are the inputs at hand, a heap by the time of their next packet.
	active []*input
	// used is set where the packet of active[0] was handed out.
	used bool
}

// Open checks all names, and begins to read. "-" is standard input. The error
// is an *InputError for the first name that cannot be read, or ErrInterrupted.
func Open(paths []string, opt Options) (*Reader, error) {
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	r := &Reader{opt: opt, stop: make(chan struct{})}
	if err := r.name(paths); err != nil {
		return nil, err
	}
	for _, in := range r.inputs {
		if err := r.look(in); err != nil {
			err = in.inputError(err)
			r.Close()
			return nil, err
		}
	}
	r.order()
	return r, nil
}

// Check reports what Open would refuse of the names, without reading packets: an *InputError for the first that is no
// capture. A stream's bytes are left alone.
func Check(paths []string, opt Options) error {
	if opt.Stdin == nil {
		opt.Stdin = os.Stdin
	}
	r := &Reader{opt: opt, stop: make(chan struct{})}
	defer r.Close()
	if err := r.name(paths); err != nil {
		return err
	}
	for _, in := range r.inputs {
		if in.stream {
			continue
		}
		err := in.open(true)
		if err == nil {
			err = in.start()
		}
		in.close()
		if err != nil {
			return in.inputError(err)
		}
	}
	return nil
}

// name looks every name up, and refuses those that name the same file.
func (r *Reader) name(paths []string) error {
	byFile := map[fileKey][]*input{}
	infos := map[*input]os.FileInfo{}
	for _, path := range paths {
		in := &input{r: r}
		var info os.FileInfo
		var err error
		if path == "-" {
			in.f = r.opt.Stdin
			info, err = in.f.Stat()
			in.file, in.stream = newFile(path, nil), true
		} else {
			info, err = os.Stat(path)
			in.file = newFile(path, info)
			in.stream = err == nil && !info.Mode().IsRegular()
		}
		switch {
		case err != nil:
			return systemError(path, err)
		case info.IsDir():
			return &InputError{Path: path, Reason: "is a directory", Err: fs.ErrInvalid}
		}
		key := keyOf(info)
		for _, other := range byFile[key] {
			if os.SameFile(info, infos[other]) {
				return twice(path, other.file.Path)
			}
		}
		byFile[key] = append(byFile[key], in)
		infos[in] = info
		r.inputs = append(r.inputs, in)
	}
	if len(r.inputs) == 0 {
		return errors.New("no capture is named")
	}
	return nil
}

// fileKey is the same for the same file, and seldom for two.
type fileKey struct {
	id   [2]uint64
	size int64
	time time.Time
}

func keyOf(info os.FileInfo) fileKey {
	if id, ok := identity(info); ok {
		return fileKey{id: id}
	}
	return fileKey{size: info.Size(), time: info.ModTime()}
}

func twice(path, other string) error {
	reason := "is named twice"
	if path != other {
		reason = "is the same file as " + printable(other)
	}
	return &InputError{Path: path, Reason: reason, Err: fs.ErrExist}
}

// look opens an input and reads its header, and with several inputs its first
// packet. A file is closed then, until its turn comes.
func (r *Reader) look(in *input) error {
	several := len(r.inputs) > 1
	if err := in.open(several); err != nil {
		return err
	}
	if err := in.start(); err != nil {
		return err
	}
	if !several {
		return nil
	}
	err := ErrIdle
	for err == ErrIdle {
		err = in.next(&in.head)
	}
	if err == ErrInterrupted {
		return err
	}
	in.first = in.file.First
	if !in.stream {
		in.reset()
	}
	return nil
}

// reset forgets a look.
func (in *input) reset() {
	in.close()
	in.c = nil
	in.listed = nil
	old := in.file
	in.file = File{Path: old.Path, Name: old.Name, Size: old.Size, Container: old.Container, Compression: old.Compression}
}

// order ranks the inputs: by first packet, then by path. Whatever the order of
// the arguments, the merge is the same.
func (r *Reader) order() {
	if len(r.inputs) == 1 {
		return
	}
	slices.SortFunc(r.inputs, func(a, b *input) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.file.Path, b.file.Path))
	})
	for i, in := range r.inputs {
		in.rank = i
	}
	r.waiting = slices.Clone(r.inputs)
	slices.Reverse(r.waiting)
}

// Next puts the next packet into p: of one input in its own order, of several
// the one with the smallest time among the next packets of all; where times
// are equal, that of the input whose first packet is older, then of the
// smaller path. It returns io.EOF at the end; damage is no error here, see
// Damage.
func (r *Reader) Next(p *Packet) error {
	if len(r.inputs) == 1 {
		if err := r.inputs[0].next(p); err != nil {
			r.packets.Store(r.number)
			return err
		}
	} else if err := r.merged(p); err != nil {
		r.packets.Store(r.number)
		return err
	}
	r.number++
	p.Number = r.number
	if r.number&1023 == 0 {
		r.packets.Store(r.number)
	}
	return nil
}

// merged takes the next packet of several inputs.
func (r *Reader) merged(p *Packet) error {
	if r.used {
		if err := r.advance(r.active[0]); err != nil {
			return err
		}
		r.used = false
	}
	for len(r.waiting) > 0 {
		in := r.waiting[len(r.waiting)-1]
		if len(r.active) > 0 && in.first > r.active[0].head.Time {
			break
		}
		if err := r.admit(in); err != nil {
			return err
		}
		r.waiting = r.waiting[:len(r.waiting)-1]
	}
	if len(r.active) == 0 {
		return io.EOF
	}
	*p = r.active[0].head
	p.File = r.active[0].rank
	r.used = true
	return nil
}

// advance reads the next packet of the input on top of the heap.
func (r *Reader) advance(in *input) error {
	switch err := in.next(&in.head); err {
	case nil:
	case io.EOF:
		last := len(r.active) - 1
		r.active[0] = r.active[last]
		r.active = r.active[:last]
	default:
		return err
	}
	r.sink(0)
	return nil
}

// admit opens an input whose turn has come and puts it on the heap.
func (r *Reader) admit(in *input) error {
	if !in.stream {
		if in.f == nil {
			if err := in.again(); err != nil {
				return err
			}
		}
		switch err := in.next(&in.head); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	} else if in.file.Packets == 0 {
		return nil
	}
	r.active = append(r.active, in)
	for i := len(r.active) - 1; i > 0; {
		up := (i - 1) / 2
		if !r.active[i].before(r.active[up]) {
			break
		}
		r.active[i], r.active[up] = r.active[up], r.active[i]
		i = up
	}
	return nil
}

// again opens a file for the second time. That it has changed or gone since is
// damage.
func (in *input) again() error {
	err := in.open(false)
	if err == nil {
		err = in.start()
	}
	if err == nil || err == ErrInterrupted {
		return err
	}
	reason := "it has changed since it was checked: " + oneLine(err)
	if r := openFilesReason(err); r != "" {
		reason = "it cannot be opened again: " + r
	}
	in.damageAt(0, reason, err)
	in.close()
	in.c = nil
	return nil
}

func (in *input) before(other *input) bool {
	if in.head.Time != other.head.Time {
		return in.head.Time < other.head.Time
	}
	return in.rank < other.rank
}

// sink restores the heap below i.
func (r *Reader) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(r.active); child++ {
			if r.active[child].before(r.active[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		r.active[i], r.active[least] = r.active[least], r.active[i]
		i = least
	}
}

// Interrupt makes Next end, as the Reader's description says.
func (r *Reader) Interrupt() { r.once.Do(func() { close(r.stop) }) }

// Close closes all files. Packets and their data are no longer valid.
func (r *Reader) Close() error {
	r.Interrupt()
	var errs []error
	for _, in := range r.inputs {
		in.c = nil
		errs = append(errs, in.close())
	}
	return errors.Join(errs...)
}

// Damage returns the damage met so far, in order of the files' first packets:
// at most 16 places a file, of which File.Damaged has the number. Nil means
// that everything was sound.
func (r *Reader) Damage() []*DamageError {
	var all []*DamageError
	for _, in := range r.inputs {
		all = append(all, in.listed...)
	}
	return all
}

// Files returns what is known of each input so far, in order of their first
// packets, then of their paths.
func (r *Reader) Files() []File {
	all := make([]File, len(r.inputs))
	for i, in := range r.inputs {
		all[i] = in.file
		all[i].Read = in.raw.count.Load()
		all[i].Interfaces = slices.Clone(in.file.Interfaces)
	}
	return all
}

// Progress returns how far the reading has come. It may be called while
// another goroutine is in Next.
func (r *Reader) Progress() Progress {
	p := Progress{Packets: r.packets.Load()}
	for _, in := range r.inputs {
		p.Read += in.raw.count.Load()
		if in.file.Size < 0 || p.Size < 0 {
			p.Size = -1
		} else {
			p.Size += in.file.Size
		}
	}
	return p
}
