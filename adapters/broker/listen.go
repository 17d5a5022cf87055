package broker

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/net/netutil"
)

// listen opens config.Listen. Without a host it is 127.0.0.1. The broker tells clients the address that it listens on, so it must
// be one that they can connect to.
func listen(config Config) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("--broker-listen %s is not a host:port: %w", config.Listen, err)
	}
	if addr.IP == nil {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	switch {
	case addr.IP.IsUnspecified():
		return nil, fmt.Errorf("--broker-listen %s names no address that clients could be told to connect to: name one, like %s", config.Listen, DefaultListen)
	case !addr.IP.IsLoopback() && !config.AllowRemote:
		return nil, fmt.Errorf("--broker-listen %s would let other machines read and write every topic without authentication: "+
			"use a loopback address like %s, or a real Kafka with --kafka", config.Listen, DefaultListen)
	}
	l, err := net.ListenTCP("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d of %s is in use, perhaps by another Sonata or by a Kafka: "+
			"choose another port with --broker-listen, or use that Kafka with --kafka %s", addr.Port, addr.IP, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("the broker cannot listen on --broker-listen %s: %w", config.Listen, err)
	}
	return guard{netutil.LimitListener(l, maxConnections)}, nil
}
