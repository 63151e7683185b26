.DEFAULT_GOAL := help
.PHONY: help java system install demo test coverage faults fuzz probes check docs format lock clean

PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo-world
TESTERS ?= 2
MUTATIONS ?= 2000
export DO_NOT_TRACK := 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

java: ## check for Java 17, which Spark needs (as root, offer to install it)
	@infra/require.sh java

system: java ## check for all Debian packages that the tests use: Java, PostgreSQL, Chromium, Ceph
	@infra/require.sh postgresql || echo "tests of the shared catalog will be skipped" >&2
	@infra/require.sh chromium || echo "tests of the report's page will be skipped" >&2
	@infra/require.sh ceph || echo "tests of the store on S3 will be skipped" >&2

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("centrepiece needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[all,dev]'
	@# An oracle of the metric tests; its caps on numpy and OpenCV are older than what it runs with.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-deps pysodmetrics
	@touch $@

install: java .venv/installed ## make the virtual environment and install everything into it

demo: install ## render the demo world, run the whole pipeline on it, say where the results are
	$(BIN)/centrepiece demo $(DEMO)

test: install ## run every test, in TESTERS processes side by side (2)
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder

coverage: install ## run every test and tell which lines none of them ran; half as long again as `make test`
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --cov --cov-report term --cov-report html

faults: install ## disturb a run at every point of the fault-injection test, where `make test` takes half of them
	CENTREPIECE_FAULTS=all $(BIN)/python -m pytest -s tests/integration/lake/publishing/test_faults.py tests/integration/lake/publishing/test_spark_workers.py

fuzz: install ## mutate every sample export MUTATIONS times (2,000 unless told otherwise)
	CENTREPIECE_MUTATIONS=$(MUTATIONS) $(BIN)/python -m pytest --timeout 36000 tests/property/jobs/ingest/test_ingest_fuzz.py

probes: install ## flip bits in a lake, mutate images, damage metadata and kill processes: 7,540 times, an hour or two; `PROBES="--share 0.1"` for less
	$(BIN)/python -m tests.support.probes $(PROBES)

check: .venv/installed ## formatting, lint, types, declared dependencies and the architecture rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/deptry .
	$(BIN)/python -m pytest -q tests/architecture --durations=0

docs: .venv/installed ## build the documentation into site/, strictly; open site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

format: .venv/installed ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/installed ## pin what is installed, exactly, in constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable --disable-pip-version-check | sed 's/+cpu$$//' > constraints.txt

clean: ## remove the demo world and caches
	rm -rf $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov build site *.egg-info
