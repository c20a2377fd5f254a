package decode

// Tenants numbers the networks of tenants. Different tenants may use the same addresses, and what
// tells them apart does not fit in a flow's key: so the key holds a number in its place. Numbers are
// given in the order of the input, from 1.
//
// A network may lie in another one: a VXLAN segment in a provider's VLAN. So each number stands for
// one identifier within another number. The last one stands for all that Packet.Tenant stands for.
//
// One goroutine, that of the Decoder, gives numbers. Others may read what a number stands for that a
// packet has brought them.
type Tenants struct {
	numbers map[tenant]uint32
	list    [][]tenant // by number, in chunks; number 0 is never used
	count   uint32
	// lately has those that were looked up lately: most packets need not search numbers.
	lately [64]struct {
		tenant
		number uint32
	}
}

// tenant is what a number stands for: an identifier within another number, 0 for none.
type tenant struct {
	id     uint64
	within uint32
}

// Bounds of the numbers.
const (
	// TenantBits is how many bits a number may have.
	TenantBits = 21
	// tenantChunk is how many are allocated at once.
	tenantChunk = 1 << 10
)

// Kinds of identifiers, besides those of tunnels: above the 40 lower bits of the identifier.
const (
	idVLAN    = uint64(0x100) << 40 // a VLAN tag that Packet.VLAN does not show
	idVSID    = uint64(0x101) << 40 // the virtual subnet of NVGRE
	idNetwork = uint64(0x102) << 40 // Packet.VLAN and Packet.Tunnel
)

// number returns the number of an identifier within another number, or 0 where there are too many.
func (t *Tenants) number(within uint32, id uint64) uint32 {
	key := tenant{id, within}
	known := &t.lately[(id^id>>40^uint64(within)*7)%uint64(len(t.lately))]
	if known.number != 0 && known.tenant == key {
		return known.number
	}
	n := t.numbers[key]
	if n == 0 {
		if n = t.add(key); n == 0 {
			return 0
		}
	}
	known.tenant, known.number = key, n
	return n
}

// add gives a new number, or 0 where there are too many.
func (t *Tenants) add(key tenant) uint32 {
	if t.numbers == nil {
		t.numbers, t.list = make(map[tenant]uint32), make([][]tenant, 1<<TenantBits/tenantChunk)
	}
	if t.count == 1<<TenantBits-1 {
		return 0
	}
	t.count++
	n := t.count
	chunk := &t.list[n/tenantChunk]
	if *chunk == nil {
		*chunk = make([]tenant, tenantChunk)
	}
	(*chunk)[n%tenantChunk] = key
	t.numbers[key] = n
	return n
}

// Network returns the Packet.VLAN and Packet.Tunnel that belong to a Packet.Tenant other than 0.
func (t *Tenants) Network(number uint32) (vlan uint16, tunnel uint8) {
	id := t.at(number).id
	return uint16(id >> 8), uint8(id)
}

// at returns what a number stands for.
func (t *Tenants) at(number uint32) tenant { return t.list[number/tenantChunk][number%tenantChunk] }

// within puts p into the network of a tenant, within those that it is in already.
func (d *Decoder) within(p *Packet, id uint64) {
	if n := d.Tenants.number(p.Tenant, id); n != 0 {
		p.Tenant = n
	} else {
		d.Stats.UnnamedTenants++
	}
}

// networkOf numbers the network of p, which has a tenant, with its VLAN and kind of tunnel. A
// fragment has the number of its first one.
func (d *Decoder) networkOf(p *Packet) {
	if d.Tenants.at(p.Tenant).id&^(1<<40-1) == idNetwork {
		return
	}
	vlan := p.VLAN
	if d.IgnoreVLAN {
		vlan = 0
	}
	n := d.Tenants.number(p.Tenant, idNetwork|uint64(vlan)<<8|uint64(p.Tunnel))
	if n == 0 {
		d.Stats.UnnamedTenants++
	}
	p.Tenant = n
}

// enterTenant is enter for a tunnel whose header names the tenant.
func (d *Decoder) enterTenant(p *Packet, kind Tunnel, id uint64, form uint32, b []byte, wire int) {
	outside := p.Tenant
	d.within(p, id)
	if !d.enter(p, kind, form, b, wire) {
		p.Tenant = outside
	}
}

// tenantID returns the identifier of a tenant in a kind of tunnel.
func tenantID(kind Tunnel, id uint32) uint64 { return uint64(kind)<<40 | uint64(id) }

// greTenant returns the identifier of the tenant that a GRE key names (RFC 2890, 2.1). The key of
// NVGRE, which carries frames, is a virtual subnet of 24 bits and eight bits that tell flows apart,
// which are left out (RFC 7637, 3.2). Linux carries frames with a key of 32 bits, which looks the
// same: a key whose subnet number is reserved is taken for one.
func greTenant(flags, protocol uint16, key uint32) uint64 {
	const reserved = 0x1000
	if vsid := key >> 8; protocol == typeEthernet && flags == 0x2000 && vsid >= reserved && vsid != 0xffffff {
		return idVSID | uint64(vsid)
	}
	return tenantID(TunnelGRE, key)
}
