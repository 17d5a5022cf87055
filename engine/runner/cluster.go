package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// ErrOtherCluster is what the error of a Bus that talks to another Kafka cluster than the store belongs to wraps: nothing is read from
// it or published to it.
var ErrOtherCluster = errors.New("the data belongs to another Kafka cluster")

// checkCluster makes sure that the store belongs to the cluster of the bus. A store that belongs to none belongs to it from now on.
func (r *Runner) checkCluster(ctx context.Context) error {
	bus, knows := r.opts.Bus.(Cluster)
	if !knows || r.clusterOK.Load() {
		return nil
	}
	id, err := bus.ClusterID(ctx)
	if err != nil || id == "" {
		return err
	}
	err = r.submit(ctx, func(u *unit) error {
		ours := string(u.tx.Get(tableMeta, metaCluster))
		switch {
		case ours == id:
			return nil
		case ours != "" && id != r.opts.AdoptCluster:
			return fmt.Errorf("%w: to %q, and this is %q; name the right one, or adopt this one (--adopt-cluster %s): its topics are read from their beginning then",
				ErrOtherCluster, ours, id, id)
		case ours != "":
			r.log.Warn("the data belongs to another Kafka cluster from now on", slog.String("from", ours), slog.String("to", id))
			for _, key := range u.rows(tablePositions, nil) {
				u.delete(tablePositions, key)
			}
		}
		u.put(tableMeta, metaCluster, []byte(id))
		return nil
	})
	if err == nil {
		r.clusterOK.Store(true)
	}
	return err
}
