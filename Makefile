# Sonata needs Go and a C compiler (the Kafka client is librdkafka). `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
SOAK ?= 10m
ORDERS ?= 10000
FUZZ ?= 20s
FUZZERS ?= 2
PAIRS ?= 1000000
# Dependencies for the linter alone stand in a module file of their own.
LINT := go tool -modfile=.ci/tools/go.mod golangci-lint

.PHONY: build
build: ## build bin/sonata
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/linked/sonata ./cmd/sonata
	@install bin/linked/sonata bin/sonata # a copy: of a file that was just linked, Linux maps whole pieces of 2 MB

.PHONY: run
run: build ## build, and show a service order from its first message to COMPLETED; data stays in ./data
	./bin/sonata demo --data ./data

.PHONY: test
test: ## run all tests with the race detector; says what it left out
	@command -v "$${CC:-cc}" >/dev/null || { echo "the tests need a C compiler (cc): the Kafka client and the race detector are built with it"; exit 1; }
	go test -race -timeout 9m -json ./... ./.ci/mutants | go run ./.ci/results

# The adapter's conformance suite, and the whole-program tests that touch Kafka most.
KAFKA_TESTS := TestAnOrderSurvivesSIGKILL|TestARepeatedEventHasOneEffect|TestMalformedRecords|TestSecretsStayInside|TestPublishToKafka|TestTheOperatorsCommands|TestKcat

# How often the program is killed and its disk's power cut; the tests are the same, the soak's numbers are larger.
KILLS ?= 100
CUTS ?= 60
CRASHES := ^(TestKills|TestPowerCut.*|TestABrokenDisk)$$
# At how many points of each shipped scenario Sonata crashes; 0: at all of them.
POINTS ?= 8

.PHONY: crash
crash: ## crash at POINTS points of each shipped flow, kill the program KILLS times under load, cut the power of its disk CUTS times, break its disk; nothing may be lost or happen twice
	SONATA_TEST_POINTS=$(POINTS) go test -timeout 0 -count 1 -v -run '^TestCrashPoints$$' ./cmd/sonata/scenario ./api/controlloop
	SONATA_TEST_KILLS=$(KILLS) SONATA_TEST_CUTS=$(CUTS) go test -timeout 0 -count 1 -json -run '$(CRASHES)' ./cmd/sonata | go run ./.ci/results

.PHONY: mutants
mutants: ## plant known bugs, one after the other, and see that the tests catch each
	go run ./.ci/mutants

.PHONY: kafka
kafka: ## fetch Apache Kafka for test-kafka; needs Maven, and Java 17 to run it
	@command -v mvn >/dev/null && java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])' || { echo "Apache Kafka needs Maven (mvn) and Java 17 or newer (java)"; exit 1; }
	@mvn -q -B -Dstyle.color=never -f .ci/kafka/pom.xml -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/bin/kafka \
		org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

.PHONY: test-kafka
test-kafka: kafka ## run the Kafka tests against Apache Kafka too
	SONATA_TEST_KAFKA_LIBS=$(CURDIR)/bin/kafka go test -timeout 9m -count 1 -json -run '^(TestConformance|$(KAFKA_TESTS))' ./adapters/kafka ./cmd/sonata | go run ./.ci/results

.PHONY: lint
lint: ## run golangci-lint, in the version that .ci/tools/go.mod pins
	$(LINT) run --allow-parallel-runners

.PHONY: cover
cover: ## write coverage.out and say how much of each package the tests reach
	go test -timeout 9m -coverpkg=./... -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out | tail -1

.PHONY: bench
bench: ## run all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz-short
fuzz-short: ## fuzz each fuzz test for FUZZ (20s), with FUZZERS (2) at a time
	@for package in $$(go list ./...); do \
		for name in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			$(MAKE) --no-print-directory fuzz-one PACKAGE=$$package NAME=$$name; \
		done; \
	done

.PHONY: fuzz-input
fuzz-input: ## fuzz what reads models: files, expressions and timers, for FUZZ (20s) each
	@$(MAKE) --no-print-directory fuzz-one PACKAGE=./bpmn NAME=FuzzParse
	@$(MAKE) --no-print-directory fuzz-one PACKAGE=./engine NAME=FuzzExpression
	@$(MAKE) --no-print-directory fuzz-one PACKAGE=./engine NAME=FuzzTimer

.PHONY: fuzz-one
fuzz-one:
	@echo "==> $(PACKAGE) $(NAME)"
	go test -run '^$$' -fuzz '^$(NAME)$$' -fuzztime $(FUZZ) -fuzzminimizetime 5s -parallel $(FUZZERS) $(PACKAGE)

.PHONY: soak
soak: ## the long tests: crashes in great number, orders under kills for SOAK (10m), ORDERS at once, and simulate
	@$(MAKE) --no-print-directory mutants
	@$(MAKE) --no-print-directory crash KILLS=1000 CUTS=500 POINTS=0
	SONATA_TEST_SOAK=$(SOAK) go test -race -timeout 0 -count 1 -v -run '^TestSoak$$' ./cmd/sonata
	@$(MAKE) --no-print-directory orders
	@$(MAKE) --no-print-directory loops
	@$(MAKE) --no-print-directory simulate

.PHONY: orders
orders: ## play ORDERS (10000) service orders of all kinds at once, on disk, and compare what comes of each with what must
	SONATA_TEST_ORDERS=$(ORDERS) go test -timeout 0 -count 1 -v -run '^TestManyOrders$$' ./processes

LOOPS ?= 10000
.PHONY: loops
loops: ## play LOOPS (10000) random lives of a control loop, with participants that fail in every way and Sonata stopped anywhere
	SONATA_TEST_LOOPS=$(LOOPS) go test -timeout 0 -count 1 -v -run '^TestRandomLives$$' ./api/controlloop

.PHONY: simulate
simulate: ## send random processes along random paths, PAIRS (1000000) of them, with a second interpreter beside the engine
	SONATA_PAIRS=$(PAIRS) go test -timeout 0 -count 1 -v -run '^TestSimulation$$' ./engine

.PHONY: pictures
pictures: ## draw the flows anew for docs/sonata.md and docs/control-loops.md
	rm -rf docs/pictures
	for folder in sonata controlloop simulator; do go run ./cmd/sonata render processes/$$folder -o docs/pictures || exit; done
	go test ./processes -run '^TestThePicturesShowTheFlows$$' -update

.PHONY: clean
clean: ## remove what was built; ./data stays
	rm -rf bin coverage.out

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
