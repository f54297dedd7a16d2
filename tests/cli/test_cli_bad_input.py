"""What users get wrong: each message says where, and what to do."""

import json

import pytest
from cli_runs import settings

GOOD = "aea\nbfh\n"


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / name


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            "a\nb\nc\n",
            "x\ny\n",
            "s.txt has 3 lines and t.txt has 2, but line n of one must belong to line n of the other",
        ),
        ("a\nb\n", b"x\n\xe8\n", "t.txt, line 2: byte 1 of the line (0xE8) is not UTF-8, and so in 1 line; if"),
        ("", "x\n", "s.txt: the file is empty"),
        ("a\n\nc\n", "x\ny\nz\n", 's.txt, line 2: the line is blank, and its partner in t.txt is "y"'),
        ("a\nb\n", None, "t.txt: there is no such file: check the name and the folder"),
        ("a\n", "b\n", "there is only 1 distinct source text, and some are held out for validation: give more pairs"),
    ],
)
def test_two_files(cli, tmp_path, monkeypatch, source, target, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "s.txt", source)
    if target is not None:
        write(tmp_path, "t.txt", target)
    outcome = cli("train", "translate", "--source", "s.txt", "--target", "t.txt", "-o", "m", *settings())
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"error: {message}")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("name", "content", "columns", "message"),
    [
        ("d.tsv", "a\tb\nc\n", (1, 2), "d.tsv, line 2: the line has 1 column, and column 2 is asked for"),
        (
            "d.tsv",
            "en\tit\na\tb\n",
            ("en", "ti"),
            "d.tsv, line 1: there is no column 'ti'. The columns that exist: 'en', 'it'",
        ),
        ("d.jsonl", '{"a": "x"}\n', ("a", "b"), "d.jsonl, line 1: key 'b' is missing. The keys that exist: 'a'"),
        ("d.jsonl", '{"a": "x", "b": "y"}\n{"a"\n', ("a", "b"), "d.jsonl, line 2: the line is not JSON"),
    ],
)
def test_one_file(cli, tmp_path, monkeypatch, name, content, columns, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name, content)
    source, target = columns
    outcome = cli("train", "translate", "--data", name, "--source", source, "--target", target, "-o", "m")
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("translate",), "where should the model go? give --output my-model"),
        (("translate", "-o", "m"), "what should it learn from? give --source and --target"),
        (("translate", "-o", "m", "--source", "s"), "pairs need both sides: give --source and --target"),
        (
            ("translat", "-o", "m"),
            "'translat' is neither a task (translate, forecast, classify) nor a configuration",
        ),
        (("none.yaml",), "none.yaml: the configuration cannot be read: No such file or directory"),
        (("c.yaml",), "c.yaml, line 3: unknown key 'training.update': did you mean 'training.updates'?"),
        (("translate", "--set", "seed"), "cannot set 'seed': write key=value"),
        (("translate", "--set", "model.widht=3"), "unknown key 'model.widht': did you mean 'model.width'?"),
        (("translate", "--attention", "dto"), "model.attention: input should be 'additive', 'concat',"),
        (("translate", "-o", "m", "--source", "c.yaml", "--target", "c.yaml", "--threads", "0"), "threads is 0"),
    ],
)
def test_options(cli, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "c.yaml", "output: m\ntraining:\n  update: 5\n")
    outcome = cli("train", *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"error: {message}")
    assert not (tmp_path / "m").exists()


def test_a_pair_of_100000_tokens_is_left_out_and_counted(cli, data, tmp_path):
    write(tmp_path, "s.txt", (data / "source.txt").read_text() + "ab " * 33_333 + "a\n")
    write(tmp_path, "t.txt", (data / "target.txt").read_text() + "x\n")
    words = ("--source", tmp_path / "s.txt", "--target", tmp_path / "t.txt", "--valid-source", data / "source.txt")
    words += ("--valid-target", data / "target.txt", "-o", tmp_path / "m")
    outcome = cli("train", "translate", *words, *settings(updates=2))
    assert outcome.code == 0
    assert outcome.out.startswith("training: 60 pairs, 1 left out as longer than 256 tokens, unknown tokens")
    only = cli("train", "translate", *words, *settings(updates=2), "--set", "data.max_length=2", "--overwrite")
    assert "none of the 61 training pairs has at most 2 tokens on each side: raise data.max_length" in only.err


def test_a_text_of_100000_tokens_to_predict(cli, model, tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.cli.reading._FEW", 2)
    text = (GOOD + "\n" + "a" * 100_000 + "\naea\n" + "a" * 100_000).encode()
    message = "line 4: the text has 100,000 tokens, and the model was trained on at most 255 (data.max_length"
    piped = cli("predict", model, stdin=text)
    assert piped.code == 1
    assert piped.err.startswith(f"error: standard input, {message}")
    assert piped.err.endswith("\n2 too long in all, each answered by an empty line\n")
    lines = piped.out.split("\n")
    assert [bool(line) for line in lines] == [True, True, False, False, True, False, False]
    path = write(tmp_path, "long.txt", text)
    assert cli("predict", model, "--input", path).err.startswith(f"error: {path}, {message}")
    found = [json.loads(line) for line in cli("predict", model, "--input", path, "--json").out.splitlines()]
    assert [len(answer["source"]) for answer in found] == [3, 3, 0, 100_000, 3, 100_000]


def test_input_that_is_not_utf8(cli, model):
    outcome = cli("predict", model, stdin=b"aea\nb\xe8\n")
    assert outcome.code == 1
    assert outcome.err.startswith("error: standard input, line 2: byte 2 of the line (0xE8) is not UTF-8: convert")


@pytest.mark.parametrize(
    "name", ["manifest.json", "config.yaml", "model.safetensors", "source-tokenizer.json", "target-tokenizer.json"]
)
def test_a_damaged_folder(cli, model, name):
    path = model / name
    whole = path.read_bytes()

    def complaint(content):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        outcome = cli("info", model)
        assert (outcome.code, outcome.out) == (1, "")
        return outcome.err

    try:
        assert name in complaint(None)
        assert name in complaint(b"")
        assert name in complaint(whole[: len(whole) // 2])
        for place in range(3, len(whole), 1 + len(whole) // 12):
            flipped = bytearray(whole)
            flipped[place] ^= 1
            assert "damaged" in complaint(bytes(flipped)) or "version reads format" in complaint(bytes(flipped))
    finally:
        path.write_bytes(whole)
    assert cli("info", model).code == 0


def test_folders_that_are_no_models(cli, tmp_path):
    assert cli("predict", tmp_path / "none").err == f"error: {tmp_path / 'none'}: there is no such model folder\n"
    assert "it is no model folder, or not a whole one" in cli("predict", tmp_path).err
    write(tmp_path, "mine.txt", "mine")
    assert "mine.txt: this is a file, not a model's folder" in cli("info", tmp_path / "mine.txt").err
    words = ("translate", "--source", tmp_path / "mine.txt", "--target", tmp_path / "mine.txt", "--overwrite")
    assert "holds files that are no model of ours: name another" in cli("train", *words, "-o", tmp_path).err
    assert (
        "a file stands where the model's folder is to be: name another"
        in cli("train", *words, "-o", tmp_path / "mine.txt").err
    )
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_model_without_attention_cannot_be_explained(cli, files, tmp_path):
    words = ("train", "translate", *files, "--attention", "none", "-o", tmp_path / "m", *settings(updates=2), "-q")
    assert cli(*words).code == 0
    assert "this model has no attention to show" in cli("explain", tmp_path / "m", stdin=b"aea").err
    assert cli("predict", tmp_path / "m", stdin=b"aea").code == 0
