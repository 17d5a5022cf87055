package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func (c *cli) backupCommand() *cobra.Command {
	remote := &client{}
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything that must survive into one file, while Sonata runs",
		Long: `Backup writes the data of a running Sonata into a tar file: its store as it is at one moment, and
the records of its embedded broker. It does not hold Sonata up. FILE must not exist; it is there
when it is whole. Sensitive values are encrypted in the store, and the key is not in FILE; the
broker's records have them as they were sent to participants.`,
		Example: `  sonata backup sonata-backup.tar`,
		Args:    arguments("one FILE to write", 1),
	}
	return c.clientCommand(cmd, remote, func(ctx context.Context, args []string) error {
		if args[0] == "-" {
			return usagef("a backup goes into a file, which is there when it is whole, not to standard output; name one, such as sonata-backup.tar")
		}
		return c.backup(ctx, remote, args[0])
	})
}

func (c *cli) backup(ctx context.Context, remote *client, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; name another file", path)
	}
	response, err := remote.send(ctx, http.MethodGet, "/v2/backup", payload{})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := io.Copy(file, response.Body)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("the backup broke off: %w", err), os.Remove(part))
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	if remote.output == "json" {
		return writeJSON(c.out, map[string]any{"file": path, "bytes": size})
	}
	fmt.Fprintf(c.out, "%s has %d bytes\n", path, size)
	return nil
}

// dataCommand completes a command that works on a data directory, which no running Sonata may use. It is the one that serve would use: the
// environment can name it too.
func (c *cli) dataCommand(cmd *cobra.Command, data *string, run func(ctx context.Context, args []string) error) *cobra.Command {
	flags := pflag.NewFlagSet("data", pflag.ContinueOnError)
	flags.StringVar(data, "data", "./data", "the data directory (`DIR`)")
	cmd.Flags().AddFlagSet(flags)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := resolve(flags, c.environ); err != nil {
			return err
		}
		return run(cmd.Context(), args)
	}
	return cmd
}

func (c *cli) restoreCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a data directory of a backup",
		Long: `Restore makes a data directory of a file that 'sonata backup' has written, and checks it. The
directory must not exist, or be empty. With an external Kafka, what came in after the backup is read
again, and nothing is taken twice; what was sent after it is sent again, with the same ids.`,
		Example: `  sonata restore sonata-backup.tar --data ./restored`,
		Args:    arguments("one FILE that 'sonata backup' has written", 1),
	}
	return c.dataCommand(cmd, &data, func(ctx context.Context, args []string) error { return c.restore(ctx, args[0], data) })
}

func (c *cli) restore(ctx context.Context, path, data string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if found, err := os.ReadDir(data); err == nil && len(found) > 0 {
		return fmt.Errorf("%s is not empty; name another directory, or move that one away", data)
	}
	part := filepath.Clean(data) + ".restoring"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err = extract(file, part); err == nil {
		err = c.checkApart(ctx, part, data)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	if err := os.Remove(data); err != nil && !errors.Is(err, os.ErrNotExist) { // it is empty
		return err
	}
	if err := os.Rename(part, data); err != nil {
		return err
	}
	keys, err := sealedWith(data)
	if len(keys) > 0 {
		fmt.Fprintf(c.out, "Its sensitive values are encrypted with the key %s, which a backup does not have:\nbefore you start Sonata, put the %s of the directory that was backed up into %s.\n", strings.Join(keys, ", "), secretKeyFile, data)
	}
	return err
}

func (c *cli) checkCommand() *cobra.Command {
	var data, here string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a data directory that no running Sonata uses",
		Long: `Check reads every page of the store, compares every index with what it is made from in both
directions, and replays the history of every instance. The exit status is 1 if anything is wrong;
what is wrong is listed. Processes that another Sonata has deployed, and this one cannot run, are
listed too, and are nothing wrong. Of a running Sonata, take a backup and restore it elsewhere.`,
		Example: `  sonata check --data ./data`,
		Args:    noArguments,
	}
	cmd.Flags().StringVar(&here, hereFlag, "", "check in this process, and call the directory `NAME`")
	_ = cmd.Flags().MarkHidden(hereFlag) // it is there
	return c.dataCommand(cmd, &data, func(ctx context.Context, _ []string) error {
		if cmd.Flags().Changed(hereFlag) {
			return c.check(data, here)
		}
		return c.checkApart(ctx, data, data)
	})
}

const hereFlag = "here"

// checkApart checks in a process of its own: pages can be damaged so that reading them ends the process. It calls the directory by the
// name that it is going to have.
func (c *cli) checkApart(ctx context.Context, data, name string) error {
	own, err := os.Executable()
	if err != nil {
		return err
	}
	var errs bytes.Buffer
	child := exec.CommandContext(ctx, own, "check", "--"+hereFlag, name, "--data", data) //nolint:gosec // it is this program
	child.Stdout, child.Stderr = c.out, &errs
	err = child.Run()
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case !ended:
		return err
	case exit.ExitCode() == exitFailed:
		return errors.New(strings.TrimPrefix(strings.TrimSpace(errs.String()), "sonata: "))
	}
	first, _, _ := strings.Cut(errs.String(), "\n")
	return fmt.Errorf("the pages of the store in %s are damaged so that they cannot be read; restore a backup: %s", name, first)
}

func (c *cli) check(data, name string) (err error) {
	store, err := bolt.OpenToRead(data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.CheckPages(); err != nil {
		return fmt.Errorf("the pages of the store are damaged; restore a backup:\n%w", err)
	}
	instances := 0
	if err := runner.Verify(store, func(engine.Key) { instances++ }); err != nil {
		return fmt.Errorf("%s is not what it should be:\n%w", name, err)
	}
	fmt.Fprintf(c.out, "%s is whole: %d instances\n", name, instances)
	stranded, err := runner.Stranded(store)
	for _, process := range stranded {
		fmt.Fprintln(c.out, process)
	}
	return err
}

func (c *cli) compactCommand() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Give the disk room back that a data directory no longer needs",
		Long: `Compact writes the store anew without the room that is free in it. No running Sonata may use the
directory meanwhile. It needs as much room as the new file has; until that is whole, the old one stays.`,
		Example: `  sonata compact --data ./data`,
		Args:    noArguments,
	}
	return c.dataCommand(cmd, &data, func(context.Context, []string) error {
		before, after, err := bolt.Compact(data)
		if err == nil {
			fmt.Fprintf(c.out, "%s had %d bytes and has %d\n", filepath.Join(data, bolt.FileName), before, after)
		}
		return err
	})
}
