# make demo    install into .venv, fit the elephant, write out/elephant/
# make lab     install what the lab needs and open the lecture as live pages in a browser (FILE= opens yours there)
# make test    install what the tests need, run ruff, mypy and pytest
# make test-slow  run the tests that take seconds each, whose quicker sisters are in make test
# make test-lab   open every page of the lab in Chromium: drag, keys, offline, exports, accessibility (LAB= a part)
# make native  build and run the native tests of cpp/: as they are, under ASan and UBSan, without threads
# make docs    build the documentation into docs/_build/html; a warning or a dead link is an error
# make fuzz    run the long corpora and the random damage that make test leaves out
# make bench   run the speed and size comparisons in bench/: a quarter of an hour or more
PYTHON ?= python3
LAB ?= tests/lab
CORES ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")
BIN := .venv/bin
SOURCES := $(shell find src cpp -type f -name '*.py' -o -type f -name '*.cpp' -o -type f -name '*.hpp' -o -type f -name '*.css' -o -type f -name '*.js' -o -type f -name '*.svg')

.PHONY: demo lab test test-slow test-lab native docs fuzz bench clean

demo: .venv/installed
	$(BIN)/foldline fit data/mesh/elephant.off --out out/elephant --force

lab: .venv/lab
	$(BIN)/foldline lab $(FILE)

test: .venv/test
	$(BIN)/ruff check .
	@$(BIN)/mypy >.venv/types.txt 2>&1 & types=$$!; \
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(CORES) --dist worksteal tests --pyargs foldline; tests=$$?; \
	wait $$types; types=$$?; echo "mypy: $$(cat .venv/types.txt)"; [ $$tests -eq 0 ] && [ $$types -eq 0 ]

test-slow: .venv/test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(CORES) --dist worksteal -m slow tests

test-lab: .venv/test
	$(BIN)/python -m pytest -n $(CORES) --dist worksteal -m lab $(LAB)

native:
	cmake -S cpp/test -B build/native
	cmake --build build/native -j $(CORES)
	cd build/native && ctest --output-on-failure -j $(CORES)

docs: .venv/docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	$(BIN)/python docs/links.py docs/_build/html

fuzz: .venv/test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(CORES) --dist worksteal -m fuzz tests

bench: .venv/bench
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# A plain install, not a link to the sources: done again only when a source is newer.
.venv/installed: .venv/bin/pip pyproject.toml CMakeLists.txt README.md $(SOURCES)
	@echo "Installing foldline and what it needs into .venv (a minute or more the first time) ..."
	$(BIN)/pip install --disable-pip-version-check .
	@touch $@

.venv/test: .venv/installed
	@echo "Installing what the tests need ..."
	$(BIN)/pip install --quiet --disable-pip-version-check '.[test]'
	@touch $@

.venv/lab: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check '.[lab]'
	@touch $@

.venv/docs: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check '.[docs]'
	@touch $@

.venv/bench: .venv/test
	$(BIN)/pip install --quiet '.[test,bench]'
	@touch $@

.venv/bin/pip:
	$(PYTHON) -m venv .venv

clean:
	rm -rf .venv build out
