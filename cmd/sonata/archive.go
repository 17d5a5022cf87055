package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
)

// brokerDir is the embedded broker's directory within a data directory.
const brokerDir = "broker"

// archive writes a data directory that is in use as a tar file: the store as it is at one moment, then the broker's records. These only
// grow, so they hold what the store has seen, and perhaps a little more: that is read again, and not taken twice.
func archive(ctx context.Context, store *bolt.Store, dir string, w io.Writer) error {
	out := tar.NewWriter(w)
	err := store.Snapshot(func(size int64, write func(io.Writer) error) error {
		header := tar.Header{Name: bolt.FileName, Mode: 0o600, Size: size, ModTime: time.Now(), Format: tar.FormatPAX}
		if err := out.WriteHeader(&header); err != nil {
			return err
		}
		return write(out)
	})
	if err == nil {
		err = archiveBroker(ctx, out, dir)
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// archiveBroker adds the broker's files, its lists of what there is last, so that they name nothing that is missing.
func archiveBroker(ctx context.Context, out *tar.Writer, dir string) error {
	var records, lists []string
	err := filepath.WalkDir(filepath.Join(dir, brokerDir), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // there is no broker, or its retention was quicker
		case err != nil:
			return err
		case entry.Type().IsRegular() && filepath.Ext(path) == ".json":
			lists = append(lists, path)
		case entry.Type().IsRegular():
			records = append(records, path)
		}
		return nil
	})
	for _, path := range append(records, lists...) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = archiveFile(out, dir, path)
		}
	}
	return err
}

// archiveFile adds a file as long as it is now: what is appended meanwhile is left out.
func archiveFile(out *tar.Writer, dir, path string) error {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Format: tar.FormatPAX}
	if err := out.WriteHeader(&header); err != nil {
		return err
	}
	_, err = io.CopyN(out, file, info.Size())
	return err
}

// extract writes the files of an archive into a directory that does not exist yet, durably.
func extract(r io.Reader, dir string) error {
	in := tar.NewReader(r)
	for n := 0; ; n++ {
		header, err := in.Next()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return nil
		case err != nil:
			return fmt.Errorf("this is no whole backup of Sonata: %w", err)
		case n == 0 && header.Name != bolt.FileName,
			n > 0 && !strings.HasPrefix(header.Name, brokerDir+"/"), !filepath.IsLocal(header.Name), header.Typeflag != tar.TypeReg:
			return fmt.Errorf("this is no backup of Sonata: it has %q, which does not belong there", header.Name)
		}
		err = extractFile(in, filepath.Join(dir, filepath.FromSlash(header.Name)))
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("this is no whole backup of Sonata: it ends within %q", header.Name)
		} else if err != nil {
			return err
		}
	}
}

func extractFile(in io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, in)
	return errors.Join(err, file.Sync(), file.Close())
}
