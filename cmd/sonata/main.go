package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // timers name time zones; an edge device may have no database of them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for a graceful stop. From then on signals have their usual effect, so a second one ends the
	// process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(newCLI().run(ctx, os.Args[1:]))
}
