# Everything by one word. Each target does its own set-up first (scripts/bootstrap: quick when there
# is nothing to do), so `make demo` and `make test` work on a fresh machine.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-tidy test-unit test-contract test-sim test-native test-fuzz test-e2e \
  bench lint format fuzz install clean

ENV := . scripts/env.sh;

help: ## this list (also: make test-KIND for tidy, unit, contract, sim, native, fuzz, e2e)
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## install what is missing, build the native parts
	@scripts/bootstrap

demo: setup ## a lab of four sites and eight guests on one LAN, explained step by step
	@bin/vnet demo

test: setup ## all tests; root is needed for those with network namespaces
	@scripts/test

test-tidy test-unit test-contract test-sim test-native test-fuzz test-e2e: setup
	@scripts/test $(@:test-%=%)

bench: setup ## paths and other overlays, in under 10 minutes (all there is: bin/vnet bench --list)
	@status=0; for name in throughput latency pps lossy; do \
	  bin/vnet bench $$name --peers main || status=1; done; exit $$status

lint: setup ## linter, formatter and types, without changing anything
	@$(ENV) biome check . && tsc --noEmit

format: setup ## put all files into the common format
	@$(ENV) biome check --write .
	@! command -v clang-format >/dev/null || clang-format -i native/*.cc native/*.h

fuzz: ## the long fuzz runs: control messages, framing, and the native frame codec
	@scripts/bootstrap fuzz
	@$(ENV) scripts/fuzz-control
	@$(ENV) scripts/fuzz-native

install: setup ## install the program in /opt/vnet, with systemd units (as root)
	@scripts/install

clean: ## remove what was built; keep the installed packages
	@rm -rf build coverage
