"""The recurrent decoders against their equations, written step by step for two layers."""

import pytest
import torch
from models_toys import B, S, T, inputs, randomised, recurrent
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.models import Recurrent

pytestmark = pytest.mark.usefixtures("float64")

WIDTH = 10
every_cell = pytest.mark.parametrize("cell", ["lstm", "gru"])


def _additive(model: Recurrent, query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Bahdanau's attention: context `[B, M]` and weights `[B, S]`."""
    score = model.reader.attention.score
    hidden = [torch.tanh(score.query(query) + score.key(states[:, s])) @ score.vector for s in range(S)]
    weights = torch.softmax(torch.stack(hidden, 1).masked_fill(~mask, -torch.inf), 1)
    return sum(weights[:, s : s + 1] * states[:, s] for s in range(S)), weights


def _cell(cell: nn.Module, kind: str, x: Tensor, joined: Tensor | None, fed: nn.Linear | None, state: tuple) -> tuple:
    """One step of torch's own cell, whose input is `x` and what joins it, side by side."""
    inputs = x if joined is None else torch.cat([x, joined], -1)
    matrix = cell.weight_ih_l0 if joined is None else torch.cat([cell.weight_ih_l0, fed.weight], -1)
    biases = cell.bias_ih_l0, cell.bias_hh_l0
    if kind == "lstm":
        return torch.lstm_cell(inputs, state, matrix, cell.weight_hh_l0, *biases)
    return (torch.gru_cell(inputs, state[0], matrix, cell.weight_hh_l0, *biases),)


def _start(model: Recurrent, last: Tensor, parts: int) -> list[tuple]:
    """`tanh(W h + b)` for each layer and each part of its state."""
    begun = torch.tanh(model.bridge(last)).split(WIDTH, -1)
    return [tuple(begun[:parts]), tuple(begun[parts:])]


def _run(model: Recurrent, kind: str, decoder: str, fed: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features and weights of the model, and those of the equations."""
    source, mask, target = inputs()
    found, maps = model(source, mask, target, need_weights=True)
    states, last = model.encoder(model.source_embedding(source), mask)
    (first, second), own = model.decoder.stack.cells, model.decoder.stack.fed
    layers = _start(model, last, first.carried)
    features, weights = [], []
    feature = torch.zeros(B, WIDTH)
    for t in range(T):
        y = model.target_embedding(target[:, t])
        if decoder == "bahdanau":
            context, weight = _additive(model, layers[1][0], states, mask)
            joined = context
        else:
            joined = feature if fed else None
        layers[0] = _cell(first, kind, y, joined, own, layers[0])
        layers[1] = _cell(second, kind, layers[0][0], None, None, layers[1])
        s = layers[1][0]
        if decoder == "bahdanau":
            feature = torch.tanh(model.decoder.readout(torch.cat([s, context, y], -1)))
        else:
            context, weight = _additive(model, s, states, mask)
            feature = torch.tanh(model.decoder.combine(torch.cat([context, s], -1)))
        features.append(feature)
        weights.append(weight)
    return found, maps["cross"], torch.stack(features, 1), torch.stack(weights, 1)


@every_cell
@pytest.mark.parametrize(("decoder", "fed"), [("bahdanau", True), ("luong", False), ("luong", True)])
def test_a_decoder_is_its_equations(cell, decoder, fed):
    model = randomised(recurrent(cell=cell, decoder=decoder, input_feeding=fed, decoder_layers=2, encoder_layers=2))
    features, weights, expected_features, expected_weights = _run(model, cell, decoder, fed)
    assert_close(features, expected_features)
    assert_close(weights, expected_weights)
    chosen = [weight for name, weight in model.named_parameters() if not name.startswith("output.")]
    loss = torch.randn_like(features)
    gradients = (
        torch.autograd.grad((x * loss).sum(), chosen, retain_graph=True) for x in (features, expected_features)
    )
    for gradient, other in zip(*gradients, strict=True):
        assert_close(gradient, other)
