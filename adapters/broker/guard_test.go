package broker

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// frame is the start of a request: its size, its key, then padding.
func frame(size uint32, key int16, padding int) []byte {
	b := binary.BigEndian.AppendUint32(nil, size)
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	return append(b, make([]byte, padding)...)
}

func TestWhatIsNotKafkaEndsItsConnectionAlone(t *testing.T) {
	b := start(t, Config{})
	require.NoError(t, b.CreateTopic("orders", 1))
	good := kmsg.NewRequestFormatter().AppendRequest(nil, kmsg.NewPtrMetadataRequest(), 1)
	for name, bytes := range map[string][]byte{
		"http":             []byte("GET / HTTP/1.1\r\nHost: localhost:9092\r\n\r\n"),
		"tls":              {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3},
		"unknown key":      frame(20, 0x7fff, 18),
		"negative key":     frame(20, -1, 18),
		"negative size":    frame(0xffffffff, 0, 18),
		"too large":        frame(maxRequestBytes+1, 0, 18),
		"too small":        frame(2, 0, 0),
		"truncated body":   frame(8, 0, 6),
		"garbage body":     append(frame(40, 0, 0), "a produce request it is not, whatever."...),
		"after a good one": append(good, frame(20, 0x7fff, 18)...),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", b.Addr())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
			_, err = conn.Write(bytes)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, conn) // until the broker hangs up
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the broker should have hung up")
		})
	}
	produce(t, client(t, b), &kgo.Record{Topic: "orders", Value: []byte("still here")})
}

// FuzzGuard cuts a stream of frames at any place: the verdict must be the same as for the whole.
func FuzzGuard(f *testing.F) {
	request := kmsg.NewRequestFormatter().AppendRequest(nil, kmsg.NewPtrMetadataRequest(), 1)
	f.Add(append(request, request...), 3)
	f.Add(append(request, frame(20, 0x7fff, 18)...), 5)
	f.Add([]byte("GET / HTTP/1.1"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, step int) {
		whole := (&guarded{}).check(stream)
		var g guarded
		var pieces error
		for rest := stream; len(rest) > 0 && pieces == nil; {
			n := min(len(rest), max(1, step))
			pieces = g.check(rest[:n])
			rest = rest[n:]
		}
		require.Equal(t, whole == nil, pieces == nil)
	})
}
