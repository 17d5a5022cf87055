package main

import (
	"io"
	"log/slog"
)

// newLogger writes structured lines. Their keys are fixed: instance, process, version, element, businessKey, topic, offset,
// error; the values of variables are never among them.
func newLogger(w io.Writer, level, format string) *slog.Logger {
	var least slog.Level
	// The flag takes only words that slog knows.
	_ = least.UnmarshalText([]byte(level))
	options := &slog.HandlerOptions{Level: least}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
