# make run: the rare-class study.   make test: lint, import contracts and the test suite.
# Both work on a machine that has nothing but python3 (3.11 or newer), pip and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := toolbox synthesis similarity confidence labelling grainwise paper_figures benchmarks docs tests
# Two test processes, which take files in the order of conftest.py; within each, numerical libraries
# keep to one thread so that two cores suffice.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test figures check-figures docs bench gpu shape check format clean

run: $(VENV)/installed
	$(BIN)/python -m paper_figures rare_class

figures: $(VENV)/installed
	$(BIN)/python -m paper_figures

# The quick figures against their committed reference, and their claims.
check-figures: $(VENV)/installed
	$(BIN)/python -m paper_figures --check

test: $(VENV)/installed-for-tests
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/ruff format --check $(PACKAGES)
	$(PYTEST) -m "not long"

# Everything that `test` leaves out: minutes of simulation.
check: test
	$(PYTEST) -m long

# The website, in docs/_build/html; warnings are errors. All is read anew (-E): Sphinx sees no change
# in what writes the pages.
docs: $(VENV)/installed-for-docs
	$(BIN)/python -m sphinx -E -W --keep-going -q docs docs/_build/html

# The peers (the extra [bench]) are measured where pip finds them; each result says if they were not.
bench: $(VENV)/installed-for-tests
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable ".[test,bench]" \
	    || echo "bench: the extra [bench] could not be installed; going on without the peers"
	for script in $(filter-out provenance,$(notdir $(basename $(wildcard benchmarks/[a-z]*.py)))); do \
	    $(BIN)/python -m benchmarks.$$script || exit 1; done

# On a machine with a CUDA device and JAX for it (pip install "jax[cuda12]"): the tests that need one,
# and the times. Without one the tests are skipped and nothing is measured.
gpu: $(VENV)/installed-for-tests
	$(BIN)/python -m pytest -m gpu tests
	$(BIN)/python -m benchmarks.gpu

# Files, functions and the deepest stack of one call of the public functions that reach furthest.
shape: $(VENV)/installed
	$(BIN)/python -m benchmarks.shape

format: $(VENV)/installed-for-tests
	$(BIN)/ruff check --fix $(PACKAGES)
	$(BIN)/ruff format $(PACKAGES)

clean:
	rm -rf $(VENV) build *.egg-info paper_figures/cache paper_figures/out
	rm -rf docs/_build docs/reference docs/gallery docs/gallery_source docs/measured docs/methods

$(VENV)/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-for-tests: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable ".[test]"
	touch $@

$(VENV)/installed-for-docs: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@
