# The two commands that matter are `make run` and `make test`; both install what they lack and
# say so. `make` alone lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# make run: which build (dev compiles fast, release runs fast), where its data is (begun anew at each
# run), where it listens, and what to rehearse (`songhua drill --help`; for example
# DRILL='--people 300000 --speed 1day/10min', or DRILL=--resume to go on with a stopped one).
PROFILE ?= dev
DATA ?= data/drill
LISTEN ?= 127.0.0.1:8080
DRILL ?=

# Rust's tools and the project's own (.cache/tools), in every recipe below.
with_tools := . scripts/tools.sh;

.PHONY: help run test lint fmt bench docs web clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

run: ## build and start a drill: a simulated city with virtual staff; needs no PostgreSQL
	@scripts/setup.sh run
	@node web/build.mjs
	@$(with_tools) exec cargo run --profile $(PROFILE) --bin songhua -- \
		drill jilin-2022 --data $(DATA) --listen $(LISTEN) $(DRILL)

test: ## every test: Rust on SQLite and PostgreSQL, the web code, and browser tests in Chromium
	@scripts/setup.sh test
	@scripts/test.sh

lint: ## formatting, clippy, licences and bans, types of the web code, shell scripts
	@scripts/setup.sh lint
	@scripts/lint.sh

fmt: ## format the Rust code
	@$(with_tools) cargo fmt --all

bench: ## run all benchmarks (or BENCH='names') in a release build and write docs/benchmarks.md
	@scripts/setup.sh bench
	@node web/build.mjs
	@$(with_tools) cargo build --release --bin songhua
	@scripts/postgres.sh run -- node scripts/bench.mjs target/release/songhua docs/benchmarks.md $(BENCH)

docs: ## the Rust API documentation, in target/doc
	@$(with_tools) RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

web: ## bundle the browser code into web/dist
	@scripts/setup.sh run
	@node web/build.mjs

clean: ## remove everything that was built or installed inside this directory
	rm -rf target .cache web/node_modules
	find web/dist -mindepth 1 ! -name .gitkeep -delete
