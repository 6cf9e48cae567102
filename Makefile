# The two commands: `make demo` shows SatSeek at work, `make test` passes the tests. Each does all the set-up.
SHELL := /bin/bash
BIN := .venv/bin
READY := .venv/.ready
PAGE := src/satseek/service/static/index.html
PAGE_SOURCES := tools/page.sh $(shell find web -name node_modules -prune -o -type f -print)
ARGS ?=
# Where it is set, each of the suite's hundreds of processes would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE
# Workers enough for two cores: threads of their own would only wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --dist worksteal
# A thousand small archives: in memory, where there is room for them, they need not wait for the disk.
IN_MEMORY := $(shell [ -w /dev/shm ] && df -Pk /dev/shm | awk 'END { if ($$4 > 4000000) print "PYTEST_DEBUG_TEMPROOT=/dev/shm" }')

.PHONY: soak demo page browser test test-quick check format lock setup wheel clean help

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## install everything into .venv

$(READY): requirements.lock pyproject.toml tools/setup.sh
	@bash tools/setup.sh
	@touch $@

page: $(PAGE) ## build the page that `satseek serve` shows; where there is no Node, one is brought into .venv

$(PAGE): $(PAGE_SOURCES) | $(READY)
	@bash tools/page.sh
	@touch $@

browser: $(READY)
	@bash tools/chromium.sh

demo: $(READY) $(PAGE) ## fill an archive with a painted world and search it; ARGS="--no-serve --json" is for machines
	@$(BIN)/satseek demo $(ARGS)

# Servers, browsers and clusters start late on a machine that does much else: what fails is tried once more, and named.
test: $(READY) $(PAGE) browser ## pass all tests, those in a browser too
	@$(PYTEST) -n 2 --reruns 1 $(ARGS)

test-quick: $(READY) ## pass the tests that take no longer than a moment each
	@$(IN_MEMORY) $(PYTEST) -n 3 -m "not slow and not browser" -o tmp_path_retention_policy=failed $(ARGS)

soak: $(READY) ## an hour of everything at once on one archive, then 200 misfortunes; ARGS="--minutes 5 --rounds 20"
	@$(BIN)/python benchmarks/soak.py $(ARGS)

check: $(READY) ## format, lint, types, floors, tests
	@bash tools/page.sh check
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

format: $(READY) ## write the code the way ruff does
	@$(BIN)/ruff format src tests benchmarks
	@$(BIN)/ruff check --fix src tests benchmarks

lock: $(READY) ## choose the versions anew; the lock names neither index nor host
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --upgrade --universal --python-version 3.11 \
	  --no-annotate --no-header --quiet -o requirements.lock

wheel: $(READY) $(PAGE) ## make dist/satseek-….whl, with the page in it
	@$(BIN)/uv build --wheel --quiet

clean: ## remove what was built; archives and data stay
	rm -rf .venv build dist web/node_modules src/satseek/service/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
