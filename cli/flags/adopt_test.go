package flags

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"servmap/servmap"
)

// TestAdoptSettings takes over what a map was made with, but for what the configuration says, and has
// flows made so, too.
func TestAdoptSettings(t *testing.T) {
	made := servmap.Settings{
		LocalNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, DeviceIPs: []netip.Addr{netip.MustParseAddr("10.0.0.1")},
		MulticastRemote: true, IdleTimeout: 5 * time.Second, ActiveTimeout: time.Minute, IgnoreVLAN: true,
		IgnoreUnknown: true, ByAddress: true, IgnoreNonIP: true,
	}
	o := defaults()
	o.AdoptSettings(&servmap.Meta{Settings: made})
	if !reflect.DeepEqual(o.Settings, made) {
		t.Errorf("adopted %+v\nof %+v", o.Settings, made)
	}
	if f := o.Ingest.Flows; f.IdleTimeout != 5*time.Second || f.ActiveTimeout != time.Minute || !f.IgnoreVLAN {
		t.Errorf("flows are made with %+v", f)
	}

	o = defaults()
	const own = "local_networks: 10.9.0.0/16\ndevice_ips: 10.0.0.2\nmulticast: multicast\nidle_timeout: 7\nactive_timeout: 8\nignore_vlan: false\n" +
		"unknown: learn\nidentity: mac\nnon_ip: learn\n"
	if err := parseConfig(o, []byte(own)); err != nil {
		t.Fatal(err)
	}
	before := o.Settings
	if o.AdoptSettings(&servmap.Meta{Settings: made}); !reflect.DeepEqual(o.Settings, before) {
		t.Errorf("adopted %+v\nwhere the configuration says %+v", o.Settings, before)
	}

	o = defaults()
	before = o.Settings
	o.AdoptSettings(&servmap.Meta{Settings: servmap.Settings{IgnoreVLAN: true}}) // a map that does not tell its settings
	if o.AdoptSettings(nil); !reflect.DeepEqual(o.Settings, before) {
		t.Errorf("adopted %+v of a map without settings", o.Settings)
	}
}
