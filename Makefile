# `make demo` and `make test` need Python 3.10 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help demo test postgresql browser monitoring torture prove lint format docs bench clean

help:    ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: $(VENV)/.run  ## carry a real alert from a pipe to its closure
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(VENV)/.test  ## all tests
	$(BIN)/python -m pytest -n auto

browser: $(VENV)/.browser  ## the pages that are written, in chromium: apt-get install chromium chromium-driver
	$(BIN)/python -m pytest tests/knowledge/test_site_browser.py tests/render/test_report_browser.py

monitoring: $(VENV)/.test  ## figures for machines, read by promtool and node_exporter: apt-get install prometheus
	$(BIN)/python -m pytest tests/insight/test_metrics_examples.py

postgresql: $(VENV)/.test  ## all tests with ledgers on a PostgreSQL server, which comes with them: some ten minutes
	SDCLI_TEST_HOME=postgresql $(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev  ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.run  ## write the generated parts of README and docs anew
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/readme.py
	@$(BIN)/python tools/intake_page.py
	@$(BIN)/python tools/process_page.py

# Taskwarrior is measured too where it is installed: apt-get install taskwarrior
# `make bench SDCLI_BENCH_FULL=1` loads a million open and ten million closed tickets into PostgreSQL: 45 GB
bench: $(VENV)-bench/.installed $(VENV)-bench-peers/.installed  ## figures of this machine, beside `import click` and peers
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/start.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/ledger.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/classify.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/calendars.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/knowledge.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/many.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/reports.py
	env -u PYTHONDONTWRITEBYTECODE -u PYTHONUNBUFFERED $(VENV)-bench/bin/python bench/postgresql.py

torture: $(VENV)/.test  ## the fault tests of the ledger in full: some minutes
	SDCLI_TORTURE=1 SDCLI_TORTURE_KILLS=1200 $(BIN)/python -m pytest -n auto tests/ledger

prove: $(VENV)/.test  ## working time and figures against programs that know nothing of this one, and all that is tried in samples otherwise: many minutes
	SDCLI_TORTURE=1 $(BIN)/python -m pytest -n auto tests/sla tests/insight tests/intake tests/knowledge tests/learning tests/policy tests/process tests/querying tests/tickets tests/triage

clean:   ## everything that was made
	rm -rf $(VENV) $(VENV)-bench $(VENV)-bench-peers build dist *.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo 'sdcli needs Python 3.10 or newer; say which: make PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.browser: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,browser]'
	@touch $@ $(VENV)/.test $(VENV)/.run

$(VENV)/.dev: setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,dev]'
	@touch $@ $(VENV)/.test $(VENV)/.run

# The figures are those of an installed wheel, as users have it.
$(VENV)-bench/.installed: setup.cfg $(shell find sdcli -name '*.py') | $(BIN)/python
	test -x $(VENV)-bench/bin/python || $(BIN)/python -m venv $(VENV)-bench
	env -u PYTHONDONTWRITEBYTECODE $(VENV)-bench/bin/python -m pip \
	  --disable-pip-version-check install --quiet --force-reinstall '.[bench]'
	rm -rf build *.egg-info
	@touch $@

$(VENV)-bench-peers/.installed: | $(BIN)/python
	test -x $(VENV)-bench-peers/bin/python || $(BIN)/python -m venv $(VENV)-bench-peers
	env -u PYTHONDONTWRITEBYTECODE $(VENV)-bench-peers/bin/python -m pip \
	  --disable-pip-version-check install --quiet todoman roundup
	@touch $@
