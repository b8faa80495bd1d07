# Every target makes the virtual environment when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test coverage test-cluster crash-quick check fuzz-api bench mutants docs clean

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable '.[demo]' --group dev
	touch $(STAMP)

demo: $(STAMP)  ## replay a web log with an incident, and flights, through the sample rules
	$(BIN)/tocsin demo

# Not reordered: the slow tests of whole programs would come last, and keep one core alone.
test: $(STAMP)  ## all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder $(PYTEST_ARGS)

coverage: $(STAMP)  ## all tests, and which lines they reach; a third slower
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

test-cluster: $(STAMP)  ## tests on a real OpenSearch node; needs a JDK from version 17 and Maven
	$(BIN)/python -m pytest -m opensearch $(PYTEST_ARGS)

crash-quick: $(STAMP)  ## kill the daemon 20 times and check what it left; under two minutes
	$(BIN)/python -m tests.crash $(CRASH_ARGS)

check: $(STAMP)  ## lint, format, types, import contract, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

fuzz-api: $(STAMP)  ## ten minutes of requests made up from our OpenAPI document; FUZZ_ARGS="--seconds 60" for less
	$(BIN)/python -m tests.fuzz.api $(FUZZ_ARGS)

bench: $(STAMP)  ## measurements, as ratios
	$(BIN)/python -m benchmarks

docs: $(STAMP)  ## the command reference, from the help texts
	$(BIN)/python docs/generate_commands.py

mutants: $(STAMP)  ## mutation score of engine/run, notify, timing, query and template, of a sample of each
	$(BIN)/python -m benchmarks.mutants

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis mutants
