from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import (
    SCORES,
    KeyValue,
    Monotonic,
    MultiHeadAttention,
    attend,
    build_score,
    build_selection,
    causal_mask,
    combine_masks,
    padding_mask,
    sparsemax,
)
from sightline.errors import ConfigError

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, H, K, M = 2, 7, 11, 3, 5, 13
D = H * K


def _randomised(attention: MultiHeadAttention) -> MultiHeadAttention:
    """With biases that are not zero, so that one forgotten shows."""
    for part in (attention.query, attention.key, attention.value, attention.output):
        nn.init.normal_(part.bias)
    return attention


@pytest.fixture
def attention() -> MultiHeadAttention:
    return _randomised(MultiHeadAttention(D, H))


def _peer(attention: MultiHeadAttention, memory_width: int) -> nn.MultiheadAttention:
    """torch's own with the same weights."""
    peer = nn.MultiheadAttention(D, H, batch_first=True, kdim=memory_width, vdim=memory_width)
    parts = (attention.query, attention.key, attention.value)
    with torch.no_grad():
        peer.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        peer.out_proj.weight.copy_(attention.output.weight)
        peer.out_proj.bias.copy_(attention.output.bias)
        if memory_width == D:
            peer.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        else:
            for theirs, ours in zip((peer.q_proj_weight, peer.k_proj_weight, peer.v_proj_weight), parts, strict=True):
                theirs.copy_(ours.weight)
    return peer


MASKS = {
    "none": None,
    "padding": padding_mask(torch.tensor([S, 3]), S)[:, None, None, :],
    "causal": causal_mask(T, S),
    "both": combine_masks(padding_mask(torch.tensor([S, 7]), S)[:, None, None, :], causal_mask(T, S)),
    "empty": padding_mask(torch.tensor([0, 3]), S)[:, None, None, :],
    "some empty": torch.ones(B, H, T, S, dtype=torch.bool).index_fill(2, torch.tensor([2, 5]), False),
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


@pytest.mark.parametrize("kind", ["none", "padding", "causal", "both"])
@pytest.mark.parametrize("memory_width", [D, M])
def test_same_as_torch(memory_width, kind):
    attention = _randomised(MultiHeadAttention(D, H, memory_width=memory_width))
    query, memory = torch.randn(B, T, D), torch.randn(B, S, memory_width)
    padding = padding_mask(torch.tensor([S, 7]), S) if kind in ("padding", "both") else None
    causal = causal_mask(T, S) if kind in ("causal", "both") else None
    mask = combine_masks(None if padding is None else padding[:, None, None, :], causal)
    output, weights = attention(attention.split(query), attention.project(memory), mask, need_weights=True)
    expected_output, expected_weights = _peer(attention, memory_width)(
        query,
        memory,
        memory,
        key_padding_mask=None if padding is None else ~padding,
        attn_mask=None if causal is None else ~causal,
        average_attn_weights=False,
    )
    assert_close(output, expected_output)
    assert_close(weights, expected_weights)


def test_each_head_attends_for_itself(attention):
    query, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    heads: list[Tensor] = []
    for h in range(H):
        rows = slice(h * K, (h + 1) * K)
        asked, key, value = (
            x @ part.weight[rows].T + part.bias[rows]
            for x, part in ((query, attention.query), (memory, attention.key), (memory, attention.value))
        )
        heads.append(attend(asked, key, value)[0])
    output, _ = attention(attention.split(query), attention.project(memory))
    assert_close(output, torch.cat(heads, -1) @ attention.output.weight.T + attention.output.bias)


def test_names_and_functions_inside_a_head():
    x = torch.randn(B, T, D)
    for options in ({"selection": sparsemax}, {"selection": "sparsemax"}, {"score": "dot", "selection": "softmax"}):
        attention = _randomised(MultiHeadAttention(D, H, **options))
        output, weights = attention(attention.split(x), attention.project(x), need_weights=True)
        assert output.shape == (B, T, D)
        assert_close(weights.sum(-1), torch.ones(B, H, T))


@torch.no_grad()
def test_a_mask_of_keys_alone_is_one_on_every_path(attention):
    asked, memory = attention.split(torch.randn(B, T, D)), attention.project(torch.randn(B, S, D))
    mask = torch.arange(S) < 4
    explicit, fused = (attention(asked, memory, mask, need_weights=need)[0] for need in (True, False))
    assert_close(fused, explicit)


@every_mask
def test_every_path_gives_the_same(attention, mask):
    asked, memory = attention.split(torch.randn(B, T, D)), attention.project(torch.randn(B, S, D))
    explicit, weights = attention(asked, memory, mask, need_weights=True)
    with torch.no_grad():
        fused, nothing = attention(asked, memory, mask)
        explicit_without_grad, weights_without_grad = attention(asked, memory, mask, need_weights=True)
    assert nothing is None
    assert_close(fused, explicit)
    assert_close(explicit_without_grad, explicit)
    assert_close(weights_without_grad, weights)
    assert torch.equal(attention(asked, memory, mask)[0], explicit)


@every_mask
def test_rows_sum_to_one_or_to_nothing(attention, mask):
    asked, memory = attention.split(torch.randn(B, T, D)), attention.project(torch.randn(B, S, D))
    _, weights = attention(asked, memory, mask, need_weights=True)
    allowed = torch.ones(B, H, T, S, dtype=torch.bool) if mask is None else mask.expand(B, H, T, S)
    assert_close(weights.sum(-1), allowed.any(-1).double())
    assert not weights[~allowed].any()


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("grad", [True, False])
def test_attending_to_nothing_gives_the_bias(attention, need_weights, grad):
    query, memory = torch.randn(B, T, D, requires_grad=True), torch.randn(B, S, D, requires_grad=True)
    with torch.set_grad_enabled(grad):
        output, _ = attention(
            attention.split(query), attention.project(memory), MASKS["empty"], need_weights=need_weights
        )
    assert_close(output[0], attention.output.bias.expand(T, D))
    if grad:
        output.square().sum().backward()
        for x in (query, memory):
            assert not x.grad[0].any()
            assert x.grad[1].any()
        assert all(torch.isfinite(weight.grad).all() for weight in attention.parameters())


@pytest.mark.parametrize("kind", ["none", "padding", "some empty"])
def test_gradients_are_those_of_the_formula(kind):
    attention = _randomised(MultiHeadAttention(6, H, memory_width=5))

    def whole(query: Tensor, memory: Tensor) -> tuple[Tensor, Tensor | None]:
        return attention(attention.split(query), attention.project(memory), MASKS[kind], need_weights=True)

    inputs = torch.randn(B, T, 6, requires_grad=True), torch.randn(B, S, 5, requires_grad=True)
    assert torch.autograd.gradcheck(whole, inputs)


@pytest.mark.parametrize("grad", [True, False])
def test_a_cache_grown_step_by_step_is_the_whole(attention, grad):
    x = torch.randn(B, T, D)
    whole, weights = attention(attention.split(x), attention.project(x), causal_mask(T), need_weights=True)
    cache = attention.project(x[:, :0])
    with torch.set_grad_enabled(grad):
        for t in range(T):
            one = x[:, t : t + 1]
            cache = cache.append(attention.project(one))
            output, _ = attention(attention.split(one), cache)
            assert_close(output, whole[:, t : t + 1])
            _, seen = attention(attention.split(one), cache, need_weights=True)
            assert_close(seen[:, :, 0], weights[:, :, t, : t + 1])


def test_a_cache_may_grow_by_several(attention):
    x = torch.randn(B, T, D)
    whole, _ = attention(attention.split(x), attention.project(x), causal_mask(T))
    cache = attention.project(x[:, :3]).append(attention.project(x[:, 3:]))
    rest, _ = attention(attention.split(x[:, 3:]), cache, causal_mask(T - 3, T))
    assert_close(rest, whole[:, 3:])


@pytest.mark.parametrize("grad", [True, False])
def test_beams_may_read_one_row(attention, grad):
    beams = 3
    x, memory = torch.randn(B * beams, D), attention.project(torch.randn(B, S, D))
    mask = MASKS["padding"]
    copied = KeyValue(*(part.repeat_interleave(beams, 0) for part in memory))
    with torch.set_grad_enabled(grad):
        together, _ = attention(attention.split(x.view(B, beams, D)), memory, mask)
        apart, _ = attention(attention.split(x.unsqueeze(1)), copied, mask.repeat_interleave(beams, 0))
    assert_close(together.view(B * beams, D), apart[:, 0])


def test_dropout_is_of_the_weights_and_of_training_alone():
    attention = MultiHeadAttention(D, H, dropout=0.5)
    asked, memory = attention.split(torch.randn(B, T, D)), attention.project(torch.randn(B, S, D))
    dropped, weights = attention(asked, memory, need_weights=True)
    attention.eval()
    whole, expected = attention(asked, memory, need_weights=True)
    assert torch.equal(weights, expected)
    assert not torch.allclose(dropped, whole)
    assert torch.equal(attention(asked, memory)[0], whole)


def test_initialisation():
    attention = MultiHeadAttention(96, 3)
    for part in (attention.query, attention.key, attention.value):
        bound = (6 / (96 + 3 * 96)) ** 0.5
        assert 0.99 * bound < part.weight.abs().max() <= bound
        assert not part.bias.any()
    bound = (6 / (2 * 96)) ** 0.5
    assert 0.99 * bound < attention.output.weight.abs().max() <= bound
    assert not attention.output.bias.any()


def test_what_does_not_fit_says_so():
    with pytest.raises(ConfigError, match="width of 7 cannot be split into 3 heads: choose a multiple of 3"):
        MultiHeadAttention(7, 3)
    with pytest.raises(ConfigError, match="3 heads cannot share 2 key heads: choose a divisor of 3"):
        MultiHeadAttention(D, H, key_heads=2)
    with pytest.raises(ConfigError, match="cannot look back, as the selection Monotonic does"):
        MultiHeadAttention(D, H, selection=Monotonic())


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("key_heads", [1, 2])
def test_shared_key_heads_are_copies_of_one(key_heads, grad):
    heads, width = 4, 4 * K
    grouped = _randomised(MultiHeadAttention(width, heads, key_heads=key_heads))
    whole = MultiHeadAttention(width, heads)
    with torch.no_grad():
        whole.load_state_dict(grouped.state_dict() | _copied(grouped, heads // key_heads))
    x, memory = torch.randn(B, T, width), torch.randn(B, S, width)
    with torch.set_grad_enabled(grad):
        shared = grouped.project(memory)
        found, _ = grouped(grouped.split(x), shared, MASKS["padding"])
        expected, _ = whole(whole.split(x), whole.project(memory), MASKS["padding"])
    assert shared.key.shape == shared.value.shape == (B, key_heads, S, K)
    assert_close(found, expected)


def _copied(attention: MultiHeadAttention, copies: int) -> dict[str, Tensor]:
    """Keys' and values' weights, those of each head as often as it is shared."""
    return {
        name: weight.unflatten(0, (-1, K)).repeat_interleave(copies, 0).flatten(0, 1)
        for name, weight in attention.state_dict().items()
        if name.startswith(("key", "value"))
    }


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("selection", ["softmax", "sparsemax", "entmax15", "local_p", "argmax"])
def test_any_score_and_selection_inside_a_head(name, selection):
    score = build_score(name, query_width=K, key_width=K, width=7)
    select = build_selection(selection, query_width=K, width=7, radius=3)
    attention = _randomised(MultiHeadAttention(D, H, score=score, selection=select)).eval()
    query, memory, mask = torch.randn(B, T, D), torch.randn(B, S, D), MASKS["both"]
    output, weights = attention(attention.split(query), attention.project(memory), mask, need_weights=True)
    heads: list[Tensor] = []
    for h in range(H):
        rows = slice(h * K, (h + 1) * K)
        asked, key, value = (
            x @ part.weight[rows].T + part.bias[rows]
            for x, part in ((query, attention.query), (memory, attention.key), (memory, attention.value))
        )
        context, seen = attend(asked, key, value, mask[:, 0], score, select)
        assert_close(weights[:, h], seen)
        heads.append(context)
    assert_close(output, torch.cat(heads, -1) @ attention.output.weight.T + attention.output.bias)
    assert torch.equal(attention(attention.split(query), attention.project(memory), mask)[0], output)


def test_bias_joins_the_scores_and_offsets_the_values(attention):
    query, memory = torch.randn(B, T, D), attention.project(torch.randn(B, S, D))
    bias, offsets, asked = torch.randn(H, T, S), torch.randn(T, S, K), attention.split(query)
    output, weights = attention(asked, memory, MASKS["causal"], bias=bias, offsets=offsets, need_weights=True)
    for b, h, t in product(range(B), range(H), range(T)):
        scores = [asked[b, h, t] @ memory.key[b, h, s] / K**0.5 + bias[h, t, s] for s in range(S - T + t + 1)]
        assert_close(weights[b, h, t, : len(scores)], torch.stack(scores).softmax(0))
    context = torch.einsum("bhts,btshk->bthk", weights, memory.value.transpose(1, 2).unsqueeze(1) + offsets[:, :, None])
    assert_close(output, context.flatten(2) @ attention.output.weight.T + attention.output.bias)
