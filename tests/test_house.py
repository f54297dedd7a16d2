"""The house rules that a machine can hold: what is public, what is imported when, examples that run, no warnings."""

import ast
import doctest
import importlib
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from types import ModuleType

import jaxtyping
import pytest
import torch

import sightline
from sightline.attention import attend
from sightline.models import Transformer

ROOT = Path(__file__).parents[1]
MODULES = sorted(module.name for module in pkgutil.walk_packages(sightline.__path__, "sightline."))
PACKAGES = [name for name in MODULES if (ROOT / "src" / Path(*name.split(".")) / "__init__.py").exists()]


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each by the alphabet, as isort has it."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _bound(module: ModuleType) -> set[str]:
    """Public names that a package defines itself; if there are none, those that it takes from its modules.

    What is taken on first use alone stands under `if TYPE_CHECKING:`.
    """
    defined: set[str] = set()
    taken: set[str] = set()
    nodes = ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body
    for node in [inner for outer in nodes for inner in (outer.body if isinstance(outer, ast.If) else [outer])]:
        match node:
            case ast.ImportFrom(module=origin) if origin.startswith(module.__name__):
                taken.update(alias.asname or alias.name for alias in node.names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                defined.add(name)
    return {name for name in defined if not name.startswith("_")} or taken


@pytest.mark.parametrize("name", ["sightline", *PACKAGES])
def test_what_is_public_is_sorted_and_importable(name):
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(set(module.__all__), key=_order)
    for entry in module.__all__:
        assert getattr(module, entry) is not None


@pytest.mark.parametrize("name", PACKAGES)
def test_all_that_a_package_offers_is_public(name):
    module = importlib.import_module(name)
    assert set(_bound(module)) == set(module.__all__)


def test_the_surface_of_the_library():
    assert {"Forecaster", "SightlineError", "Translation", "Translator", "load"} <= set(sightline.__all__)
    assert set(dir(sightline)) >= set(sightline.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Telescope'"):
        sightline.Telescope  # noqa: B018


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def _imported_by(code: str) -> set[str]:
    """Top-level packages that a fresh process has imported after this code."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(run.stderr.splitlines()[-1])}


HELP = """
import sys
from sightline.cli import main
for command in [[], ["train"], ["predict"], ["evaluate"], ["explain"], ["info"], ["doctor"], ["forecast"]]:
    sys.argv = ["sightline", *command, "--help"]
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, stop.code
"""
HEAVY = {
    "torch",
    "numpy",
    "tokenizers",
    "matplotlib",
    "sacrebleu",
    "jinja2",
    "tensorboard",
    "polars",
    "pandas",
    "scipy",
}


@pytest.mark.parametrize(
    "code", [HELP, "import sightline", "import sightline.errors"], ids=["help", "library", "errors"]
)
def test_nothing_heavy_is_imported_before_it_is_used(code):
    assert not _imported_by(code) & HEAVY


def test_attention_alone_imports_neither_data_nor_pictures():
    assert not _imported_by("import sightline.attention") & (HEAVY - {"torch", "numpy"})


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def _blocks(document: Path) -> list[tuple[int, str]]:
    """Python blocks of a document, each with its line."""
    text = document.read_text(encoding="utf-8") if document.exists() else ""
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, block.start(1)) + 1, block[1]) for block in found]


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if _blocks(d)], ids=lambda document: document.name)
def test_documents_run(document, tmp_path, monkeypatch):
    """All blocks of a document in one namespace, in an empty folder; an error names the document's line."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": document.stem}
    for line, block in _blocks(document):
        tree = ast.increment_lineno(ast.parse(block), line - 1)
        left_out = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value is ...]
        assert not left_out, f"{document.name}, line {left_out[0]}: write the code out in place of '...'"
        exec(compile(tree, str(document), "exec"), namespace)


def test_warnings_are_errors():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert settings["filterwarnings"] == ["error"]
    with pytest.raises(UserWarning, match="an example"):
        warnings.warn("an example", stacklevel=1)


def test_shapes_are_checked():
    with pytest.raises(jaxtyping.TypeCheckError):
        attend(torch.zeros(2, 3, 5), torch.zeros(2, 7, 5), torch.zeros(2, 11, 5))
    model = Transformer(11, 13, width=8, heads=2, hidden=16, encoder_layers=1, decoder_layers=1)
    with pytest.raises(jaxtyping.TypeCheckError):
        model(torch.zeros(2, 3, dtype=torch.int64), torch.ones(2, 5, dtype=torch.bool), torch.zeros(2, 3).long())
