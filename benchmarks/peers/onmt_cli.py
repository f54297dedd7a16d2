"""OpenNMT-py 3.5.1's commands on a newer torch: `python onmt_cli.py train|build_vocab|translate ARGS`.

Stubs two imports that only data-cleaning transforms use (spacy, fasttext), so neither need be installed.
"""

import importlib
import sys
import types

for name in ("spacy", "fasttext"):
    sys.modules.setdefault(name, types.ModuleType(name))

if __name__ == "__main__":
    command = sys.argv.pop(1)
    importlib.import_module(f"onmt.bin.{command}").main()
