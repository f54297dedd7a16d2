"""A model step by step, with any number of beams in any order, is the model at once."""

import pytest
import torch
from models_toys import MODELS, V_TARGET, B, T, inputs, log_probs, randomised
from torch.testing import assert_close

from sightline.decoding import expand, select

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest):
    return randomised(MODELS[request.param]())


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no grad"])
def test_steps_are_the_whole(model, grad):
    source, mask, target = inputs()
    whole = log_probs(model, source, mask, target)
    with torch.set_grad_enabled(grad):
        memory = model.encode(source, mask)
        state = model.start(memory)
        for t in range(T):
            found, state = model.step(target[:, t], memory, state)
            assert_close(found, whole[:, t])


@torch.no_grad()
def test_beams_are_hypotheses_of_their_own(model):
    """Beams that part, change places and take over each other's states, against each one's tokens and input alone."""
    beams = 3
    source, mask, _ = inputs()
    memory = model.encode(source, mask)
    state = expand(model.start(memory), beams)
    tokens = torch.full((B * beams, 1), 2)
    for _ in range(T - 1):
        _, state = model.step(tokens[:, -1], memory, state)
        parents = (torch.randint(beams, (B, beams)) + beams * torch.arange(B).unsqueeze(1)).flatten()
        state = select(state, parents)
        tokens = torch.cat([tokens[parents], torch.randint(4, V_TARGET, (B * beams, 1))], 1)
    found, _ = model.step(tokens[:, -1], memory, state)
    for b, length in enumerate(mask.sum(-1)):
        rows = slice(b * beams, (b + 1) * beams)
        alone, real = (x[b : b + 1, :length].expand(beams, -1) for x in (source, mask))
        assert_close(found[rows], log_probs(model, alone, real, tokens[rows])[:, -1])


@torch.no_grad()
def test_a_batch_is_its_inputs_one_by_one(model):
    source, mask, target = inputs()
    together = log_probs(model, source, mask, target)
    for b in range(B):
        length = mask[b].sum()
        alone = log_probs(model, source[b : b + 1, :length], mask[b : b + 1, :length], target[b : b + 1])
        assert_close(alone[0], together[b])


@torch.no_grad()
def test_the_order_of_the_batch_is_the_order_of_the_answers(model):
    source, mask, target = inputs()
    order = torch.tensor([2, 0, 1])
    assert_close(
        log_probs(model, source[order], mask[order], target[order]), log_probs(model, source, mask, target)[order]
    )
