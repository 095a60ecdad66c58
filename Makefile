# The commands of daily work; `make` lists them. Each works from a fresh clone and may be repeated.
# What is fetched or built for them lies in $FRAZIL_CACHE (default ~/.cache/frazil); see dev/README.md.
.DEFAULT_GOAL := help
.PHONY: help deps build build-test servers check test test-engines test-slow guards faults faults-short soak outage simulate demo \
  bench bench-quick fuzz fuzzers fuzz-minute asan tsan asan-unit tsan-unit gates format format-check lint lint-changed clean
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
	@for part in kafka minio gcs azure postgres rest-catalog nessie hive glue schema-registry; do dev/$$part fetch; done

# Tests wait more than they compute, so more of them run at once than there are cores. A worker takes over tests of
# another that is behind.
AT_ONCE = -n $$((2 * $$(nproc) + 1)) --dist worksteal
# Some tests mount file systems and make namespaces: who is not root is so in a namespace of users, where that is allowed.
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || { unshare --map-root-user --mount true 2>/dev/null && echo unshare --map-root-user --mount; })
PYTEST = $(AS_ROOT) "$$(dev/python)" -m pytest
# What unit tests did, by which the end of pytest tells of those that were skipped and ran nowhere else.
UNIT_RESULTS = $(CURDIR)/build-test/unit-results
UNIT_TESTS = rm -rf $(UNIT_RESULTS) && ctest --test-dir build-test --output-on-failure --parallel $$((2 * $$(nproc)))
check test: export FRAZIL_UNIT_RESULTS = $(UNIT_RESULTS)

check: build-test ## the quick part of make test, two minutes: unit tests, the command line, one pipeline on a real Kafka
	$(say) "unit tests"
	@$(UNIT_TESTS)
	$(say) "the house, the command line, pipelines on a real Kafka"
	@$(PYTEST) tests/house_test.py tests/cli_test.py tests/e2e/pipeline_test.py $(AT_ONCE) -m "not engines and not slow"

test: build-test servers ## unit tests, then conformance and end to end against real Kafka, MinIO and catalogs
	$(say) "unit tests"
	@$(UNIT_TESTS)
	$(say) "conformance and end-to-end tests"
	@$(PYTEST) tests $(AT_ONCE) -m "not engines and not slow"

test-engines: build-test servers ## what Spark and Trino say to our tables
	@for part in spark trino; do dev/$$part fetch; done
	@$(PYTEST) tests -m engines

test-slow: build-test servers ## what takes more than ten seconds a test, the long fault rounds among it
	@$(PYTEST) tests $(AT_ONCE) -m slow

guards: build-test servers ## breaks each rule of docs/exactly-once.md in a copy of the source: what must see that, does
	@"$$(dev/python)" -m pytest tests/guards $(AT_ONCE)

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
FRESH ?= 100000
simulate: build-test ## SCHEDULES schedules of the commit protocol (default a million) from SEED on (default 1), FRESH that nobody has seen
	@build-test/commit_simulation --schedules $(SCHEDULES) --seed $(or $(SEED),1) --fresh $(FRESH) --threads $$(nproc)

# What comes from the network comes while the compiler works.
demo: deps ## a Kafka topic becomes an Iceberg table before your eyes
	@{ dev/python >/dev/null && dev/kafka fetch; } & fetching=$$!; $(MAKE) --no-print-directory build; wait $$fetching
	@dev/demo

bench: deps ## Frazil beside Kafka Connect, Flink, Spark and a PyIceberg loop; under an hour (docs/benchmark.md)
	@bench/run

bench-quick: deps ## Frazil alone, and the ceilings of its stages: about a minute
	@bench/run quick

fuzzers: deps
	@dev/deps packages clang-14 libclang-rt-14-dev llvm-14
	@cmake --preset fuzz --log-level=WARNING >/dev/null
	@ninja -C build-fuzz fuzzers

fuzz: fuzzers ## every fuzz target, FUZZ_SECONDS each (default 300)
	@fuzz/run build-fuzz

fuzz-minute: fuzzers ## all fuzz targets in a minute together
	@FUZZ_SECONDS=$$((60 / $$(ls build-fuzz/fuzz/*.covers | wc -l))) FUZZ_WANTED=0 fuzz/run build-fuzz

# Arrow and libstdc++ come without the sanitizer: their locks are not seen.
tsan tsan-unit: export TSAN_OPTIONS = suppressions=$(CURDIR)/tests/tsan.supp ignore_noninstrumented_modules=1
asan-unit: deps ## unit tests under address and undefined-behaviour sanitizers
	@cmake --preset asan --log-level=WARNING >/dev/null
	@ninja -C build-asan unit_tests
	@ctest --test-dir build-asan --output-on-failure --parallel $$(nproc) --label-regex unit

tsan-unit: deps ## those unit tests that start threads, under thread sanitizer
	@dev/deps librdkafka-tsan
	@cmake --preset tsan --log-level=WARNING >/dev/null
	@ninja -C build-tsan threads_tests
	@ctest --test-dir build-tsan --output-on-failure --parallel $$(nproc) --label-regex threads

asan tsan: %: %-unit servers ## unit and end-to-end tests under address and undefined-behaviour, or thread sanitizer
	@ninja -C build-$@
	$(say) "the program on real servers (about 10 minutes)"
	@FRAZIL_BUILD=$(CURDIR)/build-$@ $(PYTEST) tests/conformance/source_test.py tests/e2e $(AT_ONCE) \
	  -m "not engines and not slow" -k "not memory"

SOURCES = git ls-files --cached --others --exclude-standard 'src/*.h' 'src/*.cc' 'bench/*.h' 'bench/*.cc' 'fuzz/*.h' 'fuzz/*.cc' 'tests/*.h' 'tests/*.cc'
format: ## clang-format on all C++ files
	@dev/deps packages clang-format-14
	@$(SOURCES) | xargs --no-run-if-empty clang-format-14 -i

format-check:
	@dev/deps packages clang-format-14
	@$(SOURCES) | xargs --no-run-if-empty clang-format-14 --dry-run --Werror

lint: deps format-check ## clang-format and clang-tidy, warnings are errors
	@dev/deps packages clang-tidy-14
	@cmake --preset test --log-level=WARNING >/dev/null
	@run-clang-tidy-14 -quiet -p build-test -extra-arg=-Wno-unknown-warning-option "^$(CURDIR)/src/"

LINT_FILES ?= 6
lint-changed: deps format-check ## the same of LINT_FILES (default 6) files at most that changed since SINCE
	@dev/deps packages clang-tidy-14
	@cmake --preset test --log-level=WARNING >/dev/null
	@dev/changed $(SINCE) | awk "NR <= $(LINT_FILES)" | xargs --no-run-if-empty --max-args 1 --max-procs $$(nproc) \
	  clang-tidy-14 -quiet -p build-test -extra-arg=-Wno-unknown-warning-option

gates: lint-changed asan-unit tsan-unit fuzz-minute ## what CI runs beside make test, a part of it each time (.ci/run)

clean: ## removes what was built here; the caches stay
	@rm -rf build build-* demo-data
