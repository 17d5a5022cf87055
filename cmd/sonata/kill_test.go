package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// crashes is how often the program is to be stopped the hard way.
func crashes(t *testing.T, variable string) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		t.Skipf("`make crash` runs it, without the race detector; %s is how often", variable)
	}
	return n
}

// TestKills stops the program with SIGKILL after a random number of confirmations, again and again: engine and broker in one process,
// and each in its own, together and apart. Nothing that was confirmed is lost, nothing happens twice.
func TestKills(t *testing.T) {
	kills := crashes(t, "SONATA_TEST_KILLS")
	t.Run("together", func(t *testing.T) {
		random, data, l := rand.New(rand.NewPCG(1, 1)), t.TempDir(), &ledger{t: t}
		for n := range (kills + 1) / 2 {
			s := serve(t, data, ledgerFlows...)
			l.check(n, s)
			enough, end := l.load(s, s, random.IntN(60))
			<-enough
			s.kill()
			end()
		}
		l.check(0, serve(t, data, ledgerFlows...))
	})
	t.Run("apart", func(t *testing.T) {
		p := &pair{t: t, data: [2]string{t.TempDir(), t.TempDir()}}
		p.broker = serve(t, p.data[0])
		p.startEngine()
		random, l := rand.New(rand.NewPCG(2, 2)), &ledger{t: t}
		for n := range kills / 2 {
			enough, end := l.load(p.engine, p.broker, random.IntN(60))
			<-enough
			p.kill(random.IntN(3))
			end()
			l.check(n, p.engine)
		}
		l.check(0, p.engine)
	})
}

var ledgerFlows = []string{"--deploy", filepath.Join("testdata", "ledger.bpmn")}

// check compares now and then: it takes longer than a kill.
func (l *ledger) check(n int, s *sonata) {
	l.t.Helper()
	if n%10 == 0 {
		require.Empty(l.t, l.wrong(s))
	}
}

// pair is an engine that uses the broker of another process.
type pair struct {
	t              *testing.T
	data           [2]string
	broker, engine *sonata
}

func (p *pair) startEngine() {
	p.engine = serve(p.t, p.data[1], append([]string{"--kafka", p.broker.kafka}, ledgerFlows...)...)
}

// kill stops the engine (0), the broker (1) or both, and starts them again. The broker keeps its address.
func (p *pair) kill(which int) {
	if which != 1 {
		p.engine.kill()
	}
	if which != 0 {
		p.broker.kill()
		p.broker = serve(p.t, p.data[0], "--broker-listen", p.broker.kafka)
	}
	if which != 1 {
		p.startEngine()
	}
}
