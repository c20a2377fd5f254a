package flags

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The types of values, for the table.
type (
	addr     = netip.Addr
	network  = netip.Prefix
	duration = time.Duration
)

// parseAddr reads an IP address.
func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return a, fmt.Errorf("%q is no IP address", s)
	}
	return a.WithZone(""), nil
}

// parseNetwork reads a network, 10.0.0.0/8, or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is no network such as 10.0.0.0/8", s)
}

// parseBool reads true or false, as YAML has them.
func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q: expected true or false", s)
}

// parseDuration reads seconds, or a duration with a unit; not negative.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if seconds, numeric := strconv.ParseFloat(s, 64); numeric == nil && seconds < 1e9 {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time span: seconds, or a number with a unit such as 2m", s)
	}
	return d, nil
}

// mostDays is the longest time span in days.
const mostDays = 100_000

// parseDays reads days or weeks, 90d or 12w, and returns days: at least 1.
func parseDays(s string) (int, error) {
	digits, unit := strings.TrimSuffix(s, "d"), 1
	if digits == s {
		digits, unit = strings.TrimSuffix(s, "w"), 7
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if digits == s || err != nil || n == 0 || n*uint64(unit) > mostDays {
		return 0, fmt.Errorf("%q: expected days or weeks, 1d to %dd, as in 90d or 12w", s, mostDays)
	}
	return int(n) * unit, nil
}

// parseCount reads a whole number that is not negative.
func parseCount(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, strconv.IntSize)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q: expected a whole number, 0 or more", s)
	}
	return int(n), nil
}

// parseUint is parseCount for numbers up to 2^64-1.
func parseUint(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: expected a whole number, 0 or more", s)
	}
	return n, nil
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
