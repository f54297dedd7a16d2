"""What an answer rests on, against loops, and the rule that is made of it."""

import itertools
import math

import pytest
import torch

from sightline.explain.faithfulness import SHARES, agreement, chance_of, erasure, faithfulness
from sightline.explain.verdict import judged, verdict


def product(keep: torch.Tensor) -> torch.Tensor:
    """Scores of two parts, in which pieces stand in for each other: not a sum."""
    weights = torch.stack([torch.linspace(*ends, keep.shape[1], dtype=torch.float64) for ends in ((-1, 2), (3, 0))], 1)
    return torch.tanh(keep.double() @ weights) + 0.3 * (keep[:, :1] & keep[:, -1:])


def test_erasure_leaves_out_one_piece_at_a_time():
    whole = torch.ones(1, 7, dtype=torch.bool)
    expected = []
    for s in range(7):
        without = whole.clone()
        without[0, s] = False
        expected.append((product(whole) - product(without))[0])
    torch.testing.assert_close(erasure(product, 7), torch.stack(expected, 1))


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("pieces", [1, 3, 11, 130])
def test_faithfulness_by_loops(pieces, own):
    """Each part of the answer by its own ranking, or both by one."""
    importance = torch.rand(3, 2 if own else 1, pieces, dtype=torch.float64)
    found = faithfulness(product, importance, torch.Generator())
    whole = product(torch.ones(1, pieces, dtype=torch.bool))[0]
    for r in range(3):
        falls = {"comprehensiveness": [], "sufficiency": []}
        for t in range(2):
            order = sorted(range(pieces), key=lambda s: -importance[r, t if own else 0, s].item())
            for share in SHARES:
                first = set(order[: max(1, math.ceil(share * pieces))])
                for name, kept in (("comprehensiveness", set(order) - first), ("sufficiency", first)):
                    keep = torch.tensor([[s in kept for s in range(pieces)]])
                    falls[name].append((whole - product(keep)[0])[t].item())
        for name, values in falls.items():
            assert getattr(found, name)[r].item() == pytest.approx(sum(values) / len(values))


def test_equals_are_taken_in_any_order():
    """Weights that say nothing are no better than a random order, whatever stands first."""
    only = torch.zeros(100)
    only[0] = 1.0
    found = faithfulness(
        lambda keep: keep.float() @ only[:, None], torch.ones(400, 1, 100), torch.Generator().manual_seed(1)
    )
    assert found.comprehensiveness.mean().item() == pytest.approx(sum(SHARES) / len(SHARES), abs=0.05)


def test_agreement_is_kendalls():
    one, other = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 3.0, 2.0, 4.0])
    assert agreement(one, other) == pytest.approx((5 - 1) / 6)
    assert agreement(one, -one) == pytest.approx(-1)
    assert math.isnan(agreement(one, torch.ones(4)))
    assert math.isnan(agreement(one[:1], other[:1]))


def test_chance_counts_the_orders_that_do_as_well():
    """One weight and one effect: one order in S puts them together."""
    one = torch.zeros(1, 20)
    one[0, 3] = 1.0
    assert chance_of(one, one, torch.Generator().manual_seed(1)) == pytest.approx(1 / 20, abs=0.02)
    assert chance_of(one.flip(1), one, torch.Generator()) == 1.0
    several = one.expand(3, -1)
    assert chance_of(several, several, torch.Generator().manual_seed(1)) < 0.003


def single(pieces: int, place: int):
    return lambda keep: keep[:, place : place + 1].float()


def test_verdicts_on_an_answer_that_rests_on_one_piece():
    attention = torch.full((60,), 0.2 / 59)
    attention[17] = 0.8
    attention = attention[None]
    found = verdict(single(60, 17), attention, {"gradient": attention})
    assert found.kind == "supported"
    assert found.gain == 1
    assert set(found.comprehensiveness) == {"attention", "erasure", "gradient", "random"}
    assert found.comprehensiveness["attention"] == 1
    assert found.sufficiency["attention"] == 0
    assert "attention supported: without the first pieces the score falls +1.00 by attention" in str(found)
    assert verdict(single(60, 18), attention).kind == "not supported"
    assert verdict(single(60, 17), torch.full((1, 60), 1 / 60)).kind == "not supported"


def test_orders_at_random_are_hardly_ever_supported():
    supported = 0
    for seed in range(100):
        chance = torch.Generator().manual_seed(seed)
        weights = (3 * torch.randn(50, generator=chance)).softmax(0)
        effects = torch.randn(50, generator=chance).exp()
        supported += (
            verdict(lambda keep, e=effects: keep.float() @ e[:, None], weights[None], seed=seed).kind != "not supported"
        )
    assert supported <= 8


def test_what_follows_the_effects_is_supported():
    for seed in range(20):
        chance = torch.Generator().manual_seed(seed)
        effects = (2 * torch.randn(50, generator=chance)).exp()
        weights = effects * (0.3 * torch.randn(50, generator=chance)).exp()
        found = verdict(lambda keep, e=effects: keep.float() @ e[:, None], (weights / weights.sum())[None], seed=seed)
        assert found.kind == "supported"


def test_one_piece_tells_nothing():
    assert verdict(single(1, 0), torch.ones(1, 1)).kind == "not supported"


def test_parts_of_an_answer_are_judged_together():
    """A reversal: each part rests on one piece, and all attend a little beside it."""
    reversal = torch.eye(9).flip(1)
    attention = 0.6 * reversal + 0.4 / 9
    found = verdict(lambda keep: keep.float() @ reversal, attention)
    assert (found.kind, found.comprehensiveness["attention"], found.gain) == ("supported", 1, 1)
    assert found.agreement == pytest.approx(1)
    assert verdict(lambda keep: keep.float() @ reversal, attention.flip(1)).kind == "not supported"
    assert verdict(lambda keep: keep.float() @ reversal, torch.full((9, 9), 1 / 9)).kind == "not supported"


def test_neighbours_of_many_pieces_are_taken_away_together():
    seen: list[int] = []
    decisive = torch.zeros(1001, 1)
    decisive[500] = 1

    def ask(keep: torch.Tensor) -> torch.Tensor:
        seen.extend((~keep).sum(1).unique().tolist())
        return keep.float() @ decisive

    assert verdict(ask, decisive.T).kind == "supported"
    assert 1 not in seen
    assert 3 in seen


@pytest.mark.parametrize("parts", [0, 1, 5, 24, 25, 96, 720])
def test_the_parts_that_are_judged_lie_at_even_distances(parts):
    found = judged(parts)
    assert len(found) == min(parts, 24)
    assert sorted(set(found)) == found
    assert all(0 <= part < parts for part in found)
    gaps = {after - before for before, after in itertools.pairwise(found)}
    assert not gaps or max(gaps) - min(gaps) <= 1
