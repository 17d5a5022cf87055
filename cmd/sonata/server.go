package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/adapters/broker"
	"github.com/sonata-bpmn/sonata/adapters/kafka"
	"github.com/sonata-bpmn/sonata/api"
	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// server is one Sonata: the store, the broker, the bus, the engine and the REST API, wired together.
type server struct {
	settings
	log *slog.Logger
	// flows are deployed at the start where they differ from the newest version: the --deploy folders are what shall be.
	flows []runner.Resource
	// builtin are deployed if they never were: what an operator deployed in their place stays.
	builtin []runner.Resource
	// made is told of the engine before that begins to work; nil: nobody is.
	made func(*runner.Runner)
}

// running is a server that works.
type running struct {
	store      *bolt.Store
	deployed   *atomic.Bool // what is to be deployed at the start is
	runner     *runner.Runner
	keys       *secret.Keys
	deployment runner.Deployment
	url        string // of the REST API
	brokers    string // host:port,…
}

// run works until ctx ends, or until guest, which is called when everything works, returns. It stops in the order in which
// nothing is lost: no new requests, the batch at hand, what is on its way to Kafka, the broker, the store.
func (s *server) run(ctx context.Context, guest func(ctx context.Context, up running) error) (err error) {
	if err := notLost(s.data); err != nil {
		return err
	}
	store, err := bolt.Open(s.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	marker, err := bolt.OpenMarker(s.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, marker.Close()) }()
	keys, err := s.secretKeys()
	if err != nil {
		return err
	}
	crashed, err := reportCrashes(s.data, s.log)
	if err != nil {
		return err
	}
	listener, err := s.listener(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	brokers, closeBroker, err := s.broker()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBroker()) }()

	var r *runner.Runner
	bus, err := kafka.New(kafka.Config{
		Brokers:      brokers,
		Options:      s.kafkaOptions,
		Logger:       s.log,
		CloseTimeout: s.stopTimeout,
		Deliver:      func(ctx context.Context, records []runner.Incoming) error { return r.Receive(ctx, records) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bus.Close()) }()
	r, err = runner.New(store, runner.Options{
		Bus: bus, Logger: s.log, MessageTTL: s.messageTTL, SeenWindow: s.seenWindow, HistoryTTL: s.historyTTL,
		DeadLetterTopic: s.deadLetters, AdoptCluster: s.adoptCluster, Marker: marker, Crashed: crashed, Secrets: keys,
		Build: build(),
	})
	if err != nil {
		return err
	}
	if s.made != nil {
		s.made(r)
	}
	up := running{store: store, deployed: &atomic.Bool{}, runner: r, keys: keys, url: "http://" + listener.Addr().String(), brokers: strings.Join(brokers, ",")}
	return s.work(ctx, listener, up, guest)
}

// notLost refuses an empty store beside the records of a broker, which comes into being after it: to begin anew would hide that it is lost.
func notLost(data string) error {
	path, records := filepath.Join(data, bolt.FileName), filepath.Join(data, brokerDir)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		if found, err := os.ReadDir(records); err == nil && len(found) > 0 {
			return fmt.Errorf("%s is empty although %s has records: what was in it is lost; restore a backup, or move %s away to begin anew", path, records, data)
		}
	}
	return nil // bolt says what is wrong, if something is
}

// listener opens the address of the REST API.
func (s *server) listener(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--listen %s is in use, perhaps by another Sonata; choose another port", s.listen)
	}
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", s.listen, err)
	}
	return listener, nil
}

// broker starts the embedded broker, unless there is a cluster to use.
func (s *server) broker() (addresses []string, stop func() error, err error) {
	if len(s.kafka) > 0 {
		return s.kafka, func() error { return nil }, nil
	}
	b, err := broker.Start(broker.Config{
		Dir: filepath.Join(s.data, brokerDir), Listen: s.brokerListen, AllowRemote: s.allowRemote, Logger: s.log,
	})
	if err != nil {
		return nil, nil, err
	}
	return []string{b.Addr()}, b.Close, nil
}

// work runs the engine and the REST API, deploys, and lets the guest in.
func (s *server) work(ctx context.Context, listener net.Listener, up running, guest func(context.Context, running) error) error {
	web := api.Server(s.listen, api.New(api.Config{
		Engine: up.runner, Version: version, Listen: s.listen, Hosts: s.hosts, Logger: s.log,
		Routes: controlloop.Routes(up.runner, up.keys), ErrorBody: controlloop.ErrorBody, Metrics: controlloop.Metrics(up.runner, time.Now),
		Starting: func() string {
			if up.deployed.Load() {
				return ""
			}
			return "what is to be deployed at the start is not deployed yet"
		},
		Backup: func(ctx context.Context, w io.Writer) error { return archive(ctx, up.store, s.data, w) },
	}))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// The engine outlives ctx: requests that are under way need it.
	engineCtx, stopEngine := context.WithCancel(context.WithoutCancel(ctx))
	defer stopEngine()
	engineDone, webDone := make(chan error, 1), make(chan error, 1)
	go func() {
		engineDone <- up.runner.Run(engineCtx)
		stop()
	}()
	go func() {
		webDone <- web.Serve(listener)
		stop()
	}()
	err := s.deployAndGreet(ctx, up, guest)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // told to stop
	}
	err = errors.Join(err, s.shutdown(web))
	if served := <-webDone; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	stopEngine()
	return errors.Join(err, <-engineDone)
}

func (s *server) deployAndGreet(ctx context.Context, up running, guest func(context.Context, running) error) error {
	resources, err := neverDeployed(up.runner, s.builtin)
	if err != nil {
		return err
	}
	if resources = append(resources, s.flows...); len(resources) > 0 {
		up.deployment, err = up.runner.Deploy(ctx, resources)
		if _, later := errors.AsType[*runner.BindError](err); later {
			// Kafka may be away. Timers and REST go on without it, and its topics are bound when it is back.
			s.log.Warn("not every topic is bound", "error", err)
		} else if err != nil {
			return err
		}
	}
	up.deployed.Store(true)
	debug.FreeOSMemory() // what reading the flows took
	forgetProgram()
	paceCollector()
	return guest(ctx, up)
}

// neverDeployed leaves out the resources that some definition was deployed from, however long ago.
func neverDeployed(r *runner.Runner, resources []runner.Resource) ([]runner.Resource, error) {
	known := map[string]bool{}
	for _, d := range r.Definitions() {
		source, err := r.XML(d.Key)
		if _, gone := errors.AsType[*engine.Rejection](err); gone {
			continue
		}
		if err != nil {
			return nil, err
		}
		known[d.ResourceName+string(source)] = true
	}
	return slices.DeleteFunc(slices.Clone(resources), func(r runner.Resource) bool { return known[r.Name+string(r.XML)] }), nil
}

// shutdown waits for requests that are under way, but not for ever.
func (s *server) shutdown(web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.stopTimeout)
	defer cancel()
	if err := web.Shutdown(ctx); err != nil {
		s.log.Warn("requests were cut off", "after", s.stopTimeout)
		return web.Close()
	}
	return nil
}
