# Every target sets up .venv by itself; a change of the project's requirements sets it up anew.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo-output
SALES := --id shop --time date --target sold
WAIT := -o Acquire::Retries=0 -o Acquire::http::Timeout=30
# What benchmarks/peers/prepare_multi30k.py wrote.
MULTI30K ?= data/multi30k-pieces

.PHONY: install demo demo-forecast demo-classify test browser lint bench clean

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip -c constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[demo,test,lint]"
	touch $(READY)

demo: $(READY)
	$(BIN)/python demo/phrases.py $(DEMO)/data --train 20000 --valid 500 --test 1000 --seed 1
	$(BIN)/sightline train demo/config.yaml --overwrite --threads 1  # so small a model gains nothing by a second
	$(BIN)/python demo/table.py $(DEMO)/data/test.tsv $(DEMO)/model
	$(BIN)/sightline evaluate $(DEMO)/model --data $(DEMO)/data/test.tsv --source 1 --target 2 --metric exact_match --metric chrf
	$(BIN)/sightline explain $(DEMO)/model --input demo/phrases.txt --output $(DEMO)/report.html

demo-forecast: $(READY)
	$(BIN)/python demo/sales.py $(DEMO)/sales --seed 1
	$(BIN)/sightline doctor $(DEMO)/sales/known.csv $(SALES) --past temperature --future promotion
	$(BIN)/sightline forecast $(DEMO)/sales/known.csv $(SALES) --past temperature --future promotion --future-data $(DEMO)/sales/ahead.csv \
		--calendar dayofweek --calendar dayofyear --horizon 28 --output $(DEMO)/forecast --overwrite --threads 1
	$(BIN)/sightline evaluate $(DEMO)/forecast/model --data $(DEMO)/sales/later.csv --level 80 --level 90
	$(BIN)/sightline explain $(DEMO)/forecast/model --input $(DEMO)/sales/known.csv --future-data $(DEMO)/sales/ahead.csv \
		--output $(DEMO)/forecast/used.csv

demo-classify: $(READY)
	$(BIN)/python demo/tickets.py $(DEMO)/tickets --seed 1
	$(BIN)/sightline train classify --data $(DEMO)/tickets/train.csv --output $(DEMO)/classifier --model hierarchical --overwrite --threads 1 \
		--set training.epochs=4
	$(BIN)/sightline evaluate $(DEMO)/classifier --data $(DEMO)/tickets/test.csv
	$(BIN)/sightline explain $(DEMO)/classifier --input $(DEMO)/tickets/unread.txt
	$(BIN)/sightline explain $(DEMO)/classifier --input $(DEMO)/tickets/unread.txt --output $(DEMO)/classifier.html

test: $(READY) browser
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

# Pages are tried in Chromium or Chrome. Where there is none and this is Debian's root, it is installed; else those tests
# are skipped, and say so.
browser:
	@command -v chromium chromium-browser google-chrome google-chrome-stable chrome > /dev/null || \
		{ test "$$(id -u)" = 0 && command -v apt-get > /dev/null && apt-get update -qq $(WAIT) > /dev/null 2>&1 && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq $(WAIT) --no-install-recommends chromium > /dev/null 2>&1; } || \
		echo "no browser could be installed: tests of pages in one are skipped"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/python benchmarks/translation.py $(MULTI30K) --model transformer
	$(BIN)/python benchmarks/translation.py $(MULTI30K) --model recurrent --skip-decoding

clean:
	rm -rf $(VENV) $(DEMO)
