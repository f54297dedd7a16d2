"""What works, as people type it."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

import pytest
from cli_runs import SIGHTLINE, settings, shell


def test_help_and_version_do_not_import_torch():
    for words in (["--help"], ["train", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", SIGHTLINE, *words], capture_output=True, text=True, check=True
        )
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "typer" in imported
        assert not imported & {"torch", "numpy", "matplotlib"}
    assert re.fullmatch(r"sightline \d+\.\d+\.\d+\n", done.stdout)


def test_wrong_usage_is_told_with_status_2(cli):
    for words in (["foo"], ["predict"], ["train"], ["predict", "m", "--nonsense"], ["predict", "m", "--beam", "x"]):
        outcome = cli(*words)
        assert (outcome.code, outcome.out) == (2, "")
        assert "sightline" in outcome.err


def test_training_says_what_it_does(trained):
    folder, outcome = trained
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("training: 57 pairs, unknown tokens 0.00% source and 0.00% target, padding ")
    assert lines[1].startswith("validation: 3 pairs")
    assert lines[-1] == f"the model is in {folder}: try  sightline predict {folder} < input.txt"
    assert re.match(r"update 10, epoch \d+, 0:00:0\d: training loss \d\.\d+; loss ", outcome.err)
    assert "done: reached the limit of 40 updates" in outcome.err
    assert (folder / "training" / "tensorboard").is_dir()


@pytest.mark.parametrize(
    "words",
    [
        ("--data", "pairs.tsv", "--source", "from", "--target", "to"),
        ("--data", "pairs.jsonl", "--source", "pair.a", "--target", "pair.b"),
        (
            "--source",
            "source.txt",
            "--target",
            "target.txt",
            "--valid-source",
            "source.txt",
            "--valid-target",
            "target.txt",
        ),
    ],
)
def test_every_form_of_data(cli, data, tmp_path, monkeypatch, words):
    monkeypatch.chdir(data)
    outcome = cli("train", "translate", *words, "-o", tmp_path / "m", *settings(updates=2), "--quiet")
    assert outcome == (0, "", "")
    assert json.loads((tmp_path / "m" / "manifest.json").read_text())["task"] == "translate"


def test_a_configuration_file_with_options_over_it(cli, data, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(
        f"output: {tmp_path / 'm'}\n"
        f"data:\n  train: {{file: {data / 'pairs.tsv'}, source: 2, target: 3}}\n"
        "source_tokenizer: {kind: char}\nmodel: {type: transformer, width: 16, heads: 2, hidden: 16}\n"
    )
    options = ("--set", "training.updates=2", "--set", "model.encoder_layers=1", "--threads", 1)
    outcome = cli("train", config, *options)
    assert outcome.code == 0
    facts = json.loads(cli("info", tmp_path / "m", "--json").out)
    assert (facts["model"], facts["config"]["model"]["encoder_layers"]) == ("transformer", 1)
    assert facts["config"]["training"]["updates"] == 2
    assert cli("train", config, *options, "--resume").out.splitlines()[-2] == (
        "nothing was left to train: reached the limit of 2 updates; raise the limit to train on"
    )
    own = cli("train", tmp_path / "m" / "config.yaml", "--resume", "--set", "training.updates=3")
    assert (own.code, "resuming after update 2" in own.err) == (0, True)


def test_one_line_in_one_line_out(model):
    """CRLF, a byte order mark, blank lines, and no end of the last line, from a pipe and from a file."""
    text = "\ufeffaea\r\n\n  \nbfh\naea".encode()
    outcome = shell("predict", model, "--threads", 1, stdin=text)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.count("\n") == 5
    first, second, third, fourth, last = outcome.out.split("\n")[:5]
    assert (second, third) == ("", "")
    assert first == last
    assert first != fourth


def test_blocks_of_lines_keep_their_order(cli, model, monkeypatch, data):
    monkeypatch.setattr("sightline.cli.reading._FEW", 3)
    monkeypatch.setattr("sightline.cli.reading._MANY", 7)
    text = (data / "source.txt").read_bytes()
    words = ("predict", model, "--beam", 1)
    whole = cli(*words, stdin=text).out
    assert whole.count("\n") == 60
    assert cli(*words, "--input", data / "source.txt").out == whole
    assert cli(*words, stdin=text[: text.index(b"\n") + 1]).out == whole[: whole.index("\n") + 1]
    assert cli(*words, stdin=b"").out == ""


def test_who_writes_line_by_line_is_answered_line_by_line(model):
    words = [SIGHTLINE, "predict", str(model), "--threads", "1"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        answers = []
        for text in ("aea", "bfh", "aea"):
            running.stdin.write(text + "\n")
            running.stdin.flush()
            answers.append(running.stdout.readline())  # before the input has ended
        assert answers[0] == answers[2] != answers[1]
        running.stdin.write("bfh\naea\nbfh")
        running.stdin.close()
        assert running.stdout.read().splitlines(keepends=True) == [answers[1], answers[0], answers[1]]
    assert running.returncode == 0


def test_json_and_other_searches(cli, model):
    (line,) = cli("predict", model, "--json", "--n-best", 2, stdin=b"aea\n").out.splitlines()
    record = json.loads(line)
    assert record["source"] == "aea"
    assert len(record["alternatives"]) == 1
    assert len(record["attention"]["cross"]["weights"]) == len(record["text"]) + 1
    exact = json.loads(cli("predict", model, "--json", "--method", "exact", stdin=b"aea\n").out)
    assert exact["certified"] in (True, False)
    words = ("predict", model, "--method", "sample", "--set", "decoding.temperature=3")
    first, again, other = (cli(*words, "--set", f"seed={seed}", stdin=b"aea\n" * 9).out for seed in (1, 1, 2))
    assert first == again != other
    assert "add --json" in cli("predict", model, "--n-best", 2, stdin=b"aea\n").err
    assert "only decoding.* and seed" in cli("predict", model, "--set", "model.width=3").err


def test_every_chunk_of_lines_draws_anew(cli, model, monkeypatch):
    monkeypatch.setattr("sightline.cli.reading._FEW", 9)
    words = ("predict", model, "--method", "sample", "--set", "decoding.temperature=3")
    lines = cli(*words, stdin=b"aea\n" * 18).out.splitlines()
    assert lines[:9] == cli(*words, stdin=b"aea\n" * 9).out.splitlines()
    assert lines[:9] != lines[9:]


def test_a_note_when_answers_had_to_end(cli, model):
    outcome = cli(
        "predict", model, "--set", "decoding.length_factor=0.1", "--set", "decoding.length_extra=1", stdin=b"\naea\n"
    )
    assert outcome[:2] == (0, "\n\n")
    assert outcome.err.startswith("note: 1 answers, the first in line 2, reached the longest length allowed")


def test_an_answer_with_line_breaks_takes_one_line(cli, tmp_path):
    lines = [json.dumps({"a": f"{i % 3}", "b": "x\ny"}) for i in range(30)]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    words = ("train", "translate", "--data", tmp_path / "d.jsonl", "--source", "a", "--target", "b")
    assert cli(*words, "-o", tmp_path / "m", *settings(updates=60, patience="null"), "-q").code == 0
    assert cli("predict", tmp_path / "m", stdin=b"1\n2\n").out == "x\\ny\nx\\ny\n"


def test_evaluate(cli, model, files):
    words = ("evaluate", model, *files, "--beam", 1)
    plain = cli(*words)
    assert plain.code == 0
    told, *figures = plain.out.splitlines()
    assert told == "60 inputs, 60 references"
    assert [line.split()[0] for line in figures] == ["BLEU", "chrF2", "exact", "WER", "PER"]
    scores = json.loads(cli(*words, "--metric", "chrf", "--metric", "per", "--json").out)
    assert list(scores) == ["inputs", "references", "chrf", "per"]
    assert "version" in scores["chrf"]["signature"]
    assert cli(*words, "--metric", "blue").err.startswith("error: unknown metric 'blue': choose among bleu, chrf")


def test_evaluate_notes_references_that_look_tokenised(cli, model, tmp_path):
    for name in ("source", "target"):
        (tmp_path / name).write_text("aea .\nbfb .\naeb\n")
    words = ("evaluate", model, "--source", tmp_path / "source", "--target", tmp_path / "target", "--metric", "bleu")
    assert "note: 2 of 3 references end in ' .' and look tokenised" in cli(*words).err
    assert cli(*words, "--bleu-tokenize", "none").err == ""


def test_explain(cli, model, tmp_path):
    stdin = b"aea\n\nbfh\n"
    shown = cli("explain", model, "--pieces", stdin=stdin[:4]).out
    assert shown.startswith("aea\n-> ")
    assert "<eos>" in shown
    assert "(a blank line)" in cli("explain", model, stdin=stdin).out
    assert re.search(r"^attention (not )?(supported|weak): without the first pieces", shown, re.M)
    assert [json.loads(line)["source"] for line in cli("explain", model, "--json", stdin=stdin).out.splitlines()] == [
        "aea",
        "",
        "bfh",
    ]
    assert cli("explain", model, "-o", tmp_path / "r.html", stdin=stdin).code == 0
    summary = cli("explain", model, "--summary", stdin=stdin)
    assert re.search(r"^cross +\d+% +\d+% +\d+% +\d+%", summary.out, re.M)
    assert "verdicts on" in summary.out
    assert json.loads(cli("explain", model, "--summary", "--json", stdin=stdin).out)["heads"][0]["map"] == "cross"
    assert "leave out --output" in cli("explain", model, "--summary", "-o", "a.html", stdin=stdin).err
    assert 'class="caption">attention ' in (tmp_path / "r.html").read_text()
    assert "<html" in (tmp_path / "r.html").read_text()
    pictures = cli("explain", model, "-o", tmp_path / "p.png", stdin=stdin)
    assert pictures.err == "note: line 2 is blank, so there is no picture of it\n"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["p-1.png", "p-3.png"]
    assert cli("explain", model, "-o", tmp_path / "p.svg", stdin=b"aea").code == 0
    assert "<svg" in (tmp_path / "p.svg").read_text()
    assert "ends in .html, .png or .svg" in cli("explain", model, "-o", "p.pdf").err
    assert "--pieces is for pictures" in cli("explain", model, "-o", "p.html", "--pieces").err
    assert "line 2: the text has 300 tokens" in cli("explain", model, stdin=b"a\n" + b"a" * 300).err
    assert (
        "r.html: cannot be written (No such file"
        in cli("explain", model, "-o", tmp_path / "none" / "r.html", stdin=b"aea").err
    )


def test_info(cli, model):
    facts = json.loads(cli("info", model, "--json").out)
    assert (facts["task"], facts["model"], facts["source_tokens"]) == ("translate", "recurrent", 4 + 11)
    assert facts["validation"]["loss"] > 0
    plain = cli("info", model).out
    assert "task           translate" in plain
    assert "output: " in plain


def test_a_reader_that_goes_away(model, data, tmp_path):
    """`predict | head -1`: no complaint."""
    words = [SIGHTLINE, "predict", model, "--threads", "1", "--beam", "1", "--input", data / "source.txt"]
    with (tmp_path / "err").open("wb") as err, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=err) as predict:
        predict.stdout.close()
        predict.wait(60)
    assert (tmp_path / "err").read_bytes() == b""


def test_a_terminal_is_answered_line_by_line_until_ctrl_c(model):
    ours, theirs = pty.openpty()
    words = [SIGHTLINE, "predict", model, "--threads", "1"]
    with subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as predict:
        os.close(theirs)
        for _ in range(2):
            os.write(ours, b"aea\n")
            assert predict.stdout.readline().strip()
        predict.send_signal(signal.SIGINT)
        assert predict.wait(60) == 130
        assert predict.stderr.read() == b""
    os.close(ours)
