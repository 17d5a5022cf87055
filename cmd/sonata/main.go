package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // timers name time zones; an edge device may have no database of them
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		// Whoever does not want to wait for a graceful stop asks again.
		<-signals
		os.Exit(exitKilled)
	}()
	os.Exit(newCLI().run(ctx, os.Args[1:]))
}
