"""The demo's phrases: one Italian form for each, splits that share none, and pairs checked by hand."""

import doctest
import hashlib
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

DEMO = Path(__file__).parents[2] / "demo"
sys.path.append(str(DEMO))
phrases = importlib.import_module("phrases")
kinds = importlib.import_module("phrase_kinds")


def drawn(kind: str, count: int = 300) -> list[tuple[str, str]]:
    rng = Random(5)
    return [phrases.draw(getattr(kinds, kind), rng) for _ in range(count)]


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str]]:
    return phrases.generate(6000, seed=3)


def test_same_seed_same_pairs_in_another_process_zone_and_hash_seed():
    expected = hashlib.sha256(repr(phrases.generate(300, seed=7)).encode()).hexdigest()
    script = "import hashlib, phrases; print(hashlib.sha256(repr(phrases.generate(300, 7)).encode()).hexdigest())"
    for hash_seed, zone in (("1", "Asia/Tokyo"), ("2", "America/New_York")):
        surroundings = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
        found = subprocess.run(
            [sys.executable, "-c", script], cwd=DEMO, env=surroundings, check=True, capture_output=True, text=True
        )
        assert found.stdout.strip() == expected


def test_another_seed_gives_other_pairs():
    assert set(phrases.generate(200, seed=1)) != set(phrases.generate(200, seed=2))


def test_english_phrases_are_distinct_and_count_is_met(sample):
    assert len(sample) == 6000 == len({english for english, _ in sample})


def test_an_english_phrase_never_has_two_italian_forms():
    rng = Random(11)
    seen: dict[str, str] = {}
    for kind in kinds.KINDS:
        for _ in range(1200):
            english, italian = phrases.draw(kind, rng)
            assert seen.setdefault(english, italian) == italian, (kind.__name__, english)


def test_only_characters_of_a_keyboard_and_of_the_two_languages(sample):
    english = {character for pair in sample for character in pair[0]}
    italian = {character for pair in sample for character in pair[1]}
    assert {c for c in english if not c.isascii()} <= set("£€¥°²")
    assert {c for c in italian if not c.isascii()} <= set("£€¥°²éì")
    assert all(c.isprintable() for c in english | italian)
    for text in (text for pair in sample for text in pair):
        assert text == " ".join(text.split())


def test_lengths_are_bounded(sample):
    assert max(len(text) for pair in sample for text in pair) <= phrases.MAX_LENGTH


def test_every_kind_gives_many_phrases_and_takes_part_evenly(sample):
    counts = [len(set(drawn(kind.__name__))) for kind in kinds.KINDS]
    assert min(counts) > 180
    # Full dates are one kind of 21, and begin with a whole weekday and a comma; dates with times are another.
    full = [
        english
        for english, italian in sample
        if re.fullmatch(r"[a-z]+ì \d+ [a-z]+ \d{4}|(sabato|domenica) .*\d{4}", italian)
    ]
    assert 0.6 < len(full) / (len(sample) / len(kinds.KINDS)) < 1.4


GOLDEN = {
    "_full_date": [
        (r"Thursday, .*\bMarch\b.*", r"giovedì \d+ marzo \d{4}"),
        (r"Sunday, .*\bAugust\b.*", r"domenica \d+ agosto \d{4}"),
    ],
    "_long_date": [(r"(the )?1st( of)? June .*|June 1(st)?, .*|1 June .*", r"1 giugno \d{4}")],
    "_relative_time": [(r"in \d+ years", r"tra \d+ anni"), (r"\d+ weeks ago", r"\d+ settimane fa")],
    "_price": [(r"(\$|USD ).*", r"[\d.]+,\d\d USD"), (r"(¥|JPY ).*", r"[\d.]+ JPY")],
    "_named_price": [(r".* Swiss francs", r".* franchi svizzeri"), (r".* US dollars", r".* dollari statunitensi")],
    "_measure": [(r".* miles", r".* miglia"), (r".* mph", r".* mi/h"), (r".* L", r".* l"), (r".*\d°C", r".*\d °C")],
    "_percentage": [(r"[\d.,]+ percent", r"[\d.,]+ percento"), (r"[\d.,]+%", r"[\d.,]+%")],
    "_duration": [(r"\d+ hours and \d+ seconds", r"\d+ ore e \d+ secondi")],
    "_month_span": [(r"May - June (\d{4})", r"maggio-giugno \d{4}")],
}


@pytest.mark.parametrize("kind", GOLDEN)
def test_golden_forms(kind):
    pairs = drawn(kind, 1500)
    for english_form, italian_form in GOLDEN[kind]:
        matching = [italian for english, italian in pairs if re.fullmatch(english_form, english)]
        assert matching
        assert all(re.fullmatch(italian_form, italian) for italian in matching)


class FixedRandom(Random):
    """Gives the scripted values first to whatever the kind asks for, in turn."""

    def __init__(self, *script):
        super().__init__(0)
        self.script = list(script)

    def choice(self, seq):
        value = self.script.pop(0)
        assert value in seq
        return value

    def randrange(self, start, stop=None, step=1):
        return self.script.pop(0)

    def randint(self, a, b):
        return self.script.pop(0)

    def random(self):
        return self.script.pop(0)


DAY = 738217  # 3 March 2022, a Thursday


@pytest.mark.parametrize(
    ("kind", "script", "english", "italian"),
    [
        ("_full_date", (DAY, 0.0, kinds.US), "Thursday, March 3, 2022", "giovedì 3 marzo 2022"),
        ("_full_date", (DAY, 0.0, kinds.GB), "Thursday, 3 March 2022", "giovedì 3 marzo 2022"),
        ("_full_date", (DAY, 0.9, kinds.ORDINAL_DATES[2]), "Thursday, the 3rd of March 2022", "giovedì 3 marzo 2022"),
        ("_long_date", (DAY, 0.9, "MMMM {day}, y"), "March 3rd, 2022", "3 marzo 2022"),
        ("_abbreviated_date", (DAY, kinds.US, 0.0), "Mar 3, 2022", "3 mar 2022"),
        ("_abbreviated_date", (DAY, kinds.GB, 0.9), "Thu, 3 Mar 2022", "gio 3 mar 2022"),
        ("_abbreviated_date", (DAY + 63, kinds.US), "Thu, May 5, 2022", "gio 5 mag 2022"),
        ("_numeric_date", (DAY, "yMd"), "3/3/2022", "03/03/2022"),
        ("_numeric_date", (DAY + 1, "yMEd"), "Fri, 3/4/2022", "ven 04/03/2022"),
        ("_spoken_date", (DAY, "MMMM {day}, {year}"), "March third, twenty twenty-two", "3 marzo 2022"),
        ("_month_span", (1984, 2022, 2022, 11, 3), "November 1984 - March 2022", "novembre 1984 - marzo 2022"),
        ("_clock", ((kinds.US, "h:mm a"), 16, 15), "4:15 PM", "16:15"),
        ("_clock", ((kinds.GB, "h:mm a"), 0, 5), "12:05 am", "00:05"),
        ("_clock", ((kinds.US, "h:mm B"), 21, 40), "9:40 at night", "21:40"),
        ("_clock", ((kinds.US, "h a"), 12), "12 PM", "12:00"),
        ("_clock_with_seconds", (13, 2, 9), "1:02:09 PM", "13:02:09"),
        ("_time_span", (9, 15, 11, 30, kinds.US), "9:15 - 11:30 AM", "09:15-11:30"),
        ("_time_span", (9, 15, 14, 30, kinds.GB), "9:15 am - 2:30 pm", "09:15-14:30"),
        (
            "_date_and_time",
            (kinds._full_date, DAY, 0.0, kinds.GB, (kinds.US, "h:mm a"), 16, 15, " at "),
            "Thursday, 3 March 2022 at 4:15 PM",
            "giovedì 3 marzo 2022, 16:15",
        ),
        ("_relative_time", ("hour", -1, 2, 36), "36 hours ago", "36 ore fa"),
        ("_digits", (2, 4, 1234, 56), "1,234.56", "1.234,56"),
        ("_digits", (0, 3, 342, 0), "342", "342"),
        ("_ordinal", (3, 342, "three hundred and forty-second"), "three hundred and forty-second",
         "trecentoquarantaduesimo"),
        ("_price", (4, 1234, 50, "USD", None), "$1,234.50", "1.234,50 USD"),
        ("_price", (4, 1234, 50, "EUR", "¤¤ #,##0.00"), "EUR 1,234.50", "1.234,50 €"),
        ("_named_price", (4, 1234, 50, "GBP"), "1,234.50 British pounds", "1.234,50 sterline britanniche"),
        ("_percentage", (1, 2, 12, 5, 0.0), "12.5%", "12,5%"),
        ("_measure", (1, 2, 12, 5, "length-mile", "long"), "12.5 miles", "12,5 miglia"),
        ("_measure", (0, 4, 1234, 0, "mass-kilogram", "short"), "1,234 kg", "1.234 kg"),
        (
            "_price_in_words",
            (2, 12, 50, "USD"),
            "twelve dollars and fifty cents",
            "dodici dollari e cinquanta centesimi",
        ),
    ],
)  # fmt: skip
def test_golden_pairs(kind, script, english, italian):
    assert phrases.draw(getattr(kinds, kind), FixedRandom(*script)) == (english, italian)


def test_written_splits_are_disjoint_and_complete(tmp_path):
    phrases.main([str(tmp_path / "new" / "folder"), "--train", "400", "--valid", "30", "--test", "50", "--seed", "2"])
    texts = {path.name: path.read_bytes().decode("utf-8") for path in (tmp_path / "new" / "folder").iterdir()}
    rows = {name: [line.split("\t") for line in text.removesuffix("\n").split("\n")] for name, text in texts.items()}
    assert {name: len(lines) for name, lines in rows.items()} == {"train.tsv": 400, "valid.tsv": 30, "test.tsv": 50}
    assert all(len(row) == 2 for lines in rows.values() for row in lines)
    together = [tuple(row) for name in ("train.tsv", "valid.tsv", "test.tsv") for row in rows[name]]
    assert together == phrases.generate(480, seed=2)
    assert len({english for english, _ in together}) == 480


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_bad_counts_are_explained(tmp_path, capsys, count):
    with pytest.raises(SystemExit):
        phrases.main([str(tmp_path), f"--train={count}"])
    assert "expected a whole number of pairs from 1" in capsys.readouterr().err


def test_a_file_in_the_way_is_explained(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        phrases.main([str(tmp_path / "file"), "--train", "1", "--valid", "1", "--test", "1"])
    assert "name a folder that can be written to" in capsys.readouterr().err


def test_examples_in_docstrings():
    assert doctest.testmod(phrases).failed == 0
