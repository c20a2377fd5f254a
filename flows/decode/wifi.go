package decode

func (d *Decoder) radiotap(p *Packet, b []byte, wire int) {}
func (d *Decoder) ppi(p *Packet, b []byte, wire int)      {}
