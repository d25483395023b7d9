# make demo    install into .venv, fit the elephant, write out/elephant/
# make test    install what the tests need, run ruff, mypy and pytest
# make bench   run the speed and size comparisons in bench/: a quarter of an hour or more
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find src cpp -type f -name '*.py' -o -type f -name '*.cpp' -o -type f -name '*.hpp' -o -type f -name '*.css' -o -type f -name '*.js')

.PHONY: demo test bench clean

demo: .venv/installed
	$(BIN)/foldline fit data/mesh/elephant.off --out out/elephant --force

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests --pyargs foldline

bench: .venv/bench
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# A plain install, not a link to the sources: done again only when a source is newer.
.venv/installed: .venv/bin/pip pyproject.toml CMakeLists.txt README.md $(SOURCES)
	$(BIN)/pip install --quiet .
	@touch $@

.venv/test: .venv/installed
	$(BIN)/pip install --quiet '.[test]'
	@touch $@

.venv/bench: .venv/test
	$(BIN)/pip install --quiet '.[test,bench]'
	@touch $@

.venv/bin/pip:
	$(PYTHON) -m venv .venv

clean:
	rm -rf .venv build out
