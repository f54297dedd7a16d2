from collections.abc import Callable

import attention_oracles as oracles
import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import (
    SCORES,
    Additive,
    Attention,
    Bilinear,
    Concat,
    Cosine,
    Dot,
    Location,
    ScaledDot,
    attend,
    build_score,
    masked_softmax,
)
from sightline.errors import ConfigError, DataError

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, Q, K, W, D = 2, 3, 5, 7, 11, 13, 17


def _additive() -> tuple[nn.Module, oracles.PairScore]:
    score = Additive(query_width=Q, key_width=K, width=W)
    nn.init.normal_(score.key.bias)
    return score, oracles.additive(score)


def _bilinear() -> tuple[nn.Module, oracles.PairScore]:
    score = Bilinear(query_width=Q, key_width=K)
    return score, oracles.bilinear(score)


def _concat() -> tuple[nn.Module, oracles.PairScore]:
    score = Concat(query_width=Q, key_width=K, width=W)
    return score, oracles.concat(score)


def _cosine() -> tuple[nn.Module, oracles.PairScore]:
    score = Cosine(width=K)
    nn.init.normal_(score.sharpness.weight)
    return score, oracles.cosine(score)


def _location() -> tuple[nn.Module, oracles.PairScore]:
    score = Location(query_width=Q, longest=S + 2)
    return score, oracles.location(score)


CASES: dict[str, tuple[int, int, Callable[[], tuple[nn.Module, oracles.PairScore]]]] = {
    "additive": (Q, K, _additive),
    "concat": (Q, K, _concat),
    "cosine": (K, K, _cosine),
    "location": (Q, K, _location),
    "dot": (K, K, lambda: (Dot(), oracles.dot)),
    "scaled_dot": (K, K, lambda: (ScaledDot(), oracles.scaled_dot)),
    "bilinear": (Q, K, _bilinear),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, oracles.PairScore, Tensor, Tensor]:
    query_width, key_width, make = CASES[request.param]
    score, pair = make()
    return score, pair, torch.randn(B, T, query_width), torch.randn(B, S, key_width)


def test_a_case_for_every_score():
    assert CASES.keys() == SCORES.keys()


def test_score_is_the_formula(case):
    score, pair, query, key = case
    assert_close(score(query, score.prepare(key)), oracles.scores(pair, query, key), rtol=1e-10, atol=1e-10)


def test_attend_is_the_formula(case):
    score, pair, query, key = case
    value, mask = torch.randn(B, S, D), torch.rand(B, T, S) < 0.6
    mask[0, 1] = False
    context, weights = attend(query, key, value, mask, score)
    expected_context, expected_weights = oracles.attend(pair, query, key, value, mask)
    assert_close(weights, expected_weights, rtol=1e-10, atol=1e-10)
    assert_close(context, expected_context, rtol=1e-10, atol=1e-10)


def test_attend_by_hand():
    # The scores are 0 and ln 3, so the weights are 1/4 and 3/4.
    query, key = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 5.0], [torch.tensor(3.0).log(), -2.0]]])
    context, weights = attend(query, key, torch.tensor([[[4.0], [8.0]]]), score="dot")
    assert_close(weights, torch.tensor([[[0.25, 0.75]]]))
    assert_close(context, torch.tensor([[[7.0]]]))


def test_gradients_are_those_of_the_formula(case):
    score, _, query, key = case
    names, weights = [name for name, _ in score.named_parameters()], list(score.parameters())
    value, mask = torch.randn(B, S, 2), torch.rand(B, T, S) < 0.6
    mask[1, 2] = False

    def context_and_weights(query: Tensor, key: Tensor, value: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        prepared = torch.func.functional_call(_Prepare(score), _under_score(names, weights), (key,))
        scores = torch.func.functional_call(score, dict(zip(names, weights, strict=True)), (query, prepared))
        found = masked_softmax(scores, mask)
        return found @ value, found

    inputs = [x.requires_grad_() for x in (query, key, value)]
    assert torch.autograd.gradcheck(context_and_weights, (*inputs, *weights))


class _Prepare(nn.Module):
    """`prepare` as a forward, which `functional_call` can be asked for."""

    def __init__(self, score: nn.Module) -> None:
        super().__init__()
        self.score = score

    def forward(self, key: Tensor) -> Tensor:
        return self.score.prepare(key)


def _under_score(names: list[str], weights: tuple[Tensor, ...]) -> dict[str, Tensor]:
    return {f"score.{name}": weight for name, weight in zip(names, weights, strict=True)}


def test_module_and_function_are_one(case):
    score, _, query, key = case
    value, attention = torch.randn(B, S, D), Attention(score)
    for found, expected in zip(
        attention(query, attention.prepare(key), value), attend(query, key, value, score=score), strict=True
    ):
        assert torch.equal(found, expected)


def test_a_score_of_ones_own():
    class Nearness:
        def prepare(self, key: Tensor) -> Tensor:
            return key

        def __call__(self, query: Tensor, prepared: Tensor) -> Tensor:
            return -torch.cdist(query, prepared)

    query, key = torch.randn(B, T, K), torch.randn(B, S, K)
    _, weights = attend(query, key, key, score=Nearness())
    assert torch.equal(weights.argmax(-1), torch.cdist(query, key).argmin(-1))


def test_a_selection_of_ones_own():
    def uniform(scores: Tensor, mask: Tensor | None) -> Tensor:
        return torch.ones_like(scores) / scores.shape[-1]

    value = torch.randn(B, S, D)
    context, _ = attend(torch.randn(B, T, K), torch.randn(B, S, K), value, selection=uniform)
    assert_close(context, value.mean(1, keepdim=True).expand(B, T, D))


@pytest.mark.parametrize("lead", [(), (3,), (3, 2)])
def test_any_number_of_leading_dimensions(case, lead):
    score, _, query, key = case
    query, key = query[0].expand(*lead, T, -1), key[0].expand(*lead, S, -1)
    context, weights = attend(query, key, key, score=score)
    assert context.shape == (*lead, T, K)
    assert weights.shape == (*lead, T, S)


@pytest.mark.parametrize(("batch", "queries", "keys"), [(0, T, S), (B, 0, S), (B, T, 0)])
def test_no_inputs_or_queries_or_keys(case, batch, queries, keys):
    score, _, query, key = case
    query = torch.randn(batch, queries, query.shape[2], requires_grad=True)
    key = torch.randn(batch, keys, key.shape[2], requires_grad=True)
    context, weights = attend(query, key, key, score=score)
    assert weights.shape == (batch, queries, keys)
    assert torch.equal(context, torch.zeros(batch, queries, key.shape[2]))
    if context.requires_grad:
        context.sum().backward()
    assert query.grad is None or not query.grad.any()
    assert key.grad is None or not key.grad.any()


def test_initialisation_of_the_additive_score():
    score = Additive(query_width=97, key_width=101, width=103)
    for weight, inputs in ((score.query.weight, 97), (score.key.weight, 101)):
        _fills(weight, (6 / (inputs + 103)) ** 0.5)
    _fills(score.vector, 103**-0.5, slack=0.9)
    assert score.query.bias is None
    assert not score.key.bias.any()


def test_initialisation_of_the_bilinear_score():
    _fills(Bilinear(query_width=97, key_width=101).matrix.weight, (6 / 198) ** 0.5)


def _fills(weight: Tensor, bound: float, slack: float = 0.99) -> None:
    """Uniform within the bound: never over it, and nearly up to it."""
    assert bound * slack < weight.abs().max() <= bound
    assert abs(weight.mean()) < 4 * bound / (3 * weight.numel()) ** 0.5


def test_wrong_names_and_widths_say_what_to_do():
    x = torch.randn(B, T, K)
    with pytest.raises(
        ConfigError, match="'cosmic': choose one of additive, concat, dot, scaled_dot, bilinear, cosine, location"
    ):
        attend(x, x, x, score="cosmic")
    with pytest.raises(ConfigError, match="has weights to learn"):
        attend(x, x, x, score="additive")
    with pytest.raises(ConfigError, match="unknown selection 'hard': choose one of softmax, sparsemax"):
        attend(x, x, x, selection="hard")
    with pytest.raises(ConfigError, match="unknown score 'cosmic'"):
        build_score("cosmic", query_width=3, key_width=3, width=3)
    for name in ("dot", "scaled_dot", "cosine"):
        with pytest.raises(ConfigError, match="3 and 5: use 'bilinear' or 'additive'"):
            build_score(name, query_width=3, key_width=5, width=7)


def test_an_input_longer_than_the_location_score_says_so():
    with pytest.raises(DataError, match="5 tokens are more than the 4 positions of the location score"):
        attend(
            torch.randn(B, T, Q), torch.randn(B, S, K), torch.randn(B, S, K), score=Location(query_width=Q, longest=4)
        )


def test_a_zero_vector_has_a_cosine_and_a_finite_gradient():
    score, query = Cosine(width=K), torch.zeros(B, T, K, requires_grad=True)
    scores = score(query, score.prepare(torch.randn(B, S, K)))
    assert not scores.any()
    scores.sum().backward()
    assert torch.isfinite(query.grad).all()
    assert query.grad.abs().max() < 1e8


def test_initialisation_of_concat_cosine_and_location():
    _fills(Concat(query_width=97, key_width=101, width=103).matrix.weight, (6 / 301) ** 0.5)
    _fills(Location(query_width=97, longest=103).matrix.weight, (6 / 200) ** 0.5)
    score = Cosine(width=K)
    assert_close(score(torch.ones(1, K), torch.ones(1, K) / K**0.5), torch.tensor([[5.0]]))
