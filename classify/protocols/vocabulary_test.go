package protocols

import "net/netip"

// vocabulary stands for the tables of applications: it knows every name that
// recognisers may put into Found.Master and Found.App, and no host.
type vocabulary struct{}

func (vocabulary) ByName(string) (string, bool, bool)        { return "", false, false }
func (vocabulary) ByAddress(netip.Addr) (string, bool, bool) { return "", false, false }
func (vocabulary) Category(string) (string, bool)            { return "", false }
func (vocabulary) UserNetworks() bool                        { return false }
func (vocabulary) Names() []string                           { return SubLabels }
