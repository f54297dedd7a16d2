"""Scores against hand arithmetic and against sacrebleu called by itself."""

import math

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import ConfigError, DataError
from sightline.metrics import (
    METRICS,
    bleu,
    by_length,
    chrf,
    exact_match,
    phoneme_error_rate,
    word_error_rate,
)

HYPOTHESES = ["The cat sat on a mat.", "It is raining, again.", "Hello there, world!"]
REFERENCES = ["The cat sat on the mat.", "It rains again.", "Hello, world!"]
SECOND = ["A cat was sitting on the mat.", "It is raining again.", "Hello there, world!"]

tokens = st.lists(st.sampled_from("abcde"), max_size=7)


def edit_distance(a: list[str], b: list[str]) -> int:
    """Levenshtein's recursion, row by row."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        previous, row = row, [i]
        for j, right in enumerate(b, start=1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (left != right)))
    return row[-1]


def test_bleu_by_hand():
    # 1- to 4-gram precisions 3/4, 2/3, 1/2, and none of 1 (smoothed to 1/2 by "exp"); equal lengths: no penalty.
    expected = 100 * math.exp(sum(map(math.log, (3 / 4, 2 / 3, 1 / 2, 1 / 2))) / 4)
    assert bleu(["a b c x"], ["a b c d"], tokenize="none").value == pytest.approx(expected)


def test_bleu_and_chrf_are_sacrebleu():
    streams = [REFERENCES, SECOND]
    both = [list(pair) for pair in zip(*streams, strict=True)]
    assert bleu(HYPOTHESES, both).value == sacrebleu.corpus_bleu(HYPOTHESES, streams).score
    assert chrf(HYPOTHESES, both).value == sacrebleu.corpus_chrf(HYPOTHESES, streams).score
    assert bleu(HYPOTHESES, REFERENCES).value == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score
    upper = [text.upper() for text in HYPOTHESES]
    assert bleu(upper, REFERENCES, lowercase=True).value == bleu(HYPOTHESES, REFERENCES, lowercase=True).value


def test_signatures_say_how():
    version = sacrebleu.__version__
    assert bleu(HYPOTHESES, REFERENCES).signature == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    lower = bleu(HYPOTHESES, REFERENCES, tokenize="none", lowercase=True)
    assert lower.signature == f"nrefs:1|case:lc|eff:no|tok:none|smooth:exp|version:{version}"
    plus = chrf(HYPOTHESES, REFERENCES, word_order=2)
    assert plus.name == "chrF2++"
    assert plus.signature == f"nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:{version}"
    assert word_error_rate(["a", "b"], [["a"], ["a", "b"]]).signature.startswith("nrefs:var|")


def test_references_may_differ_in_number():
    uneven = [["The cat sat on the mat."], ["nothing like it", "It is raining, again."], ["Hello there, world!"]]
    padded = [
        ["The cat sat on the mat.", "nothing like it", "Hello there, world!"],
        [None, "It is raining, again.", None],
    ]
    assert bleu(HYPOTHESES, uneven).value == sacrebleu.BLEU().corpus_score(HYPOTHESES, padded).score


def test_whole_answers():
    hypotheses = ["k æ t", "d ɔ ɡ", "p ɪ ɡ", ""]
    references = [["k æ t"], ["d ɑ ɡ", "d ɔ ɡ"], ["p ɪ k"], [""]]
    assert exact_match(hypotheses, references).value == 3 / 4
    assert word_error_rate(hypotheses, references).value == 1 / 4
    assert exact_match(["a"], ["a "]).value == 0


def test_phoneme_error_rate_by_hand():
    # "a b c" against "a x c d": 2 edits of 4; "q" against its nearer reference "q r": 1 edit of 2.
    assert phoneme_error_rate(["a b c", "q"], [["a x c d"], ["m n o", "q r"]]).value == 3 / 6


def test_phoneme_error_rate_takes_the_longest_of_equally_near():
    # One edit from each of "a", "a b c" and "a x": the longest has three tokens.
    for known in (["a", "a b c", "a x"], ["a x", "a b c", "a"]):
        assert phoneme_error_rate(["a b"], [known]).value == 1 / 3


@given(st.lists(st.tuples(tokens, st.lists(tokens.filter(bool), min_size=1, max_size=3)), min_size=1, max_size=5))
def test_phoneme_error_rate_is_its_formula(rows: list[tuple[list[str], list[list[str]]]]):
    edits = length = 0
    for hypothesis, known in rows:
        distance, _, nearest = min((edit_distance(hypothesis, each), -len(each), each) for each in known)
        edits, length = edits + distance, length + len(nearest)
    hypotheses = [" ".join(hypothesis) for hypothesis, _ in rows]
    references = [[" ".join(each) for each in known] for _, known in rows]
    assert phoneme_error_rate(hypotheses, references).value == pytest.approx(edits / length)


@pytest.mark.parametrize("name", METRICS)
def test_wrong_input_is_said(name: str):
    with pytest.raises(DataError, match="empty"):
        METRICS[name]([], [])
    with pytest.raises(DataError, match="2 hypotheses do not fit 1 references"):
        METRICS[name](["a", "b"], ["a"])
    with pytest.raises(DataError, match="hypothesis 2 has no reference"):
        METRICS[name](["a", "b"], [["a"], []])


def test_wrong_options_are_said():
    with pytest.raises(ConfigError, match="13a"):
        bleu(["a"], ["a"], tokenize="moses")
    with pytest.raises(DataError, match="no token"):
        phoneme_error_rate([""], [""])


def test_by_length():
    sources = ["a", "a b c", "a b", "a b c d e f g"]
    hypotheses, references = ["x", "y", "z", "w"], ["x", "-", "z", "w"]
    groups = by_length(sources, hypotheses, references, edges=(3, 5, 7), metric=exact_match)
    assert [(group.low, group.high, group.count) for group in groups] == [(0, 3, 2), (3, 5, 1), (5, 7, 0), (7, None, 1)]
    assert [group.score and group.score.value for group in groups] == [1.0, 0.0, None, 1.0]


def test_by_length_counts_every_input_once():
    sources = ["w " * n for n in range(23)]
    groups = by_length(sources, sources, sources, edges=(2, 11, 13), metric=exact_match)
    assert sum(group.count for group in groups) == len(sources)


def test_by_length_refuses_what_does_not_fit():
    with pytest.raises(ConfigError, match="rise"):
        by_length(["a"], ["a"], ["a"], edges=(3, 3))
    with pytest.raises(ConfigError, match="rise"):
        by_length(["a"], ["a"], ["a"], edges=(0, 3))
    with pytest.raises(DataError, match="2 sources"):
        by_length(["a", "b"], ["a"], ["a"])
