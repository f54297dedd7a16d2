"""What a model may see: no padding, no future; and what its attention maps say of it."""

import pytest
import torch
from models_toys import MODELS, RECURRENTS, TRANSFORMERS, V_SOURCE, B, S, T, inputs, log_probs, randomised
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import SELECTIONS

pytestmark = pytest.mark.usefixtures("float64")

every_model = pytest.mark.parametrize("name", MODELS)
with_attention = pytest.mark.parametrize("name", [name for name in MODELS if "none" not in name])


def _catch(embedding: nn.Embedding) -> list[Tensor]:
    """The embeddings that the next forward looks up, as leaves whose gradient can be asked for."""
    caught: list[Tensor] = []

    def catch(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> Tensor:
        caught.append(output.detach().requires_grad_())
        return caught[-1]

    embedding.register_forward_hook(catch)
    return caught


@every_model
def test_the_future_has_no_effect(name):
    model = randomised(MODELS[name]())
    caught = _catch(model.target_embedding)
    answers = log_probs(model, *inputs())
    weights = torch.randn_like(answers)
    for t in range(T):
        (gradient,) = torch.autograd.grad((answers * weights)[:, t].sum(), caught[0], retain_graph=True)
        seen = gradient.abs().sum(-1) > 0
        assert not seen[:, t + 1 :].any()
        assert seen[:, : t + 1].all()


@every_model
def test_padding_has_no_gradient_and_every_token_has(name):
    model = randomised(MODELS[name]())
    source, mask, target = inputs()
    caught = _catch(model.source_embedding)
    answers = log_probs(model, source, mask, target)
    (gradient,) = torch.autograd.grad((answers * torch.randn_like(answers)).sum(), caught[0])
    assert torch.equal(gradient.abs().sum(-1) > 0, mask)


@every_model
@torch.no_grad()
def test_padding_has_no_effect(name):
    model, longer = randomised(MODELS[name]()), 3
    source, mask, target = inputs()
    features, maps = model(source, mask, target, need_weights=True)
    other = torch.where(mask, source, (source + 5) % V_SOURCE)
    wide = torch.cat([other, torch.randint(V_SOURCE, (B, longer))], 1)
    wide_mask = torch.cat([mask, torch.zeros(B, longer, dtype=torch.bool)], 1)
    wide_features, wide_maps = model(wide, wide_mask, target, need_weights=True)
    assert_close(wide_features, features)
    if "cross" in maps:
        assert_close(wide_maps["cross"][..., :S], maps["cross"])
        assert not wide_maps["cross"][..., S:].any()


@every_model
@torch.no_grad()
def test_features_are_the_same_with_weights_and_without(name):
    model = randomised(MODELS[name]())
    batch = inputs()
    features, maps = model(*batch)
    assert maps == {}
    assert_close(model(*batch, need_weights=True)[0], features)
    with torch.enable_grad():
        assert_close(model(*batch)[0].detach(), features)


@with_attention
def test_cross_attention_is_over_tokens_alone(name):
    source, mask, target = inputs()
    cross = randomised(MODELS[name]())(source, mask, target, need_weights=True)[1]["cross"]
    assert cross.shape == ((B, 2, 3, T, S) if name in TRANSFORMERS else (B, T, S))
    _is_over(cross, mask.view(B, *[1] * (cross.dim() - 2), S).expand_as(cross), name)


def _is_over(weights: Tensor, allowed: Tensor, name: str) -> None:
    """Weights are nowhere else; softmax weighs every key that it may, and only windows leave some weight out."""
    assert not weights[~allowed].any()
    if "local" in name or "monotonic" in name:
        assert (weights.sum(-1) < 1 + 1e-12).all()
    else:
        assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
    if not any(selection in name for selection in SELECTIONS.keys() - {"softmax"}):
        assert torch.equal(weights > 0, allowed)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_self_attention_is_over_tokens_and_the_past_alone(name):
    source, mask, target = inputs()
    maps = randomised(TRANSFORMERS[name]())(source, mask, target, need_weights=True)[1]
    assert maps.keys() == {"cross", "encoder", "decoder"}
    for kind, allowed in (("encoder", mask[:, None, None, None, :]), ("decoder", torch.ones(T, T).tril().bool())):
        _is_over(maps[kind], allowed.expand_as(maps[kind]), name)
    assert maps["encoder"].shape == (B, 2, 3, S, S)


@pytest.mark.parametrize("name", [name for name in RECURRENTS if "none" in name])
def test_without_attention_every_step_sees_one_vector(name):
    model = randomised(MODELS[name]())
    source, mask, target = inputs()
    contexts: list[Tensor] = []
    memory = model.encode(source, mask)
    read = model.reader.loop(memory, T, B)
    for _ in range(T):
        seen, past = read(torch.randn(B, 10), None)
        contexts.append(seen.context)
        assert seen.weights is seen.probabilities is past is None
    (at_once, *nothing), past = model.reader(torch.randn(B, T, 10), memory, None)
    assert nothing == [past, past] == [None, None]
    for t in range(T):
        assert torch.equal(contexts[t], memory.last)
        assert torch.equal(at_once[:, t], memory.last)
    assert model(source, mask, target, need_weights=True)[1] == {}
