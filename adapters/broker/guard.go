package broker

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxRequestBytes bounds one request of a client: kfake allocates what the first four bytes of a connection ask for. An HTTP or
// TLS client that knocks on the wrong port asks for more than that, and is sent away.
const maxRequestBytes = maxMessageBytes + 1<<20

// guard is a listener whose connections end at the first bytes that are not a request of Kafka's protocol. kfake itself
// would allocate any amount and panic on a request key that it does not know, and so would end the whole engine.
type guard struct{ net.Listener }

// Accept implements net.Listener.
func (g guard) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guarded{Conn: conn}, nil
}

// guarded follows the frames in what it reads: a size of four bytes, then as many bytes, which begin with the key of the
// request (https://kafka.apache.org/protocol.html#protocol_common).
type guarded struct {
	net.Conn
	head [6]byte // size and key of the frame that is being read
	have int     // how many bytes of head are there
	left int     // bytes of the frame after head that are still to come
}

// Read implements net.Conn.
func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if bad := g.check(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

func (g *guarded) check(b []byte) error {
	for len(b) > 0 {
		if g.have == len(g.head) {
			skip := min(g.left, len(b))
			g.left -= skip
			b = b[skip:]
			if g.left == 0 {
				g.have = 0
			}
			continue
		}
		g.head[g.have] = b[0]
		g.have++
		b = b[1:]
		if err := g.checkHead(); err != nil {
			return err
		}
	}
	return nil
}

// minRequestBytes is the smallest header: key, version, correlation id.
const minRequestBytes = 8

func (g *guarded) checkHead() error {
	size := binary.BigEndian.Uint32(g.head[:4])
	switch g.have {
	case 4:
		if size < minRequestBytes || size > maxRequestBytes {
			return fmt.Errorf("not a Kafka request: %d bytes", size)
		}
		g.left = int(size) - 2
	case 6:
		if key := int16(binary.BigEndian.Uint16(g.head[4:])); kmsg.RequestForKey(key) == nil {
			return fmt.Errorf("not a Kafka request: key %d", key)
		}
	}
	return nil
}
