"""Labelled documents from every form of file, and what is wrong with them."""

import gzip
import json

import pandas as pd
import polars as pl
import pytest

from sightline.data.documents import Labels, read_documents
from sightline.errors import DataError

TEXTS = ["A good film.", 'He said: "so, so"\nand left.', "Bad, bad; bad"]
LABELS = ["pos", "so", "neg"]


def _folder(path):
    for i, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        (path / label).mkdir()
        (path / label / f"{i}.txt").write_text(text)
    return path


def _write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _forms(folder):
    frame = pl.DataFrame({"n": [1, 2, 3], "text": TEXTS, "label": LABELS})
    frame.write_csv(folder / "a.csv")
    frame.write_csv(folder / "a.tsv", separator="\t")
    frame.write_parquet(folder / "a.parquet")
    rows = [json.dumps({"text": t, "label": label}) for t, label in zip(TEXTS, LABELS, strict=True)]
    _write(folder / "a.jsonl", "\n".join(rows))
    _write(folder / "b.jsonl.gz", gzip.compress("\n".join(rows).encode()))
    return [folder / name for name in ("a.csv", "a.tsv", "a.parquet", "a.jsonl", "b.jsonl.gz")]


def test_every_form_gives_the_same(tmp_path):
    for source in [*_forms(tmp_path), pd.DataFrame({"text": TEXTS, "label": LABELS})]:
        read = read_documents(source)
        assert (read.texts, read.labels) == (TEXTS, LABELS)
    (tmp_path / "classes").mkdir()
    read = read_documents(_folder(tmp_path / "classes"))
    assert dict(zip(read.texts, read.labels, strict=True)) == dict(zip(TEXTS, LABELS, strict=True))


def test_places_count_lines_inside_of_cells(tmp_path):
    *_, place = read_documents(_forms(tmp_path)[0]).places
    assert place == {"path": str(tmp_path / "a.csv"), "line": 5}


def test_texts_alone(tmp_path):
    assert read_documents(_forms(tmp_path)[0], label=None).labels is None


def test_fasttext(tmp_path):
    path = _write(tmp_path / "a.txt", "__label__pos good film\n__label__neg bad, bad\n")
    read = read_documents(path)
    assert (read.texts, read.labels) == (["good film", "bad, bad"], ["pos", "neg"])
    path = _write(tmp_path / "b.txt", "__label__a __label__b text\n__label__a more\n")
    assert read_documents(path, separator=",").labels == [("a", "b"), ("a",)]
    with pytest.raises(DataError, match=r"line 1: the line has 2 labels: expected one.*several"):
        read_documents(path)


def test_several_labels_in_a_cell_or_a_list(tmp_path):
    csv = _write(tmp_path / "a.csv", 'text,label\nx,"a, b"\ny,\nz,b\n')
    assert read_documents(csv, separator=",").labels == [("a", "b"), (), ("b",)]
    lines = _write(tmp_path / "a.jsonl", '{"text": "x", "label": ["a", "b"]}\n{"text": "y", "label": "c"}\n')
    assert read_documents(lines, separator=",").labels == [("a", "b"), ("c",)]
    with pytest.raises(DataError, match=r"line 1: key 'label' holds .*expected one label"):
        read_documents(lines)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "text,label\nx,\n", r"a.csv, line 2: the label \('label'\) is missing"),
        ("a.csv", "text,label\nx,1\n,0\n", r"a.csv, line 3: the text is empty; 1 such document"),
        ("a.csv", "text,labels\nx,1\n", r"a.csv, line 1: there is no column 'label'.*did you mean 'labels'"),
        ("a.csv", "text,text,label\nx,y,1\n", r"a.csv, line 1: two columns are named 'text'"),
        ("a.csv", "text,label\n", "there are no documents"),
        ("a.csv", b"text,label\nx\x00y,1\n", "NUL character"),
        ("a.csv", b"text,label\nsch\xf6n,1\n", r"a.csv, line 2: byte 4 of the line \(0xF6\) is not UTF-8"),
        ("a.jsonl", '{"text": "x"}\n', r"a.jsonl, line 1: key 'label' is missing"),
        ("a.jsonl", '{"text": 3, "label": 1}\n', r"a.jsonl, line 1: key 'text' holds 3: expected a text"),
        ("a.jsonl", '{"text": "x", "label": null}\n', r"a.jsonl, line 1: the label \('label'\) is missing"),
        ("a.txt", "__label__a x\ny\n", r"a.txt, line 2: the line has 0 labels"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message):
        read_documents(_write(tmp_path / name, content))


def test_a_folder_without_classes(tmp_path):
    with pytest.raises(DataError, match="holds no folders: expected one for each class"):
        read_documents(tmp_path)


def test_classes_are_sorted_by_number_or_name():
    assert Labels.of(["10", "9", "-1"], "one").classes == ("-1", "9", "10")
    assert Labels.of(["b", "a", "10"], "one").classes == ("10", "a", "b")
    assert Labels.of(["low", "high"], "ordered", ["low", "mid", "high"]).classes == ("low", "mid", "high")
    assert Labels.of([("a", "b"), ("b",), ()], "several").encode([("b",), ()]).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("labels", "kind", "order", "least", "message"),
    [
        (["a", "a"], "one", None, 1, "here all documents have the label 'a'"),
        ([], "one", None, 1, "here there is none"),
        (["a", "b", "b"], "one", None, 2, "the class 'a' has 1 document: one is to train on"),
        (["low", "high"], "ordered", None, 1, "the order of high, low is not known"),
        (["low", "hi"], "ordered", ["low", "high"], 1, "'hi' is not in the order of classes.*did you mean 'high'"),
    ],
)
def test_labels_that_nothing_can_be_learned_from(labels, kind, order, least, message):
    with pytest.raises(DataError, match=message):
        Labels.of(labels, kind, order, least=least)


def test_a_label_that_training_did_not_see():
    with pytest.raises(DataError, match=r"document 2: the label 'goood' is none.*did you mean 'good'"):
        Labels(("bad", "good"), "one").encode(["bad", "goood"])
