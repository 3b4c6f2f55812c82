# make demo: from a fresh checkout to a report.  make test: everything that is checked.  make site: the documentation.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml setup.py $(shell find tlsinspect -type f ! -name '*.so' ! -path '*__pycache__*')
DEMO := reports/demo
TOOLS := PYTHON="$(PYTHON)" sh tests/install_tools.sh
# Byte code of other packages is made of what is imported, when it is; that of this one at once, so that no command
# is slow the first time, nor each time where no byte code may be written.
export PYTHONDONTWRITEBYTECODE :=
PIP_INSTALL := $(BIN)/pip install --quiet --no-compile
COMPILE_MODULES := $(BIN)/python -m compileall -q $(VENV)/lib/python3*/site-packages/tlsinspect
# A module has its tests in one process, so that what they share is made once.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test kernel-where-possible check compiled pure tools kernel build site clean

demo: $(VENV)/installed
	$(BIN)/tlsinspect summary captures/demo.pcapng
	$(BIN)/tlsinspect report captures/demo.pcapng -o $(DEMO) --title "tlsinspect demo capture"
	@echo "Open $(DEMO)/index.html in a browser."

# The kernel is compiled while packages are fetched and types are checked: it takes the longest. Debian's tools
# come beside Python's packages.
test:
	@$(MAKE) --no-print-directory -j2 kernel-where-possible check
	@if $(TOOLS) can-compile; then $(MAKE) --no-print-directory compiled && \
	$(MAKE) --no-print-directory pure LESS=--kernel-only; else $(MAKE) --no-print-directory pure; fi

kernel-where-possible: tools $(VENV)/building
	@if $(TOOLS) can-compile; then $(MAKE) --no-print-directory kernel; fi

check: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

compiled: export TLSINSPECT_EXTENSIONS = require
compiled: build
	$(PYTEST) --variant compiled

pure: $(VENV)/developing
	PYTHONPATH=$(CURDIR) $(PYTEST) --variant pure $(LESS)

tools:
	@$(TOOLS)

kernel: $(VENV)/building
	TLSINSPECT_EXTENSIONS=require $(BIN)/python setup.py -q build

build: kernel $(VENV)/developing
	$(PIP_INSTALL) --no-build-isolation --no-deps --force-reinstall .
	$(COMPILE_MODULES)

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(TOOLS) venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/installed: $(BIN)/python $(SOURCES)
	$(PIP_INSTALL) .
	@$(COMPILE_MODULES)
	@$(BIN)/python -P -c "import tlsinspect.wire.record as r; print('tlsinspect: installed, the kernel is', 'pure Python (no C compiler was found)' if r.__file__.endswith('.py') else 'compiled')"
	@touch $@

# Of 160 packages an older pip takes four times as long to find versions that go together.
$(VENV)/building: $(BIN)/python pyproject.toml
	$(PIP_INSTALL) --upgrade "pip>=25"
	$(PIP_INSTALL) "setuptools>=77" "cython>=3.2"
	@touch $@

$(VENV)/developing: $(VENV)/building
	TLSINSPECT_EXTENSIONS=skip $(PIP_INSTALL) --no-build-isolation ".[dev]"
	@touch $@

site: $(VENV)/documenting
	$(BIN)/sphinx-build -q -W --keep-going -c docs . build/site
	@echo "Open build/site/index.html in a browser."

$(VENV)/documenting: $(BIN)/python pyproject.toml
	$(PIP_INSTALL) "furo>=2024.8" "myst-parser>=4" "sphinx>=8"
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
