"""Each selection against a loop, its gradient, and what holds of every one."""

import math

import entmax
import pytest
import selection_oracles as oracles
import torch
from attention_oracles import inner, times
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import (
    ESTIMATORS,
    SELECTIONS,
    Attention,
    Coverage,
    Dot,
    Hard,
    LocalMonotonic,
    LocalPredictive,
    Monotonic,
    Past,
    attend,
    build_selection,
    entmax15,
    masked_softmax,
    sparsemax,
)
from sightline.errors import ConfigError

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, Q = 2, 3, 7, 5
EXACT = {"rtol": 1e-10, "atol": 1e-10}
SOFT = {"softmax": (masked_softmax, oracles.softmax), "sparsemax": (sparsemax, oracles.sparsemax)}
SOFT["entmax15"] = (entmax15, oracles.entmax15)


def _rows(scores: Tensor, mask: Tensor):
    """Index, row and the allowed keys of each row of `[B, T, S]`."""
    for b in range(len(scores)):
        for t in range(scores.shape[1]):
            yield (b, t), scores[b, t].tolist(), [s for s in range(scores.shape[2]) if mask[b, t, s]]


def _case(size: float = 2.0) -> tuple[Tensor, Tensor]:
    mask = torch.rand(B, T, S) < 0.7
    mask[0, 1], mask[0, 0, 0] = False, True
    return size * torch.randn(B, T, S), mask


def _past(count: int, last: Tensor) -> Past:
    return Past(torch.full(last.shape[:-1], count), last, last)


@pytest.mark.parametrize("name", SOFT)
@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
def test_soft_selections_are_the_formula(name, size):
    select, oracle = SOFT[name]
    scores, mask = _case(size)
    found = select(scores, mask)
    for index, row, allowed in _rows(scores, mask):
        assert_close(found[index], torch.tensor(oracle(row, allowed) if allowed else [0.0] * S), **EXACT)


@pytest.mark.parametrize("select", [sparsemax, entmax15])
@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_sparse_selections_of_what_is_no_number_are_no_number(select, wrong):
    """As the softmax's: what went wrong before is to be seen behind, not to end in an index error."""
    assert select(torch.tensor([[0.0, wrong, 1.0]])).isnan().any()


@pytest.mark.parametrize("select", [sparsemax, entmax15])
def test_sparse_selections_of_16_bits_sum_to_one(select):
    scores = (0.01 * torch.randn(5, 1000)).bfloat16()
    weights = select(scores)
    assert weights.dtype == torch.bfloat16
    assert_close(weights, select(scores.float()).bfloat16())


@pytest.mark.parametrize(("ours", "theirs"), [(sparsemax, entmax.sparsemax), (entmax15, entmax.entmax15)])
def test_sparse_selections_are_those_of_the_entmax_package(ours, theirs):
    scores = (3 * torch.randn(11, 13)).requires_grad_()
    assert_close(ours(scores), theirs(scores, dim=-1), **EXACT)
    weights = torch.randn(11, 13)
    for_ours, for_theirs = (torch.autograd.grad((f(scores) * weights).sum(), scores)[0] for f in (ours, theirs))
    assert_close(for_ours, for_theirs, **EXACT)


@pytest.mark.parametrize("name", SOFT)
def test_gradients_of_soft_selections(name):
    scores, mask = _case()
    assert torch.autograd.gradcheck(lambda x: SOFT[name][0](x, mask), scores.requires_grad_())


@pytest.mark.parametrize("name", SOFT)
@pytest.mark.parametrize("size", [1e-3, 1e3, 1e30])
def test_soft_selections_of_any_size_are_finite_in_float32(name, size):
    scores, mask = _case(size)
    scores = scores.float().requires_grad_()
    weights = SOFT[name][0](scores, mask)
    assert_close(weights.sum(-1), mask.any(-1).float())
    (gradient,) = torch.autograd.grad((weights * torch.randn(S, dtype=torch.float32)).sum(), scores)
    assert torch.isfinite(gradient).all()


def test_temperature_divides_the_scores():
    scores, mask = _case()
    assert_close(masked_softmax(scores, mask, temperature=0.5), masked_softmax(2 * scores, mask))


def test_local_m_is_the_formula():
    scores, mask = _case()
    count = torch.randint(0, S + 3, (B, T))
    found = LocalMonotonic(radius=2)(scores, mask, torch.randn(B, T, Q), Past(count, scores, scores)).weights
    for index, row, allowed in _rows(scores, mask):
        assert_close(found[index], torch.tensor(oracles.local_m(row, allowed, int(count[index]), 2)), **EXACT)


def test_local_p_is_the_formula():
    scores, mask = _case()
    select, query = LocalPredictive(query_width=Q, width=3, radius=2), torch.randn(B, T, Q)
    nn.init.normal_(select.vector)
    found = select(scores, mask, query, None).weights
    for index, row, allowed in _rows(scores, mask):
        hidden = times(select.hidden.weight.tolist(), query[index].tolist())
        raised = inner(select.vector.tolist(), [math.tanh(h) for h in hidden])
        position = len(allowed) / (1 + math.exp(-raised))
        assert_close(found[index], torch.tensor(oracles.local_p(row, allowed, position, 2)), **EXACT)


def test_a_window_without_a_width_is_refused():
    with pytest.raises(ConfigError, match="a radius of 0"):
        LocalPredictive(query_width=Q, width=3, radius=0)


def test_gradient_of_local_p():
    scores, mask = _case()
    select = LocalPredictive(query_width=Q, width=3, radius=3)
    nn.init.normal_(select.vector)
    names, weights = zip(*select.named_parameters(), strict=True)

    def found(scores: Tensor, query: Tensor, *weights: Tensor) -> Tensor:
        parameters = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(select, parameters, (scores, mask, query, None)).weights

    assert torch.autograd.gradcheck(found, (scores.requires_grad_(), torch.randn(B, T, Q).requires_grad_(), *weights))


def test_monotonic_expectation_is_the_formula():
    scores, mask = _case()
    select, last = Monotonic(noise=0.0), torch.rand(B, T, S).softmax(-1)
    found = select(scores, mask, torch.randn(B, T, Q), _past(4, last)).weights
    for index, row, allowed in _rows(scores, mask):
        energies = [a + select.offset.item() for a in row]
        assert_close(found[index], torch.tensor(oracles.monotonic(energies, allowed, last[index].tolist())), **EXACT)


def test_monotonic_begins_at_the_first_key():
    scores, _ = _case()
    select, first = Monotonic(noise=0.0), [1.0] + [0.0] * (S - 1)
    found = select(scores, None, torch.randn(B, T, Q), _past(0, torch.zeros(B, T, S))).weights
    for index, row, allowed in _rows(scores, torch.ones(B, T, S)):
        energies = [a + select.offset.item() for a in row]
        assert_close(found[index], torch.tensor(oracles.monotonic(energies, allowed, first)), **EXACT)


def test_monotonic_inference_is_algorithm_1():
    scores, mask = _case()
    select, chosen = Monotonic().eval(), [0, 3, None]
    last = torch.zeros(B, T, S)
    for t, s in enumerate(chosen):
        if s is not None:
            last[:, t, s] = 1.0
    found = select(scores, mask, torch.randn(B, T, Q), _past(4, last)).weights
    for (b, t), row, allowed in _rows(scores, mask):
        key = oracles.hard_monotonic([a + select.offset.item() for a in row], allowed, chosen[t])
        assert found[b, t].tolist() == [float(s == key) for s in range(S)]


def test_gradient_of_the_monotonic_expectation():
    scores, mask = _case()
    select, last = Monotonic(noise=0.0), torch.rand(B, T, S).softmax(-1)

    def found(scores: Tensor, last: Tensor, offset: Tensor) -> Tensor:
        arguments = (scores, mask, torch.zeros(B, T, Q), _past(1, last))
        return torch.func.functional_call(select, {"offset": offset}, arguments).weights

    assert torch.autograd.gradcheck(found, (scores.requires_grad_(), last.requires_grad_(), select.offset))


def test_long_monotonic_rows_keep_their_sum_in_float32():
    scores = torch.full((1, 1, 5000), -4.0, dtype=torch.float32)
    scores[..., -1] = 1e3
    weights = Monotonic(noise=0.0)(scores, None, scores, _past(0, torch.zeros_like(scores))).weights
    assert_close(weights.sum(-1), torch.ones(1, 1, dtype=torch.float32))


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("choice", ["argmax", "sample"])
def test_hard_inference_takes_one_allowed_key(choice, estimator):
    scores, mask = _case()
    found = Hard(choice, estimator).eval()(scores, mask, torch.randn(B, T, Q), None)
    assert torch.equal(found.weights.sum(-1), mask.any(-1).double())
    assert set(found.weights.unique().tolist()) == {0.0, 1.0}
    assert not found.weights[~mask].any()
    assert_close(found.probabilities, masked_softmax(scores, mask))
    if choice == "argmax":
        assert torch.equal(found.weights.argmax(-1), masked_softmax(scores, mask).argmax(-1))


@pytest.mark.parametrize(("estimator", "training"), [("reinforce", True), ("gumbel", True), ("reinforce", False)])
def test_draws_follow_the_probabilities(estimator, training):
    scores, mask = torch.randn(1, 1, S), torch.ones(1, 1, S, dtype=torch.bool)
    mask[..., 2] = False
    many = scores.expand(1, 20000, S)
    found = Hard("sample", estimator).train(training)(many, mask, torch.randn(1, 20000, Q), None).weights
    assert_close(found.mean(1), masked_softmax(scores, mask)[:, 0], rtol=0, atol=0.02)


def test_reinforce_gives_the_scores_no_gradient_through_the_choice():
    scores, mask = _case()
    found = Hard("argmax", "reinforce")(scores.requires_grad_(), mask, torch.randn(B, T, Q), None)
    assert not found.weights.requires_grad
    assert found.probabilities.requires_grad


def test_gumbel_is_one_key_forwards_and_a_softmax_backwards():
    scores, mask = _case()
    scores.requires_grad_()
    select = Hard("argmax", "gumbel", temperature=0.5)
    torch.manual_seed(3)
    weights = select(scores, mask, torch.randn(B, T, Q), None).weights
    assert set(weights.unique().tolist()) == {0.0, 1.0}
    direction = torch.randn(B, T, S)
    (found,) = torch.autograd.grad((weights * direction).sum(), scores)
    torch.manual_seed(3)
    torch.randn(B, T, Q)
    noise = -torch.empty(B, T, S).exponential_().log()
    (expected,) = torch.autograd.grad((masked_softmax((scores + noise) / 0.5, mask) * direction).sum(), scores)
    assert_close(found, expected)


def test_marginal_trains_with_the_probabilities_themselves():
    scores, mask = _case()
    found = Hard("argmax", "marginal")(scores, mask, torch.randn(B, T, Q), None)
    assert_close(found.weights, masked_softmax(scores, mask))


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("training", [True, False])
@given(data=st.data())
def test_every_selection_keeps_to_the_mask_and_to_a_sum_of_one(name, training, data):
    batch, queries, keys = (data.draw(st.integers(1, 5)) for _ in range(3))
    torch.manual_seed(data.draw(st.integers(0, 2**32 - 1)))
    select = build_selection(name, query_width=Q, width=3, radius=2).train(training)
    attention = Attention(Dot(), select, coverage=data.draw(st.sampled_from([None, Coverage(Q)])))
    query, key = torch.randn(batch, queries, Q), torch.randn(batch, keys, Q)
    mask = torch.rand(batch, queries, keys) < data.draw(st.floats(0, 1))
    context, weights = attention(query, attention.prepare(key), key, mask)
    assert_close(context, weights @ key)
    assert (weights >= 0).all()
    assert not weights[~mask].any()
    sums = weights.sum(-1)
    if name in ("local_m", "local_p", "monotonic"):
        assert (sums <= 1 + 1e-12).all()
    else:
        assert_close(sums, mask.any(-1).double())


@pytest.mark.parametrize("name", SELECTIONS)
def test_queries_at_once_are_queries_one_by_one(name):
    select = build_selection(name, query_width=Q, width=3, radius=2).eval()
    attention = Attention(Dot(), select, coverage=Coverage(Q))
    query, key = torch.randn(B, T, Q), torch.randn(B, S, Q)
    torch.manual_seed(5)
    at_once = attention.select(query, key).weights
    torch.manual_seed(5)
    past = Past.start((B, 1), S, query)
    for t in range(T):
        weights = attention.select(query[:, t : t + 1], key, None, past).weights
        if name != "sample":
            assert_close(weights, at_once[:, t : t + 1])
        past = past.after(weights)


def test_coverage_is_the_formula():
    coverage = Coverage(Q)
    attention = Attention(Dot(), coverage=coverage)
    query, key = torch.randn(B, T, Q), torch.randn(B, S, Q)
    _, weights = attention(query, key, key)
    for b in range(B):
        covered = torch.zeros(S)
        for t in range(T):
            scores = torch.stack([query[b, t] @ (key[b, s] + covered[s] * coverage.vector) for s in range(S)])
            assert_close(weights[b, t], scores.softmax(-1), **EXACT)
            covered = covered + weights[b, t]


@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize(("queries", "keys"), [(0, S), (T, 0)])
def test_no_queries_or_no_keys(name, queries, keys):
    attention = Attention(Dot(), build_selection(name, query_width=Q, width=3))
    context, weights = attention(torch.randn(B, queries, Q), torch.randn(B, keys, Q), torch.randn(B, keys, Q))
    assert weights.shape == (B, queries, keys)
    assert torch.equal(context, torch.zeros(B, queries, Q))


def test_names_without_options_are_the_functions():
    x = torch.randn(B, T, Q)
    for name, (function, _) in SOFT.items():
        assert torch.equal(attend(x, x, x, selection=name)[1], attend(x, x, x, selection=function)[1])


def test_wrong_names_say_what_to_do():
    x = torch.randn(B, T, Q)
    with pytest.raises(ConfigError, match="'monotonic' has options or weights of its own: pass a selection object"):
        attend(x, x, x, selection="monotonic")
    with pytest.raises(ConfigError, match="unknown selection 'softest': choose one of softmax, sparsemax"):
        build_selection("softest", query_width=Q, width=3)
    with pytest.raises(ConfigError, match="unknown estimator 'luck' of hard attention: choose one of reinforce"):
        build_selection("argmax", query_width=Q, width=3, estimator="luck")
