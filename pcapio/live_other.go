//go:build !linux && !darwin && !freebsd && !(windows && (amd64 || 386))

package pcapio

// A device cannot be had on this system.
type device struct{ link LinkType }

func openDevice(name string, _ LiveOptions) (*device, error) {
	return nil, &InputError{Path: name, Reason: "interfaces cannot be captured on this system: use a pipe, as in: tcpdump -i " + printable(name) + " -w - | servmap check -"}
}

func (d *device) next(*Packet) error { return ErrInterrupted }
func (d *device) interrupt()         {}
func (d *device) dropped() uint64    { return 0 }
func (d *device) close() error       { return nil }

// Interfaces lists the interfaces, none of which can be captured on.
func Interfaces() ([]NetInterface, error) { return netInterfaces() }
