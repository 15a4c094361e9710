# What a developer types. Each target makes what it needs; nothing is installed outside .venv.

VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.complete
# More at once than cores: much of a test is waiting.
PYTEST  := $(BIN)/python -m pytest -q --dist worksteal
ARGS    ?=
# The agents that tests start would compile themselves each time.
unexport PYTHONDONTWRITEBYTECODE
# The interpreter that makes the venv; empty: the first that is new enough.
PYTHON  ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check sweep deb deb-check matrix bench format openwrt-root clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-19s %s\n", $$1, $$2 }'

setup: $(STAMP) ## make .venv with everything in it (at once when nothing changed)
	@:

demo: $(STAMP) ## an ACS and the agent on this machine, on loopback, unprivileged (ARGS=--once ends after the tour)
	@$(BIN)/python -m agent demo $(ARGS)

test: $(STAMP) ## the quick tests, for two cores (ARGS='-k word' chooses)
	@$(PYTEST) -n 3 -m "not slow and not vm and not browser and not sweep and not debian" $(ARGS)

check: $(STAMP) ## all that must hold before a change lands: format, lint, types, layers, every test, skips
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	CPE_AGENT_CHECK=1 $(PYTEST) -n 3 -m "not sweep and not debian" --cov --cov-branch --cov-report=term $(ARGS)

sweep: $(STAMP) ## what samples for minutes: hostile texts everywhere, crashes with Wi-Fi and PPP in throw-away machines
	@CPE_AGENT_CHECK=1 $(PYTEST) -n 1 -m sweep $(ARGS)

deb: ## the Debian package, in build/ (needs Debian's dpkg-dev debhelper dh-python python3-setuptools)
	@systemd/make-deb build

deb-check: $(STAMP) ## installs, runs, upgrades and purges it in Debians of its own, under their systemd (root; debootstrap)
	@CPE_AGENT_CHECK=1 $(PYTEST) -n 2 -m debian tests/debian $(ARGS)

matrix: $(STAMP) ## oldest and newest libraries, and newer Pythons (root and debootstrap bring Debian's); ARGS='sid' chooses
	@$(BIN)/python -m tests.matrix $(ARGS)

bench: $(STAMP) ## the figures beside their targets; also build/bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

format: $(STAMP) ## put the code into the common shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openwrt-root: ## what OpenWrt's package installs, into an empty root (DESTDIR=…; BYTECODE=1; PART=diagnostics: of that package); needs a Python only
	@$(or $(PYTHON),python3) -X no_debug_ranges openwrt/pack.py $(DESTDIR) $(if $(BYTECODE),--bytecode) $(if $(PART),--part=$(PART))

clean: ## remove what the other targets made
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* .import_linter_cache

$(STAMP): pyproject.toml setup.py
	@set -e; found=; \
	for each in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.14); do \
	    if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$each; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "make: no Python 3.11 or later found; install one (Debian: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' >/dev/null 2>&1; then \
	    echo "make: $$found cannot make virtual environments; install python3-venv (Debian: apt install python3-venv)" >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip' >/dev/null 2>&1; then \
	    echo "making $(VENV) with $$("$$found" --version)"; "$$found" -m venv --clear $(VENV); \
	fi; \
	echo "installing what the agent and its tests need (once; some 60 MB)"; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[test,check]'; \
	touch $@
