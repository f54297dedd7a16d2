"""What many maps have in common, where it is known."""

import math

import numpy as np
import pytest

from sightline.explain import survey
from sightline.results import AttentionMap, Piece, Prediction, Verdict

PIECES = [*(Piece(letter, i, i + 1, i) for i, letter in enumerate("abcdefg")), Piece("<eos>")]


def prediction(weights: np.ndarray, kind: str | None = None) -> Prediction:
    verdict = None if kind is None else Verdict(kind, 0.5, 0.5, {}, {}, math.nan)
    attention = {"cross": AttentionMap(weights.astype(np.float32), PIECES[-weights.shape[-2] :], PIECES)}
    return Prediction("x", 0.0, PIECES, "x", PIECES, attention, verdict)


def test_heads_of_a_kind_are_told_apart():
    diagonal, uniform, sink, same = np.eye(8), np.full((8, 8), 1 / 8), np.zeros((8, 8)), np.zeros((8, 8))
    sink[:, -1], same[:, 2:4] = 1, 0.5
    found = survey([prediction(np.stack([[diagonal, uniform], [sink, same]]))] * 3)
    assert found.predictions == 3
    one, two, three, four = found.heads
    assert [(head.layer, head.head) for head in found.heads] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (one.entropy, one.diagonal, one.remark) == (0, 1, "")
    assert one.symbols == pytest.approx(1 / 8)
    assert one.moves == pytest.approx(7 / 8)
    assert (two.entropy, two.remark) == (pytest.approx(1), "looks at everything alike")
    assert (three.symbols, three.moves, three.remark) == (1, 0, "a sink: looks at symbols alone")
    assert (four.moves, four.remark) == (0, "looks at the same whatever is asked")
    assert four.entropy == pytest.approx(math.log(2) / math.log(8))
    assert str(found).splitlines()[3].startswith("cross 2.1             0%      100%")


def test_queries_count_alike_and_those_that_see_nothing_do_not():
    several, one = np.zeros((4, 8)), np.zeros((1, 8))
    several[:2, 0], one[0, 7] = 1, 1
    (head,) = survey([prediction(several), prediction(one)]).heads
    assert head.symbols == pytest.approx(1 / 3)
    assert (head.layer, head.head) == (None, None)


def test_verdicts_are_counted():
    kinds = ["supported", "supported", "not supported", None]
    found = survey(prediction(np.eye(8), kind) for kind in kinds)
    assert found.verdicts == {"supported": 2, "weak": 0, "not supported": 1}
    assert str(found).endswith("verdicts on 3 maps: supported 67%, weak 0%, not supported 33%")
    assert survey([prediction(np.eye(8))]).verdicts == {}
    assert survey([]).predictions == 0
