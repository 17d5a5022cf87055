package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/processes"
)

func (c *cli) serveCommand() *cobra.Command {
	s := &settings{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the engine",
		Long: `Serve runs the engine until it gets SIGTERM or SIGINT (Ctrl-C); a second signal ends it at once.

Without --kafka it starts its own Kafka broker in its data directory, which any Kafka client can
talk to. Without --deploy it deploys the built-in flows of processes/sonata.

Every setting is a flag; it can also stand in the file that --config names (the flag's name is the
key) or in the environment (--broker-listen is SONATA_BROKER_LISTEN). A flag goes before the
environment, the environment before the file.`,
		Example: `  sonata serve --data /var/lib/sonata
  sonata serve --deploy ./flows --watch
  sonata serve --kafka kafka-1:9092,kafka-2:9092 --config /etc/sonata.yaml`,
		Args: noArguments,
	}
	return c.serverCommand(cmd, s, func(ctx context.Context) error { return c.serve(ctx, s) })
}

// serverCommand completes a command that runs a server.
func (c *cli) serverCommand(cmd *cobra.Command, s *settings, run func(ctx context.Context) error) *cobra.Command {
	flags := s.flags()
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(flags)
	completeChoices(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := errors.Join(resolve(flags, c.environ), s.check()); err != nil {
			return err
		}
		return run(cmd.Context())
	}
	return cmd
}

func (c *cli) serve(ctx context.Context, s *settings) error {
	log := newLogger(c.err, s.logLevel, s.logFormat)
	folders := newFolders(s.deploy, log)
	server := &server{settings: *s, log: log}
	if err := server.load(folders); err != nil {
		return err
	}
	err := server.run(ctx, func(ctx context.Context, up running) error {
		for _, d := range up.deployment.Definitions {
			log.Info("deployed", "file", d.ResourceName, "process", d.ProcessID, "version", d.Version)
		}
		server.builtin, server.flows = nil, nil // they are in the store
		log.Info("ready", "version", version, "url", up.url, "kafka", up.brokers, "data", s.data)
		if s.watch {
			return folders.watch(ctx, up.runner)
		}
		<-ctx.Done()
		return nil
	})
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// load reads what is to be deployed at the start: the files of the folders, or the built-in ones.
func (s *server) load(f *folders) (err error) {
	if len(s.deploy) == 0 {
		s.builtin, err = embeddedFlows(processes.Sonata(), processes.ControlLoop())
		return err
	}
	if !s.watch {
		if _, err := flowFiles(s.deploy); err != nil {
			return err
		}
	}
	s.flows, err = f.changed()
	switch {
	case err != nil || len(s.flows) > 0:
		return err
	case s.watch:
		s.log.Warn("no file of the folders can be deployed yet; waiting for one", "folders", s.deploy)
		return nil
	}
	return &findingsError{"no file of " + strings.Join(s.deploy, ", ") + " can be deployed"}
}
