package controlloop

import "time"

// No test of what control loops do depends on how fast the machine is.
func init() { requestTimeout, instantiateTimeout = 24*time.Hour, 24*time.Hour }
