.PHONY: run test test-matrix test-oidc test-slow check mutants lock bench clean
PY = .venv/bin/python
STORMS = --override-ini='python_files=storm_*.py'
# It counts the seconds in which everything stops: nothing else may be at work then.
ALONE = tests/e2e/storm_run.py
SHELL = /bin/bash

run: .venv/ready
	@exec .venv/bin/passerelle run

test: .venv/ready-dev
	$(PY) -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder -m 'not slow'

# What takes longest of the same tests, the guided tour, killed processes, and storms: processes and services killed by lot, a thousand times and more. PASSERELLE_STORM_SEED=n brings one back, PASSERELLE_STORM_SHORT=1 shortens them.
test-slow: .venv/ready-dev
	$(PY) -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder -m slow
	$(PY) -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder $(STORMS) -raP --ignore=$(ALONE) tests/e2e tests/flows tests/faults tests/storms
	$(PY) -m pytest $(STORMS) $(ALONE)

# Chat messages to a real Matrix server, which is installed beside us the first time.
test-matrix: .venv/ready-dev .venv/ready-synapse
	$(PY) -m pytest --override-ini='python_files=matrix_*.py' tests/matrix

# Signing in by the accounts of institutions at real identity providers, which are installed beside us the first time.
test-oidc: .venv/ready-dev .venv/ready-canaille
	$(PY) -m pytest --override-ini='python_files=oidc_*.py' tests/oidc

check: .venv/ready-dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

# Changes the rules of reviews in every small way, one at a time: a test must notice each. CONTRIBUTING.md explains those that none can notice.
mutants: .venv/ready-dev
	rm -rf mutants
	.venv/bin/mutmut run > mutants.log 2>&1 || { tail -c 2000 mutants.log; exit 1; }
	@.venv/bin/mutmut results | grep survived || true
	@rm -f mutants.log

# Standard output is for the figures alone: what setting up says goes elsewhere.
bench:
	@$(MAKE) --no-print-directory .venv/ready-dev >&2
	@ONLY='$(ONLY)' PYTHONPATH=tests exec $(PY) -m benchmarks

# Both marks follow the locks: a changed lock installs again.
.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(PY) -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

.venv/ready-synapse: tests/matrix/synapse.lock | .venv/bin/python
	$(PY) -m venv .venv/synapse
	.venv/synapse/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

.venv/ready-canaille: tests/oidc/canaille.lock | .venv/bin/python
	$(PY) -m venv .venv/canaille
	.venv/canaille/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

.venv/bin/python:
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "Passerelle needs python3 3.11 to 3.14; this is $$(python3 --version 2>&1)." >&2; exit 2; }
	@python3 -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "The venv module of python3 is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	python3 -m venv .venv

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev --output-file requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header tests/matrix/synapse.in --output-file tests/matrix/synapse.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header tests/oidc/canaille.in --output-file tests/oidc/canaille.lock

clean:
	rm -rf .venv
