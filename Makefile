PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test test-ship check docs bench system-packages ship-packages lock docs-site

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

install: $(STAMP)  ## the package and its tools, into .venv

demo: $(STAMP)  ## a mirror on embedded brokers, faults to press, and the exporter watching it
	$(BIN)/kafka-mirror-exporter demo $(DEMO)

system-packages:  ## what the tests need besides Python: Java 17+, Maven, Go, Prometheus, Alertmanager, Chromium
	@sh tests/rig/system-packages.sh

test: $(STAMP) system-packages  ## all tests: the pure ones first, then real clusters
	$(BIN)/python tests/run.py

ship-packages:  ## what the tests of image, chart, documentation and release need besides: buildah, podman and others
	@sh tests/rig/ship-packages.sh

test-ship: $(STAMP) system-packages ship-packages  ## image, compose file, chart, documentation and release
	$(BIN)/python tests/run_ship.py

check: $(STAMP)  ## format, lint, types, import contracts, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/generate.py --check
	$(BIN)/python alerts/generate.py --check
	$(BIN)/python dashboards/generate.py --check
	$(BIN)/python helm/generate.py --check

docs: $(STAMP)  ## refresh what is generated: metrics table, configuration schema, OpenAPI document, alert rules, boards, chart
	$(BIN)/python docs/generate.py
	$(BIN)/python alerts/generate.py
	$(BIN)/python dashboards/generate.py
	$(BIN)/python helm/generate.py

docs-site: $(STAMP)  ## the pages as a site, in build/site; warnings are errors
	$(BIN)/python -m sphinx -q -W --keep-going -c docs/site -d build/site-cache . build/site

bench: $(STAMP) system-packages  ## speed and memory, on real brokers and of rendering alone
	$(BIN)/python benchmarks/render.py
	$(BIN)/python benchmarks/poll.py
	$(BIN)/python benchmarks/rules.py

lock:  ## resolve the requirements files again (needs uv)
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 pyproject.toml -o requirements.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	echo 'hatchling>=1.27' | uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate --no-emit-index-url \
	  --no-emit-find-links --no-header --python-version 3.11 - -c requirements-dev.txt -o requirements-build.txt
