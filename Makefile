# Thin names over CMake presets and tools/. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
TARGET ?=
SECONDS ?= 60
ARGS ?=

export PATH := $(CURDIR)/.deps/bin:$(PATH)
export CMAKE_BUILD_PARALLEL_LEVEL := $(JOBS)
export CTEST_PARALLEL_LEVEL := $(JOBS)
# Looked up when a recipe runs, because set-up may just have installed it.
export CMAKE_CXX_COMPILER_LAUNCHER = $(shell command -v ccache)
export CMAKE_C_COMPILER_LAUNCHER = $(shell command -v ccache)

.PHONY: help setup setup-test demo run build test bench microbench docs fuzz fmt tidy lock clean clean-deps

help:  ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:  ## install what building needs (Debian packages, ONNX Runtime, models)
	@tools/setup/run build

setup-test: setup  ## install what testing needs on top
	@tools/setup/run test

build: setup  ## build what ships, in build/release
	@cmake --preset release
	@cmake --build --preset release

demo: build  ## build and show it at work on the sample photographs
	@python3 tools/demo/demo.py $(ARGS)

run: build  ## build and serve (ARGS="--help" for the options)
	@build/release/bin/perigee serve $(ARGS)

test: setup-test  ## everything CI checks: house rules, tests with sanitizers, conformance, tidy
	@tools/check/run

bench: build  ## measure the whole program against others, write docs/performance.md
	@tools/setup/run bench
	@cmake --preset release -B build/bench -DPERIGEE_BENCH=ON
	@cmake --build build/bench --target bare_bench empty_grpc_server goodput_bench socket_clock
	@bench/run.py $(ARGS)

microbench: setup-test  ## build and run the benchmarks of single functions
	@tools/check/bench

docs: build  ## write docs/configuration.md from the program's own table
	@tools/docs/configuration build/release/bin/perigee

fuzz: setup-test  ## fuzz one parser: make fuzz TARGET=config_fuzz SECONDS=60
	@tools/check/fuzz "$(TARGET)" "$(SECONDS)"

fmt:  ## format the C++ files
	@tools/check/format --fix

tidy: setup-test  ## clang-tidy over our sources that changed
	@cmake --preset dev
	@tools/check/tidy.py build/dev/compile_commands.json

lock: setup  ## pin the Python requirement files again (needs the package index)
	@.deps/venv/bin/python tools/setup/lock.py

clean:  ## remove what was built
	rm -rf build

clean-deps:  ## remove what set-up fetched (Debian packages stay)
	rm -rf .deps
