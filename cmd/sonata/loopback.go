package main

import (
	"net"
	"net/netip"
)

// checkLoopback refuses an address that other machines can reach. Sonata knows no users yet, so whoever reaches it may do
// everything.
func checkLoopback(flag, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--%s %q is no HOST:PORT", flag, address)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() {
		return nil
	}
	return usagef("--%s %s can be reached from other machines, and Sonata does not ask who is calling: "+
		"use 127.0.0.1, or --insecure-allow-remote if the network keeps strangers out", flag, address)
}
