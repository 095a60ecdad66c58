# The commands of daily work; `make` lists them. Each works from a fresh clone and may be repeated.
# What is fetched or built for them lies in $FRAZIL_CACHE (default ~/.cache/frazil); see dev/README.md.
.DEFAULT_GOAL := help
.PHONY: help deps build servers test test-engines test-slow faults faults-short soak outage simulate demo bench bench-quick fuzz asan tsan librdkafka-tsan format lint clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
say = @printf '\033[1m==> %s\033[0m\n'

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: # what the build needs; quiet when it is there
	@dev/deps

build: deps ## the program, build/frazil, and its unit tests
	$(say) "building (first time: some minutes; later: what changed)"
	@cmake --preset dev --log-level=WARNING
	@ninja -C build

servers: # what the tests start; the first time takes about 8 minutes, most of it to build MinIO
	@dev/python >/dev/null
	@dev/deps packages iproute2
	@for part in kafka minio rest-catalog nessie; do dev/$$part fetch; done

# Tests wait for servers more than they compute, so one more than there are cores run at once. Each worker has servers of
# its own, and takes over tests of another that is behind.
AT_ONCE = -n $$(($$(nproc) + 1)) --dist worksteal

test: build servers ## unit tests, then conformance and end to end against real Kafka, MinIO and catalogs
	$(say) "unit tests"
	@ctest --test-dir build --output-on-failure
	$(say) "conformance and end-to-end tests"
	@"$$(dev/python)" -m pytest tests $(AT_ONCE) -m "not engines and not slow"

test-engines: build servers ## what Spark and Trino say to our tables
	@for part in spark trino; do dev/$$part fetch; done
	@"$$(dev/python)" -m pytest tests -m engines

test-slow: build servers ## the long fault rounds
	@"$$(dev/python)" -m pytest tests $(AT_ONCE) -m slow

faults: build servers ## every fault on real servers, from SEED on; writes docs/faults.md (NUMBER=N: one, and no page)
	@PYTHONPATH=tests FRAZIL_TEST_SEED=$(SEED) "$$(dev/python)" tests/fault/report.py $(NUMBER)

faults-short: build servers ## the quick ones, as in make test
	@"$$(dev/python)" -m pytest tests/fault $(AT_ONCE) -m "not slow"

MINUTES ?= 60
soak: build servers ## faults at random under load, MINUTES long (default 60), from SEED on
	@SOAK_MINUTES=$(MINUTES) SOAK_SEED=$(SEED) "$$(dev/python)" -m pytest tests/fault/soak.py

outage: build servers ## the catalog down for MINUTES (default 60) while 2 GB arrive in the topic
	@OUTAGE_MINUTES=$(MINUTES) "$$(dev/python)" -m pytest tests/fault/outage.py

SCHEDULES ?= 1000000
simulate: build ## SCHEDULES schedules of the commit protocol (default a million), from SEED on (default 1)
	@build/commit_simulation --schedules $(SCHEDULES) --seed $(or $(SEED),1) --threads $$(nproc)

demo: build ## a Kafka topic becomes an Iceberg table before your eyes
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
	@cmake --preset dev --log-level=WARNING
	@run-clang-tidy-14 -quiet -p build -extra-arg=-Wno-unknown-warning-option "^$(CURDIR)/src/"

clean: ## removes what was built here; the caches stay
	@rm -rf build build-* demo-data
