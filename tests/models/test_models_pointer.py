"""A model that copies: its steps against the mixture, and tokens past the end of its vocabulary."""

import pytest
import torch
from models_toys import DECODERS, V_TARGET, B, S, T, randomised, recurrent
from torch import Tensor
from torch.testing import assert_close

from sightline.decoding import expand
from sightline.errors import ConfigError
from sightline.models import Recurrent
from sightline.training import pointer_loss

pytestmark = pytest.mark.usefixtures("float64")

UNK = 1


def _model(**options) -> Recurrent:
    sizes = {"cell": "gru", "attention": "additive", "embedding_width": 5, "width": 10, "pointer": True}
    return randomised(Recurrent(V_TARGET, V_TARGET, **(sizes | options)))


def _inputs() -> tuple[Tensor, Tensor, Tensor]:
    """Sources with up to two tokens that the vocabulary lacks, and targets that copy one."""
    source = torch.randint(4, V_TARGET, (B, S))
    source[0, 1], source[1, 2], source[1, 5] = V_TARGET, V_TARGET, V_TARGET + 1
    target = torch.randint(4, V_TARGET, (B, T))
    target[:, 0], target[1, 2] = 2, V_TARGET + 1
    return source, torch.arange(S) < torch.tensor([3, S, 5]).unsqueeze(1), target


@pytest.mark.parametrize("decoder", DECODERS)
@torch.no_grad()
def test_steps_are_the_mixture(decoder):
    model, (source, mask, target) = _model(**DECODERS[decoder]), _inputs()
    memory = model.encode(source, mask)
    decoded = model.decode(memory, target)
    generate, vocabulary = model.generating(decoded, target).sigmoid(), model.output(decoded.features).softmax(-1)
    state = model.start(memory)
    for t in range(T):
        found, state = model.step(target[:, t], memory, state)
        assert found.shape == (B, V_TARGET + 2)
        for b in range(B):
            for y in range(V_TARGET + 2):
                copied = sum(decoded.seen.weights[b, t, s] for s in range(S) if source[b, s] == y)
                generated = vocabulary[b, t, y] if y < V_TARGET else 0.0
                expected = generate[b, t] * generated + (1 - generate[b, t]) * copied
                assert found[b, y].exp().item() == pytest.approx(float(expected), abs=1e-12)
        assert_close(found.exp().sum(-1), torch.ones(B))


def test_the_loss_is_that_of_the_steps():
    model, (source, mask, target) = _model(decoder="luong"), _inputs()
    answers = target.roll(-1, 1).masked_fill(torch.arange(T) == T - 1, 0)
    answers[2] = answers[2].clamp_max(V_TARGET - 1)
    memory = model.encode(source, mask)
    decoded = model.decode(memory, target)
    output = model.output
    odds, weights = model.generating(decoded, target), decoded.seen.weights
    loss = pointer_loss(decoded.features, output.weight, output.bias, odds, weights, source, answers)
    total, state = torch.zeros(()), model.start(memory)
    for t in range(T):
        found, state = model.step(target[:, t], memory, state)
        gained = found.gather(1, answers[:, t : t + 1])[:, 0]
        total = total - gained.masked_fill(answers[:, t] == 0, 0.0).sum()
    assert_close(loss.total, total)


def test_what_the_vocabulary_lacks_is_read_as_unknown():
    model, (source, mask, target) = _model(decoder="luong"), _inputs()
    plain, asked = source.clamp_max(V_TARGET), target.clamp_max(V_TARGET)
    plain[plain == V_TARGET], asked[asked == V_TARGET] = UNK, UNK
    assert torch.equal(model(source, mask, target)[0], model(plain, mask, asked)[0])


@torch.no_grad()
def test_beams_copy_from_their_own_input():
    model, (source, mask, target) = _model(decoder="luong"), _inputs()
    memory = model.encode(source, mask)
    alone, _ = model.step(target[:, 0], memory, model.start(memory))
    together, _ = model.step(target[:, 0].repeat_interleave(3), memory, expand(model.start(memory), 3))
    assert_close(together, alone.repeat_interleave(3, 0))


def test_what_does_not_go_together_says_so():
    with pytest.raises(ConfigError, match="without attention there is no place for a pointer"):
        recurrent(pointer=True, attention="none")
    with pytest.raises(ConfigError, match="the selection 'argmax' does not take"):
        recurrent(pointer=True, selection="argmax")
    with pytest.raises(ConfigError, match="set decoder to 'luong', input_feeding and coverage to false"):
        recurrent(selection="argmax", estimator="marginal", input_feeding=True)
    with pytest.raises(ConfigError, match="location score does not look at the keys"):
        recurrent(attention="location", coverage=True)
