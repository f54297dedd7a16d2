"""Models learn: every weight takes part, one step lowers the loss, and a toy task is learned by attention."""

import pytest
import torch
from models_toys import MODELS, inputs
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.models import Recurrent, Seq2Seq, Transformer

BOS, EOS, SYMBOLS, LONGEST = 2, 3, 11, 7


def _loss(model: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    source, mask, target = batch
    features, _ = model(source, mask, target[:, :-1])
    return F.cross_entropy(model.output(features).flatten(0, 1), target[:, 1:].flatten(), ignore_index=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_step_lowers_the_loss(name):
    model, batch = MODELS[name](), inputs()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    torch.manual_seed(3)
    before = _loss(model, batch)
    before.backward()
    for parameter, weight in model.named_parameters():
        if "location" in name and ".key." in parameter:
            continue  # the one score that does not look at keys
        assert weight.grad is not None, f"{parameter} takes no part"
        assert torch.isfinite(weight.grad).all()
    optimizer.step()
    torch.manual_seed(3)  # the same noise, where the attention takes any
    assert _loss(model, batch) < before


def _copies(rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Random sequences of random lengths, to be copied."""
    lengths = torch.randint(3, LONGEST + 1, (rows, 1))
    place = torch.arange(LONGEST + 1)
    source = torch.randint(4, 4 + SYMBOLS, (rows, LONGEST + 1))
    source = source.masked_fill(place == lengths, EOS).masked_fill(place > lengths, 0)
    return source, source != 0, F.pad(source, (1, 0), value=BOS)


def _greedy(model: Seq2Seq, source: Tensor, mask: Tensor) -> Tensor:
    memory = model.encode(source, mask)
    state, tokens, found = model.start(memory), torch.full((len(source),), BOS), []
    for _ in range(source.shape[1]):
        scores, state = model.step(tokens, memory, state)
        tokens = scores.argmax(-1)
        found.append(tokens)
    return torch.stack(found, 1)


def _learn(model: nn.Module, *, steps: int, rate: float) -> float:
    """Of new sequences, the part that is copied without a fault."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        _loss(model, _copies(32)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    source, mask, _ = _copies(512)
    with torch.no_grad():
        found = _greedy(model.eval(), source, mask)
    return ((found == source) | ~mask).all(1).double().mean().item()


def _recurrent(attention: str) -> Recurrent:
    return Recurrent(
        4 + SYMBOLS, 4 + SYMBOLS, cell="gru", attention=attention, decoder="luong", embedding_width=16, width=32
    )


def _transformer(norm: str) -> Transformer:
    sizes = {"width": 32, "heads": 2, "hidden": 64, "encoder_layers": 1, "decoder_layers": 1, "dropout": 0.0}
    return Transformer(4 + SYMBOLS, 4 + SYMBOLS, norm=norm, **sizes)


def test_additive_attention_learns_to_copy_and_where_to_look():
    """Without attention the same network copies half of them after as many steps."""
    model = _recurrent("additive")
    assert _learn(model, steps=200, rate=1e-2) > 0.95
    source, mask, target = _copies(64)
    cross = model(source, mask, target[:, :-1], need_weights=True)[1]["cross"]
    looked = cross.argmax(-1) == torch.arange(cross.shape[1])
    assert looked[mask].double().mean() > 0.8


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_transformer_learns_to_copy(norm):
    """Without positions the same network copies one in twenty after as many steps."""
    assert _learn(_transformer(norm), steps=200, rate=5e-3) > 0.95
