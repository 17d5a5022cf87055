package tosca

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The units of TOSCA 1.3 §3.3.6, each with its factor to the smallest. Names are not case sensitive.
var (
	sizes = map[string]float64{
		"B": 1, "kB": 1e3, "KiB": 1 << 10, "MB": 1e6, "MiB": 1 << 20, "GB": 1e9, "GiB": 1 << 30, "TB": 1e12, "TiB": 1 << 40,
	}
	times       = map[string]float64{"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
	frequencies = map[string]float64{"Hz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9}
	bitrates    = map[string]float64{
		"bps": 1, "Kbps": 1e3, "Kibps": 1 << 10, "Mbps": 1e6, "Mibps": 1 << 20, "Gbps": 1e9, "Gibps": 1 << 30, "Tbps": 1e12, "Tibps": 1 << 40,
		"Bps": 8, "KBps": 8e3, "KiBps": 8 << 10, "MBps": 8e6, "MiBps": 8 << 20, "GBps": 8e9, "GiBps": 8 << 30, "TBps": 8e12, "TiBps": 8 << 40,
	}
)

var quantityPattern = regexp.MustCompile(`^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]+)$`)

// quantity reads a number with a unit, and compares by the smallest unit.
func quantity(what string, units map[string]float64) primitive {
	known := strings.Join(slices.SortedFunc(maps.Keys(units), func(a, b string) int {
		return strings.Compare(fmt.Sprintf("%030f", units[a]), fmt.Sprintf("%030f", units[b]))
	}), ", ")
	return func(n *node) (any, error) {
		found := quantityPattern.FindStringSubmatch(n.text)
		if n.kind != scalar || found == nil {
			return nil, wrong(n, what+": a number with one of "+known)
		}
		factor, ok := units[found[2]]
		if !ok {
			for name, f := range units { // "mb" is fine, but where case decides the exact name went first
				if strings.EqualFold(name, found[2]) {
					factor, ok = max(factor, f), true
				}
			}
		}
		value, err := strconv.ParseFloat(found[1], 64)
		if err != nil || !ok {
			return nil, wrong(n, what+": a number with one of "+known)
		}
		return value * factor, nil
	}
}
