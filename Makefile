# make demo: from a fresh checkout to a report.  make test: everything that is checked.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml setup.py $(shell find tlsinspect -type f ! -name '*.so' ! -path '*__pycache__*')
DEMO := reports/demo

.PHONY: demo test check compiled pure tools build clean

demo: $(VENV)/installed
	$(BIN)/tlsinspect summary captures/demo.pcapng
	$(BIN)/tlsinspect report captures/demo.pcapng -o $(DEMO) --title "tlsinspect demo capture"
	@echo "Open $(DEMO)/index.html in a browser."

test: tools check compiled pure

check: $(VENV)/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

compiled: $(VENV)/developing
	@if command -v cc >/dev/null || command -v gcc >/dev/null; then \
		TLSINSPECT_EXTENSIONS=require $(BIN)/pip install --quiet --no-build-isolation --no-deps --force-reinstall . && \
		$(BIN)/pytest -n 2 --variant compiled; \
	else echo "No C compiler: the compiled variant was not tested (Debian: apt-get install gcc python3-dev)"; fi

pure: $(VENV)/developing
	PYTHONPATH=$(CURDIR) $(BIN)/pytest -n 2 --variant pure

tools:
	@sh tests/install_tools.sh

build: $(VENV)/developing
	$(BIN)/pip install --quiet --no-build-isolation --no-deps --force-reinstall .

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); sh tests/install_tools.sh venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/installed: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet .
	@$(BIN)/python -P -c "import tlsinspect.wire.record as r; print('tlsinspect: installed, the kernel is', 'pure Python (no C compiler was found)' if r.__file__.endswith('.py') else 'compiled')"
	@touch $@

$(VENV)/developing: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet --upgrade pip
	TLSINSPECT_EXTENSIONS=skip $(BIN)/pip install --quiet ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info
