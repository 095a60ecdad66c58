# The commands of daily work; `make` lists them. Each works from a fresh clone and may be repeated.
# What is fetched or built for them lies in $FRAZIL_CACHE (default ~/.cache/frazil); see dev/README.md.
.DEFAULT_GOAL := help
.PHONY: help deps build build-test servers check test test-engines test-slow faults faults-short soak outage simulate demo bench bench-quick fuzz asan tsan librdkafka-tsan format lint clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
say = @printf '\033[1m==> %s\033[0m\n'

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: # what the build needs; quiet when it is there
	@dev/deps

build: deps ## the program, as it is shipped: build/frazil
	$(say) "building the program into build/ (first time: some minutes; later: what changed)"
	@cmake --preset release --log-level=WARNING >/dev/null
	@ninja -C build

build-test: deps ## the program with failpoints, its unit tests and tools: build-test/
	$(say) "building the tests and what they drive into build-test/ (first time: some minutes; later: what changed)"
	@cmake --preset test --log-level=WARNING >/dev/null
	@ninja -C build-test

servers: # what the tests start; the first time takes about 8 minutes, most of it to build MinIO
	@dev/python >/dev/null
	@dev/deps packages iproute2
	@for part in kafka minio rest-catalog nessie; do dev/$$part fetch; done

# Tests wait for servers more than they compute, so one more than there are cores run at once. Each worker has servers of
# its own, and takes over tests of another that is behind.
AT_ONCE = -n $$(($$(nproc) + 1)) --dist worksteal

check: build-test ## the quick part of make test, two minutes: unit tests, the command line, one pipeline on a real Kafka
	$(say) "unit tests"
	@ctest --test-dir build-test --output-on-failure --parallel $$(nproc) --label-exclude guards
	$(say) "the house, the command line, pipelines on a real Kafka"
	@"$$(dev/python)" -m pytest tests/house_test.py tests/cli_test.py tests/e2e/pipeline_test.py $(AT_ONCE) -m "not engines and not slow"

test: build-test servers ## unit tests, then conformance and end to end against real Kafka, MinIO and catalogs
	$(say) "unit tests"
	@ctest --test-dir build-test --output-on-failure --parallel $$(nproc)
	$(say) "conformance and end-to-end tests"
	@"$$(dev/python)" -m pytest tests $(AT_ONCE) -m "not engines and not slow"

test-engines: build-test servers ## what Spark and Trino say to our tables
	@for part in spark trino; do dev/$$part fetch; done
	@"$$(dev/python)" -m pytest tests -m engines

test-slow: build-test servers ## the long fault rounds
	@"$$(dev/python)" -m pytest tests $(AT_ONCE) -m slow

faults: build-test servers ## every fault on real servers, from SEED on; writes docs/faults.md (NUMBER=N: one, and no page)
	@PYTHONPATH=tests FRAZIL_TEST_SEED=$(SEED) "$$(dev/python)" tests/fault/report.py $(NUMBER)

faults-short: build-test servers ## the quick ones, as in make test
	@"$$(dev/python)" -m pytest tests/fault $(AT_ONCE) -m "not slow"

MINUTES ?= 60
soak: build-test servers ## faults at random under load, MINUTES long (default 60), from SEED on
	@SOAK_MINUTES=$(MINUTES) SOAK_SEED=$(SEED) "$$(dev/python)" -m pytest tests/fault/soak.py

outage: build-test servers ## the catalog down for MINUTES (default 60) while 2 GB arrive in the topic
	@OUTAGE_MINUTES=$(MINUTES) "$$(dev/python)" -m pytest tests/fault/outage.py

SCHEDULES ?= 1000000
simulate: build-test ## SCHEDULES schedules of the commit protocol (default a million), from SEED on (default 1)
	@build-test/commit_simulation --schedules $(SCHEDULES) --seed $(or $(SEED),1) --threads $$(nproc)

# What comes from the network comes while the compiler works.
demo: deps ## a Kafka topic becomes an Iceberg table before your eyes
	@{ dev/python >/dev/null && dev/kafka fetch; } & fetching=$$!; $(MAKE) --no-print-directory build; wait $$fetching
	@dev/demo

bench: deps ## Frazil beside Kafka Connect, Flink, Spark and a PyIceberg loop; under an hour (docs/benchmark.md)
	@bench/run

bench-quick: deps ## Frazil alone, and the ceilings of its stages: about a minute
	@bench/run quick

fuzz: deps ## every fuzz target, FUZZ_SECONDS each (default 300)
	@dev/deps packages clang-14 libclang-rt-14-dev llvm-14
	@cmake --preset fuzz --log-level=WARNING
	@ninja -C build-fuzz fuzzers
	@fuzz/run build-fuzz

librdkafka-tsan:
	@dev/deps librdkafka-tsan
tsan: librdkafka-tsan
# Arrow and libstdc++ come without the sanitizer: their locks are not seen.
tsan: export TSAN_OPTIONS = suppressions=$(CURDIR)/tests/tsan.supp ignore_noninstrumented_modules=1
asan tsan: deps servers ## unit and end-to-end tests under address and undefined-behaviour, or thread sanitizer
	@cmake --preset $@ --log-level=WARNING
	@ninja -C build-$@
	$(say) "unit tests"
	@ctest --test-dir build-$@ --output-on-failure
	$(say) "the program on real servers (about 10 minutes)"
	@FRAZIL_BUILD=$(CURDIR)/build-$@ "$$(dev/python)" -m pytest tests/conformance/source_test.py tests/e2e $(AT_ONCE) \
	  -m "not engines and not slow" -k "not memory"

SOURCES = git ls-files --cached --others --exclude-standard 'src/*.h' 'src/*.cc' 'bench/*.h' 'bench/*.cc' 'fuzz/*.h' 'fuzz/*.cc' 'tests/*.h' 'tests/*.cc'
format: ## clang-format on all C++ files
	@dev/deps packages clang-format-14
	@$(SOURCES) | xargs --no-run-if-empty clang-format-14 -i

lint: deps ## clang-format and clang-tidy, warnings are errors
	@dev/deps packages clang-format-14 clang-tidy-14
	@$(SOURCES) | xargs --no-run-if-empty clang-format-14 --dry-run --Werror
	@cmake --preset test --log-level=WARNING
	@run-clang-tidy-14 -quiet -p build-test -extra-arg=-Wno-unknown-warning-option "^$(CURDIR)/src/"

clean: ## removes what was built here; the caches stay
	@rm -rf build build-* demo-data
