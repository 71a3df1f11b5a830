# The two commands that matter: `make demo` shows it working, `make test` proves that it does.
# Both set up .venv first; nothing else is needed but Python 3.11 to 3.13.

PYTHON3 ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
SECONDS ?=
SEEDS ?= 10000
INPUTS ?= 1000000
WORKERS ?= 3

.PHONY: demo run test lint types schema unit fast simulate faults fuzz bench bench-compare clean

demo: $(READY)  ## a city at work: server, handhelds, neighbours, buttons, and a live view
	@$(PYTHON) -m clients.demo \
	    $(if $(QUADRANTS),--quadrants "$(QUADRANTS)") \
	    $(if $(REPLAY),--replay "$(REPLAY)") \
	    $(if $(SECONDS),--seconds "$(SECONDS)")

run: $(READY)  ## the server alone, on embedded defaults
	@$(PYTHON) server.py run

test: lint types schema unit  ## everything that must pass

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(READY)
	$(VENV)/bin/mypy

schema: $(READY)
	$(PYTHON) server.py schema --check

unit: export PYTHONDONTWRITEBYTECODE :=  # or each process reads all tests anew
unit: $(READY)  ## much of it waits, so several run at a time; what measures runs alone, at the end
	$(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadfile -m "not alone"
	$(PYTHON) -m pytest -m alone

fast: $(READY)  ## a copy with the hot path compiled, in build/fast: python build/fast/server.py run
	$(PYTHON) -m dispatch.compile build/fast

simulate: $(READY)  ## the core through many seeds of faults, for the night
	$(PYTHON) -m tests.simulation --seeds $(SEEDS)

faults: $(READY)  ## real processes killed, frozen, cut off and filled up, with a table at the end
	$(PYTHON) -m tests.faults

fuzz: $(READY)  ## what nobody thought of, to whatever reads what strangers send
	$(PYTHON) -m tests.fuzz --inputs $(INPUTS)

bench: $(BENCH_READY)  ## every benchmark and a report in bench/results, within 15 minutes
	$(PYTHON) -m bench all

bench-compare: $(READY)  ## the last `make bench` against the one before, by ratio to the floor
	$(PYTHON) -m bench compare

$(BENCH_READY): $(READY) bench/peer_programs/package.json
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,bench]'
	@npm install --silent --no-package-lock --prefix bench/peer_programs || \
	    echo "Node's ws is not measured: apt-get install nodejs npm"
	@command -v mosquitto >/dev/null || test -x /usr/sbin/mosquitto || \
	    echo "Mosquitto is not measured: apt-get install mosquitto"
	@touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON3) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON3=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(PYTHON) || $(PYTHON3) -m venv $(VENV) || \
	    { echo "venv is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@$(PYTHON) -m compileall -q server.py dispatch protocol link clients
	@touch $@

clean:  ## forget the environment and all local data
	rm -rf $(VENV) var *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
