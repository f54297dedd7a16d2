"""Gated recurrent units by loops in C, held to torch's own layer in float64."""

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.layers import GRUCell, gru

INPUT, D = 5, 32
SHAPES = {"one row": (1, 7), "whole blocks": (16, 3), "some left over": (15, 4), "one step": (9, 1)}


@pytest.fixture(autouse=True)
def _compiled() -> None:
    if not gru.available(torch.zeros(1), 16):
        pytest.skip("this system has no C compiler")


def exact(cell: GRUCell) -> GRUCell:
    """With the same weights in float64, for which torch's layer computes."""
    other = GRUCell(cell.input_size, cell.hidden_size).double()
    other.load_state_dict(cell.state_dict())
    return other


def states_and_gradients(layer: GRUCell, x: Tensor, first: Tensor, weights: Tensor) -> list[Tensor]:
    """The states, the last one, and the gradients of all that has one."""
    kind = layer.weight_ih_l0.dtype
    x, first = (given.to(kind).requires_grad_() for given in (x, first))
    states, (last,) = layer.over(x, (first,))
    total = (states * weights.to(kind)).sum() + last.sum()
    return [states.detach(), last.detach(), *torch.autograd.grad(total, [x, first, *layer.parameters()])]


@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_states_and_gradients_are_those_of_torch(shape, size):
    rows, steps = SHAPES[shape]
    cell = GRUCell(INPUT, D).float()
    nn.init.normal_(cell.bias_hh_l0)
    x, first, weights = size * torch.randn(rows, steps, INPUT), torch.randn(rows, D), torch.randn(rows, steps, D)
    found = states_and_gradients(cell, x, first, weights)
    for one, other in zip(found, states_and_gradients(exact(cell), x, first, weights), strict=True):
        assert_close(one.double(), other, rtol=1e-5, atol=2e-6 * float(other.abs().max().clamp_min(1)))


def test_extreme_inputs_saturate_and_what_is_no_number_stays_none():
    cell = GRUCell(INPUT, D).float()
    x = torch.full((1, 3, INPUT), 1e30)
    assert_close(cell.over(x)[0].double(), exact(cell).over(x.double())[0], rtol=0, atol=1e-6)
    assert cell.over(x * torch.nan)[0].isnan().all()


def test_a_row_does_not_depend_on_those_beside_it():
    cell, x = GRUCell(INPUT, D).float(), torch.randn(15, 6, INPUT)
    alone = torch.cat([cell.over(row)[0] for row in x.split(1)])
    assert_close(cell.over(x)[0], alone, rtol=0, atol=1e-6)


def test_threads_change_nothing():
    cell, (rows, steps) = GRUCell(INPUT, 64).float(), (21, 200)
    given = torch.randn(rows, steps, INPUT), torch.randn(rows, 64), torch.randn(rows, steps, 64)
    alone = states_and_gradients(cell, *given)
    torch.set_num_threads(2)
    try:
        together = states_and_gradients(cell, *given)
    finally:
        torch.set_num_threads(1)
    for one, other in zip(alone, together, strict=True):
        assert_close(one, other, rtol=1e-5, atol=1e-5 * float(one.abs().max()))


def test_a_second_derivative_is_refused():
    cell, x = GRUCell(INPUT, D).float(), torch.randn(1, 2, INPUT, requires_grad=True)
    with pytest.raises(RuntimeError, match="GatedStates has a gradient but no second one"):
        torch.autograd.grad(cell.over(x)[0].sum(), x, create_graph=True)


@pytest.mark.parametrize(("kind", "width"), [(torch.float64, D), (torch.float32, 20), (torch.float32, 272)])
def test_other_types_and_widths_go_to_torch(kind, width, monkeypatch):
    monkeypatch.setattr(gru, "gated_states", lambda *_: pytest.fail("the loops are not made for this"))
    cell = GRUCell(INPUT, width).to(kind)
    assert cell.over(torch.zeros(2, 3, INPUT, dtype=kind))[0].shape == (2, 3, width)


def test_autocast_goes_to_torch():
    """There the projected inputs would have 16 bits."""
    cell, x = GRUCell(INPUT, D).float(), torch.randn(3, 4, INPUT)
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = cell.over(x)
    assert_close(found.float(), cell.over(x)[0], rtol=0.05, atol=0.05)
