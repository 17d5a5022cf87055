package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// maxBackup is how long a client may take to read a backup. Until it has, the store cannot use the room again that is freed meanwhile.
const maxBackup = 6 * time.Hour

// getBackup sends everything that must survive, as it is at one moment, while the engine goes on. A backup that breaks off is no whole
// file, which the client sees.
func (a *api) getBackup(w http.ResponseWriter, r *http.Request) error {
	if a.config.Backup == nil {
		return problem(engine.CodeNotFound, "there is no backup to be had here: nothing is kept on a disk")
	}
	leave, err := a.waiting.enter()
	if err != nil {
		return err
	}
	defer leave()
	allow(w, maxBackup)
	out := &begun{w: w}
	err = a.config.Backup(r.Context(), out)
	if err == nil || !out.wrote {
		return err
	}
	if r.Context().Err() == nil {
		a.log.LogAttrs(r.Context(), slog.LevelError, "backup broke off", slog.String("error", err.Error()))
	}
	panic(http.ErrAbortHandler) // the status is sent: only the connection can tell
}

// begun is an answer that knows whether it has begun.
type begun struct {
	w     http.ResponseWriter
	wrote bool
}

func (b *begun) Write(data []byte) (int, error) {
	if !b.wrote {
		b.w.Header().Set("Content-Type", "application/x-tar")
		b.w.Header().Set("Content-Disposition", "attachment; filename=sonata-backup.tar")
	}
	b.wrote = true
	n, err := b.w.Write(data)
	return n, errors.Join(err)
}

var _ io.Writer = (*begun)(nil)
