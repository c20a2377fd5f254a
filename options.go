package main

import (
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/filter"
	"servmap/report"
	"servmap/servmap"

	"github.com/urfave/cli/v2"
)

// defaultMaxFlows keeps to about a gigabyte, also where every flow has a name of its own.
const defaultMaxFlows = 2_200_000

// captureFlags are the flags of every command that reads captures.
func captureFlags(own ...cli.Flag) []cli.Flag {
	return append(own,
		&cli.StringFlag{Name: "config", Usage: "read the configuration from `FILE` (default: servmap.yaml where it is there)"},
		&cli.StringSliceFlag{Name: "device", Usage: "only flows with this `IP` at either end; may be repeated"},
		&cli.StringSliceFlag{Name: "local-network", Usage: "keep the addresses of this `CIDR` in the map, in place of the private networks; may be repeated"},
		&cli.StringFlag{Name: "idle-timeout", Usage: "a flow ends after this `TIME` without packets: seconds, or 2m; 0 is never", DefaultText: "120"},
		&cli.StringFlag{Name: "active-timeout", Usage: "a flow ends this `TIME` after its first packet; 0 is never", DefaultText: "1800"},
		&cli.IntFlag{Name: "max-flows", Usage: "keep at most `N` live flows, the longest idle end first; 0 is no limit", DefaultText: fmt.Sprint(defaultMaxFlows)},
		&cli.IntFlag{Name: "max-hosts", Usage: "a map or a report holds at most `N` hosts, those that came first; 0 is no limit", DefaultText: fmt.Sprint(servmap.DefaultMaxHosts)},
		&cli.IntFlag{Name: "max-pairs", Usage: "a map or a report holds at most `N` pairs of hosts, those that came first; 0 is no limit", DefaultText: fmt.Sprint(servmap.DefaultMaxPairs)},
		&cli.StringFlag{Name: "decompress-limit", Usage: "read at most `SIZE` of each compressed file: bytes, or 500M, 20G; 0 is no limit", DefaultText: "256G, and a thousand times the file"},
		&cli.BoolFlag{Name: "no-tunnels", Usage: "do not look into tunnels"},
		&cli.IntFlag{Name: "workers", Usage: "use `N` processors; 0 is all", DefaultText: "all"},
		&cli.StringFlag{Name: "filter", Usage: "only packets that match this `EXPRESSION`, as in tcpdump: \"host 10.0.0.1 and not port 53\""},
		&cli.StringFlag{Name: "interface", Aliases: []string{"i"}, Usage: "capture live from `IFACE` in place of files"},
		&cli.StringFlag{Name: "duration", Usage: "live: stop after this `TIME`"},
		&cli.Uint64Flag{Name: "count", Usage: "live: stop after `N` packets that --filter takes", DefaultText: "no limit"},
		&cli.BoolFlag{Name: "promiscuous", Usage: "live: also take frames for other hosts"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress and no summary"},
		outputFlag("write to `FILE` in place of standard output"),
	)
}

func outputFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: usage}
}

// options are the flags and the configuration, put together.
type options struct {
	config   *config
	settings servmap.Settings
	flows    flows.Options
	quiet    bool
	// limited tells that limit, in bytes, holds for decompression; 0 is none.
	limited bool
	limit   int64
	output  string
	// maxHosts and maxPairs bound a map and a report; 0 is no limit.
	maxHosts, maxPairs int
	// fingerprint is the form of fingerprint that flows are to have.
	fingerprint classify.Fingerprint

	// iface, where it is not empty, is captured on, for the duration or until
	// so many packets came, where those are not 0.
	iface       string
	promiscuous bool
	duration    time.Duration
	count       uint64
}

// readOptions puts together flags and configuration; flags win.
func readOptions(c *cli.Context) (*options, error) {
	conf, err := loadConfig(c.String("config"))
	if err != nil {
		return nil, err
	}
	o := &options{config: conf, quiet: c.Bool("quiet"), output: c.String("output")}
	s := &o.settings
	s.MulticastRemote = conf.Multicast == "remote"
	if s.DeviceIPs, err = parseAddrs(either(c.StringSlice("device"), conf.DeviceIPs)); err != nil {
		return nil, usageError("--device: " + err.Error())
	}
	if s.LocalNetworks, err = parseNetworks(either(c.StringSlice("local-network"), conf.LocalNetworks)); err != nil {
		return nil, usageError("--local-network: " + err.Error())
	}
	if s.IdleTimeout, err = timeout(c, "idle-timeout", conf.IdleTimeout, flows.DefaultIdleTimeout); err != nil {
		return nil, err
	}
	if s.ActiveTimeout, err = timeout(c, "active-timeout", conf.ActiveTimeout, flows.DefaultActiveTimeout); err != nil {
		return nil, err
	}
	if o.flows, err = flowOptions(c, conf, s); err != nil {
		return nil, err
	}
	if o.maxHosts, err = number(c, "max-hosts", conf.MaxHosts, servmap.DefaultMaxHosts); err != nil {
		return nil, err
	}
	if o.maxPairs, err = number(c, "max-pairs", conf.MaxPairs, servmap.DefaultMaxPairs); err != nil {
		return nil, err
	}
	if c.IsSet("decompress-limit") {
		if o.limit, err = parseSize(c.String("decompress-limit")); err != nil {
			return nil, usageError("--decompress-limit: " + err.Error())
		}
		o.limited = true
	}
	if err := liveOptions(c, o); err != nil {
		return nil, err
	}
	return o, nil
}

// liveOptions reads the flags of live captures.
func liveOptions(c *cli.Context, o *options) error {
	for _, name := range []string{"duration", "count", "promiscuous"} {
		if !c.IsSet("interface") && c.IsSet(name) {
			return usageError("--" + name + " is for live captures: -i IFACE")
		}
	}
	if c.IsSet("interface") && c.String("interface") == "" {
		return usageError("-i names no interface; servmap interfaces lists them")
	}
	o.iface, o.promiscuous, o.count = c.String("interface"), c.Bool("promiscuous"), c.Uint64("count")
	if c.IsSet("duration") {
		d, err := parseDuration(c.String("duration"))
		if err != nil {
			return usageError("--duration: " + err.Error())
		}
		o.duration = d
	}
	return nil
}

func flowOptions(c *cli.Context, conf *config, s *servmap.Settings) (flows.Options, error) {
	out := flows.Options{IdleTimeout: s.IdleTimeout, ActiveTimeout: s.ActiveTimeout, Tunnels: !c.Bool("no-tunnels"), Workers: c.Int("workers")}
	var err error
	if out.MaxFlows, err = number(c, "max-flows", conf.MaxFlows, defaultMaxFlows); err != nil {
		return out, err
	}
	if out.Workers < 0 {
		return out, usageError(fmt.Sprintf("--workers is %d: expected 0 or more", out.Workers))
	}
	if out.Workers == 0 {
		out.Workers = runtime.GOMAXPROCS(0)
	}
	if c.IsSet("filter") {
		f, err := filter.Parse(c.String("filter"))
		if err != nil {
			return out, usageError("--" + err.Error())
		}
		out.Filter = f.Match
	}
	return out, nil
}

// number reads a limit from the flag of that name, or from the configuration.
func number(c *cli.Context, name string, conf *int, standard int) (int, error) {
	n := standard
	switch {
	case c.IsSet(name):
		n = c.Int(name)
	case conf != nil:
		n = *conf
	}
	if n < 0 {
		return 0, usageError(fmt.Sprintf("--%s is %d: expected 0 or more", name, n))
	}
	return n, nil
}

// limits are those of a map or a report.
func (o *options) limits() *servmap.Limits { return servmap.NewLimits(o.maxHosts, o.maxPairs) }

// warnBeyond tells of flows for which a map or a report had no room.
func warnBeyond(n uint64, what string) {
	if n > 0 {
		warn("%d flows are not in %s: it has room for as many hosts and pairs as --max-hosts and --max-pairs say, and the first are kept", n, what)
	}
}

// either returns the flag's words, or the configuration's where there are
// none.
func either(flag []string, conf list) []string {
	if len(flag) > 0 {
		return flag
	}
	return conf
}

func timeout(c *cli.Context, name string, conf *duration, standard time.Duration) (time.Duration, error) {
	switch {
	case c.IsSet(name):
		d, err := parseDuration(c.String(name))
		if err != nil {
			return 0, usageError("--" + name + ": " + err.Error())
		}
		return d, nil
	case conf != nil:
		return time.Duration(*conf), nil
	}
	return standard, nil
}

// oneOf refuses a value of a flag that is not among the known.
func oneOf(what, value string, known []string) error {
	for _, k := range known {
		if k == value {
			return nil
		}
	}
	return usageError(fmt.Sprintf("unknown %s %q: expected %s", what, value, report.List(known)))
}

// parseSize reads a number of bytes: digits, and perhaps k, M, G or T for
// powers of 1024.
func parseSize(text string) (int64, error) {
	digits, shift := text, 0
	if n := len(text); n > 0 {
		if i := strings.IndexByte("kMGT", text[n-1]); i >= 0 {
			digits, shift = text[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("%q is no size: expected bytes, or a number with k, M, G or T", text)
	}
	return n << shift, nil
}
