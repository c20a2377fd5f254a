package report

import (
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"servmap/classify/protocols"
	"servmap/servmap"

	"gopkg.in/yaml.v3"
)

// networkPolicy is a NetworkPolicy of networking.k8s.io/v1, as its reference has it.
type networkPolicy struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		PodSelector     selector `yaml:"podSelector"`
		PolicyTypes     []string `yaml:"policyTypes"`
		Ingress, Egress []struct {
			From, To []struct {
				IPBlock *struct {
					CIDR   string
					Except []string
				} `yaml:"ipBlock"`
				PodSelector *selector `yaml:"podSelector"`
			}
			Ports []struct {
				Protocol string
				Port     uint16
			}
		}
	}
}

type selector struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
}

var (
	dnsName    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	labelValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
)

func TestKubernetesIsANetworkPolicy(t *testing.T) {
	m, err := servmap.Parse("m.json", []byte(`{
		"10.0.0.0/24": {"remote": [0, "*", "TLS.*"], "10.0.0.7": [0, "Foo\n- {}"], "multicast": [0, "MDNS"], "broadcast": [0, "DHCP"]},
		"*": {"*": [0, "*"], "fd00::": [0, "ICMPV6", "SSH"], "remote": [0, "Unknown:sctp/5", "Unknown:udp/*"]},
		"remote": {"fd00::": [0, "TLS"]},
		"10.0.0.1": {"attempts local": [0, "SSH"], "attempts remote": [0, "Unknown:ip/47", "Unknown:udp/53"], "10.0.0.7": [0, "SSH"]}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := Print(PolicyFormats, "kubernetes", &text, nil, servmap.NewPolicy(m, servmap.Settings{}, protocols.All, nil)); err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(strings.NewReader(text.String()))
	d.KnownFields(true)
	read, rules := 0, 0
	for ; ; read++ {
		var p networkPolicy
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, &text)
		}
		if p.APIVersion != "networking.k8s.io/v1" || p.Kind != "NetworkPolicy" || !dnsName.MatchString(p.Metadata.Name) || !labelValue.MatchString(p.Spec.PodSelector.MatchLabels["servmap/host"]) || strings.Join(p.Spec.PolicyTypes, " ") != "Ingress Egress" {
			t.Errorf("%+v", p)
		}
		for _, r := range append(p.Spec.Ingress, p.Spec.Egress...) {
			rules++
			for _, port := range r.Ports {
				if port.Protocol != "TCP" && port.Protocol != "UDP" && port.Protocol != "SCTP" {
					t.Errorf("%+v", r)
				}
			}
			for _, e := range append(r.From, r.To...) {
				if (e.IPBlock == nil) == (e.PodSelector == nil) {
					t.Errorf("%+v: expected one of ipBlock and podSelector", r)
				} else if e.IPBlock == nil {
					continue
				}
				all, err := netip.ParsePrefix(e.IPBlock.CIDR)
				for _, x := range e.IPBlock.Except {
					inner, wrong := netip.ParsePrefix(x)
					if wrong != nil || !all.Contains(inner.Addr()) || inner.Bits() <= all.Bits() {
						t.Errorf("%s is not within %s", x, all)
					}
				}
				if err != nil {
					t.Error(err)
				}
			}
		}
	}
	if read != 3 || rules < 12 {
		t.Errorf("%d policies, %d rules\n%s", read, rules, &text)
	}
}
