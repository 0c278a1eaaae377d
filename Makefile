# Redline's commands. `make` alone prints this help. Python 3.11+ and make are all a machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DEMO_DIR ?= redline-data
# Files of tests that run at once. Each may start a broker, workers and sinks: more than two want more than 8 GB.
JOBS ?= 2
HOURS ?= 6
RATE ?= 250

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench soak fuzz chaos upgrade trainers peers deploy-check clean lock

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the virtual environment from the lock

$(BIN)/uv:
	@test -x $(BIN)/python || (echo "making $(VENV)"; $(PYTHON) -m venv $(VENV))
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Redline needs Python 3.11 or newer: make PYTHON=python3.11")'
	@$(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.5'

$(STAMP): $(BIN)/uv requirements.lock pyproject.toml
	@echo "installing the locked packages (about 600 MB with the Java runtime, once)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@# Once and for all: with PYTHONDONTWRITEBYTECODE every process would read the sources of spaCy and the like anew.
	@$(BIN)/python -m compileall -qq -j $(JOBS) $(VENV)/lib || true
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup ## run the whole pipeline over a generated company, then show rows
	@$(BIN)/redline demo --out $(DEMO_DIR)

test: setup ## every test, with a real broker (the long chaos runs excepted)
	@$(BIN)/pytest -m 'not chaos' -n $(JOBS) --dist loadfile

check: setup ## format, lint, types, imports, unit and docs tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/unit tests/docs -m 'not broker and not crash and not chaos' -n $(JOBS) --dist loadfile

format: setup ## let ruff format and fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## benchmarks; results go to bench/results
	@$(BIN)/python -m bench.stages
	@$(BIN)/python -m bench.worker
	@$(BIN)/python -m bench.gate
	@$(BIN)/python -m bench.end_to_end
	@$(BIN)/python -m bench.latency

soak: setup ## hours at half load: memory, files and handles watched (HOURS=6, RATE=250 events/s)
	@$(BIN)/python -m bench.soak --hours $(HOURS) --rate $(RATE)

fuzz: setup ## a minute of coverage-guided fuzzing of every reader (Linux on x86-64, Python 3.11)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r bench/fuzz/requirements.txt
	@$(BIN)/python -m bench.fuzz

chaos: setup ## the long crash tests (about an hour)
	@$(BIN)/pytest -m 'chaos or crash' tests/crash tests/cluster

upgrade: setup ## an upgrade and a rollback under load, between a landed version and this one (some minutes)
	@$(BIN)/python tests/upgrade/rehearse.py

trainers: setup ## real trainers read and learn from what is exported (6 GB of packages, once)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)-trainers
	@$(BIN)/uv pip sync --quiet --python $(VENV)-trainers/bin/python --require-hashes tests/trainers/requirements.txt
	@$(BIN)/uv pip install --quiet --python $(VENV)-trainers/bin/python --require-hashes --no-deps -r tests/trainers/alone.txt
	@$(VENV)-trainers/bin/python -m pytest --confcutdir=tests/trainers tests/trainers

peers: setup ## events per second beside stock Faust, Quix Streams and Bytewax, each with stock Presidio (half an hour)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)-peers
	@$(BIN)/uv pip sync --quiet --python $(VENV)-peers/bin/python --require-hashes bench/peers/requirements.txt
	@$(BIN)/python -m bench.peers

deploy-check: setup ## chart, compose file and units, with helm and kubeconform (needs Go; minutes, once)
	@for tool in helm.sh/helm/v3/cmd/helm@v3.22.0 github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0; do \
	  test -x $(VENV)/go/$$(basename $${tool%@*}) || GOBIN=$(abspath $(VENV))/go go install $$tool || exit 1; done
	@PATH="$(abspath $(VENV))/go:$$PATH" $(BIN)/python deploy/check.py

lock: $(BIN)/uv ## resolve the dependencies anew into requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra fast --group dev pyproject.toml -o requirements.lock
	@$(BIN)/python deploy/image/lock.py

clean: ## remove the virtual environment and the demo's data
	rm -rf $(VENV) $(VENV)-trainers $(VENV)-peers $(DEMO_DIR) .mypy_cache .ruff_cache .pytest_cache
