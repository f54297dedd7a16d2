"""Links from the command line, and training that is guided by them."""

import json

import pytest
from cli_runs import settings


def test_links_go_out_and_come_in_again(cli, model, files, tmp_path, monkeypatch):
    done = cli("align", model, *files)
    assert (done.code, done.err) == (0, "attention as a token is written\n")
    assert done.out == "0-0\n" * 60
    gold = tmp_path / "gold.txt"
    gold.write_text("0-0\n" * 59 + "0p0\n")
    links = tmp_path / "links.txt"
    monkeypatch.setattr("sightline.cli.align._PAIRS", 7)
    told = cli("align", model, *files, "--reverse", model, "--gold", gold, "-o", links)
    assert told.out == f"wrote {links}\n"
    assert told.err.splitlines()[1].startswith("back: attention as a token is")
    assert told.err.endswith("AER 0.00%, precision 100.00%, recall 100.00%\n")
    config = tmp_path / "guided.yaml"
    config.write_text(
        json.dumps(
            {"data": {"train": {"source": str(files[1]), "target": str(files[3]), "links": str(links)}}}
            | {"training": {"guided_alignment": 0.1}}
        )
    )
    guided = tmp_path / "guided"
    words = [word for word in settings(updates=4) if word != "--tokenizer"]
    words.remove("char")
    assert cli("train", config, "-o", guided, *words).code == 0
    assert cli("align", guided, *files).out == done.out


def test_what_cannot_be_aligned_is_told(cli, model, files, tmp_path):
    long = tmp_path / "long.tsv"
    long.write_text(f"ab\tba\n{'a' * 300}\tb\nabc\tcba\n")
    columns = ["--source", "1", "--target", "2"]
    done = cli("align", model, "--data", long, *columns)
    assert (done.code, done.out) == (1, "0-0\n\n0-0\n")
    assert "pair 2: the source has 300 tokens" in done.err
    assert "1 pair too long in all, each answered by an empty line" in done.err
    gold = tmp_path / "gold.txt"
    for text, what in (("0-0\n", "there are links of 1 pairs, and 60 pairs"), ("\n" * 60, "there is no link in it")):
        gold.write_text(text)
        assert what in cli("align", model, *files, "--gold", gold).err
    assert "unknown symmetrisation 'x'" in cli("align", model, *files, "--reverse", model, "--symmetrisation", "x").err
    assert "pairs need both sides" in cli("align", model).err


@pytest.mark.parametrize("links", ["0-0\n", "0-0\n" * 59 + "0-3\n"])
def test_links_of_other_pairs_are_refused(cli, files, tmp_path, links):
    path = tmp_path / "links.txt"
    path.write_text(links)
    options = ["--set", f"data.train.links={path}", "--set", "training.guided_alignment=1"]
    done = cli("train", "translate", *files, "-o", tmp_path / "m", *settings(updates=2), *options)
    assert done.code == 1
    assert "links" in done.err or "link 0-3 of pair 60" in done.err
    assert not (tmp_path / "m").exists()
