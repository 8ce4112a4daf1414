# Three commands, each doing its own set-up on a fresh machine:
#   make setup   .venv with the autograder and cnnkit commands, and bubblewrap
#   make demo    a class of strangers' notebooks, graded
#   make test    everything that CI runs
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test bench clean
.DELETE_ON_ERROR:

setup: .venv/.ready

.PHONY: sandbox-tools
sandbox-tools:
	@sh autograder/install-sandbox-tools.sh
	@sh autograder/install-sandbox-tools.sh venv $(PYTHON)

.venv/.ready: pyproject.toml autograder/pyproject.toml | sandbox-tools
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lab,cards,test]' -e ./autograder
	touch $@

# The PyTorch cross-check is part of the tests, but a teacher who only grades does not need it.
.venv/.torch: .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[torch]'
	touch $@

demo: setup
	$(BIN)/python -m autograder.demo

# The pages are tested in a real browser.
.PHONY: browser
browser: sandbox-tools
	@sh autograder/install-sandbox-tools.sh browser

# Debian's packages and Python's are fetched side by side.
test:
	@$(MAKE) --no-print-directory -j2 .venv/.torch browser
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q -n auto --dist worksteal

bench: setup
	$(BIN)/python bench/grading.py
	$(BIN)/python bench/report.py
	$(BIN)/python bench/feedback.py
	$(BIN)/python bench/flashcards.py
	$(BIN)/python bench/nn.py
	$(BIN)/python bench/explore.py

clean:
	rm -rf .venv
