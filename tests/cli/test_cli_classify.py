"""Documents and labels through the command line."""

import json
import random

import polars as pl
import pytest

SMALL = (
    "model.width=8",
    "model.embedding_width=12",
    "model.embedding_dropout=0",
    "model.word_dropout=0",
    "training.epochs=5",
    "training.batch_documents=16",
    "training.learning_rate=0.01",
    "training.warmup=5",
)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """A table of 200 documents whose label depends on one word."""
    chance = random.Random(1)
    rows = []
    for i in range(200):
        words = [f"w{chance.randrange(30)}" for _ in range(chance.randint(4, 9))]
        words[chance.randrange(len(words))] = "bad" if i % 2 else "good"
        rows.append((" ".join(words) + ".\nThe <end>", "neg" if i % 2 else "pos"))
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    pl.DataFrame(rows, schema=["body", "stars"], orient="row").write_csv(path)
    return path


def _train(cli, reviews, folder, *more):
    settings = [word for setting in SMALL for word in ("--set", setting)]
    words = ["train", "classify", "--data", reviews, "--text", "body", "--label", "stars", "-o", folder, "--threads", 1]
    return cli(*words, *settings, *more)


def test_from_a_table_to_labels_figures_and_evidence(cli, reviews, tmp_path):
    done = _train(cli, reviews, tmp_path / "m")
    assert done.code == 0
    assert "training: 180 documents of" in done.out
    assert "classes: neg 90, pos 90" in done.out

    answered = cli("predict", tmp_path / "m", stdin=b"w1 good w2\nw3 bad\n")
    labels = [line.split("\t")[0] for line in answered.out.splitlines()]
    assert labels == ["pos", "neg"]
    answered = cli("predict", tmp_path / "m", "--json", "--input", reviews)
    lines = [json.loads(line) for line in answered.out.splitlines()]
    assert len(lines) == 200
    assert set(lines[0]["probabilities"]) == {"neg", "pos"}

    judged = json.loads(cli("evaluate", tmp_path / "m", "--data", reviews, "--json").out)
    assert judged["accuracy"] > 0.95
    assert sum(map(sum, judged["confusion"])) == 200
    assert "roc_auc" in cli("evaluate", tmp_path / "m", "--data", reviews).out

    shown = cli("explain", tmp_path / "m", stdin=b"w1 good w2\n")
    assert "pos (" in shown.out
    assert "for:     good +" in shown.out
    told = json.loads(cli("explain", tmp_path / "m", "--json", stdin=b"w1 good w2\n").out)
    summed = cli("explain", tmp_path / "m", "--summary", "--json", stdin=b"w1 Good w2\ngood good\n\n")
    names = json.loads(summed.out)["names"]
    assert set(names) == {"w1", "good", "w2"}
    assert sum(names.values()) == pytest.approx(1, abs=1e-5)
    assert names["good"] > 0.5
    assert json.loads(summed.out)["inputs"] == 2
    assert "--summary is text or JSON" in cli("explain", tmp_path / "m", "--summary", "-o", tmp_path / "a.png").err
    assert [word["text"] for word in told["words"]] == ["w1", "good", "w2"]
    page = tmp_path / "page.html"
    assert cli("explain", tmp_path / "m", "--output", page, stdin=b"good <script>alert(1)</script>\n").code == 0
    assert "<script>alert" not in page.read_text()
    assert cli("explain", tmp_path / "m", "--output", tmp_path / "seen.png", stdin=b"good one\nbad one\n").code == 0
    assert cli("evaluate", tmp_path / "m", "--data", reviews, "--output", tmp_path / "drawn").code == 0
    folded = cli("evaluate", tmp_path / "m", "--data", reviews, "--folds", 2, "--json")
    assert json.loads(folded.out)["accuracy"] > 0.9
    assert "fold 2 of 2: 100 documents" in folded.err
    pictures = {each.name for each in [*tmp_path.glob("*.png"), *tmp_path.glob("drawn/*")]}
    assert pictures == {"seen-1.png", "seen-2.png", "confusion.png", "calibration.png"}
    assert json.loads(cli("info", tmp_path / "m", "--json").out)["classes"] == "neg, pos"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "text"], "there is no column 'text'"),
        (["--set", "model.widht=3"], "did you mean 'model.width'"),
        (["--set", "data.kind=ordered"], "the order of neg, pos is not known"),
        (["--horizon", "3"], "--horizon is no option of the task 'classify'"),
    ],
)
def test_refusals_of_training(cli, reviews, tmp_path, words, message):
    done = _train(cli, reviews, tmp_path / "m", *words)
    assert done.code == 1
    assert message in done.err
    assert not (tmp_path / "m").exists()


def test_refusals_of_a_trained_model(cli, reviews, tmp_path):
    _train(cli, reviews, tmp_path / "m", "--set", "training.epochs=1")
    assert "by --data" in cli("evaluate", tmp_path / "m").err
    nul = cli("predict", tmp_path / "m", stdin=b"good\nb\0d\n")
    assert nul.code == 1
    assert "standard input, line 2: the text holds a NUL character" in nul.err
    blank = cli("predict", tmp_path / "m", stdin=b"good\n\n \n")
    assert len(blank.out.splitlines()) == 3
    assert "2 documents without any words" in blank.err
    named = tmp_path / "named.csv"
    named.write_text("t,l\nw1 good,pos\nw2 bad,neg\n")
    judged = cli("evaluate", tmp_path / "m", "--data", named, "--text", "t", "--label", "l", "--json")
    assert json.loads(judged.out)["confusion"]
    assert "no column 'body'" in cli("predict", tmp_path / "m", "--input", named).err
    assert len(cli("predict", tmp_path / "m", "--input", named, "--text", "t").out.splitlines()) == 2
    assert "a classifier takes none of" in cli("predict", tmp_path / "m", "--beam", "3").err
    assert "name a file that ends in .html" in cli("explain", tmp_path / "m", "-o", tmp_path / "a.txt").err
    other = tmp_path / "other.csv"
    other.write_text("body,stars\ngood,pos\nbad,negg\n")
    assert (
        "other.csv, line 3: the label 'negg' is none that the model knows"
        in cli("evaluate", tmp_path / "m", "--data", other).err
    )
