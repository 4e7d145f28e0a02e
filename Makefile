# Everything here is one line of the real tool. The first target that needs it makes .venv from the
# lock; nothing else is needed but make and Python 3.11 or newer: make PYTHON=python3.12 demo

PYTHON ?= python3
ROOT   := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
READY  := $(ROOT)/.venv/.ready
IN     := cd "$(ROOT)" &&
RUN    := $(IN) .venv/bin/
LOCK   := uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(LOCK_FLAGS)

.PHONY: demo test check bench bench-large soak lock clean
.DEFAULT_GOAL := demo

demo: $(READY) ## the whole product on this machine, with synthetic patients
	$(RUN)rsm demo

test: $(READY) ## every test but the soak; real PostgreSQL, headless Chromium
	@$(RUN)python tools/prepare.py chromium
	@$(RUN)python tools/prepare.py pango
	$(RUN)python -m pytest -n auto --maxprocesses 4 --dist worksteal -rf -m "not soak"

check: $(READY) ## format, lint, types, direction of imports, alerting rules
	@$(RUN)python tools/prepare.py promtool
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy
	$(RUN)lint-imports --no-logo
	$(IN) promtool check rules deploy/prometheus/rules.yml deploy/prometheus/recording.yml
	$(IN) promtool test rules deploy/prometheus/rules.test.yml deploy/prometheus/recording.test.yml

bench: $(READY) ## how fast it is here
	$(RUN)python -m tests.bench

bench-large: $(READY) ## planning and due scans up to a million enrolments; takes 8 GB of disk
	$(RUN)python -m tests.bench.large

soak: $(READY) ## the long tests, then the fault campaign, which ends with its table; an hour at most
	$(RUN)python -m pytest -m soak -n auto --maxprocesses 4 --dist worksteal
	$(RUN)python -m tests.campaign

lock: $(READY) ## pins again after pyproject.toml changed; LOCK_FLAGS=--upgrade takes the newest
	$(RUN)$(LOCK) pyproject.toml -o requirements.lock
	$(RUN)$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(RUN)$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock

clean: ## everything that can be made again; not the data of the demo (var/)
	$(IN) rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(READY): $(ROOT)/requirements-dev.lock $(ROOT)/pyproject.toml $(ROOT)/tools/prepare.py
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "RSM needs Python 3.11 or newer; %s is %s. Name another one: make PYTHON=python3.12 ..." % (sys.executable, sys.version.split()[0]))'
	@$(IN) $(PYTHON) tools/prepare.py venv
