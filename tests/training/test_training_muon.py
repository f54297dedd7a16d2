import pytest
import torch
from torch import nn
from toy_training import build

from sightline.errors import ConfigError
from sightline.training import Muon, build_optimizers, orthogonalize


def optimizers(model, kind="muon"):
    return build_optimizers(model, optimizer=kind, learning_rate=0.1, betas=(0.9, 0.98), weight_decay=0.1)


@pytest.mark.parametrize("shape", [(7, 13), (13, 7), (5, 5), (1, 3), (2, 3, 11, 5)])
def test_singular_values_end_near_one_and_directions_stay(shape):
    matrices = torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    left, values, right = torch.linalg.svd(orthogonalize(matrices), full_matrices=False)
    assert (values > 0.65).all()
    assert (values < 1.25).all()
    # The singular vectors are those of the matrix: u^T M v is diagonal in the same basis.
    inside = left.mT @ matrices @ right.mT
    assert torch.allclose(inside, torch.diag_embed(inside.diagonal(dim1=-2, dim2=-1)), atol=1e-9)


def test_the_iteration_is_its_polynomial_on_each_singular_value():
    matrix = torch.diag(torch.tensor([3.0, 1.0, 0.2], dtype=torch.float64))
    values = matrix.diagonal() / matrix.norm()
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    torch.testing.assert_close(orthogonalize(matrix), torch.diag(values), rtol=1e-6, atol=1e-9)


def test_zeros_stay_zeros():
    assert not orthogonalize(torch.zeros(3, 5)).any()


def test_steps_are_those_of_the_formula():
    generator = torch.Generator().manual_seed(1)
    start, *gradients = torch.randn(4, 5, 3, generator=generator, dtype=torch.float64)
    other, weight = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    optimizer = Muon([weight, other], learning_rate=0.01, momentum=0.9, weight_decay=0.5)
    wanted, mean = start.clone(), torch.zeros_like(start)
    for gradient in gradients:
        weight.grad, other.grad = gradient.clone(), None
        optimizer.step()
        mean = 0.9 * mean + 0.1 * gradient
        step = orthogonalize(0.1 * gradient + 0.9 * mean)
        wanted = wanted - 0.01 * (0.2 * 5**0.5 * step + 0.5 * wanted)
    torch.testing.assert_close(weight.detach(), wanted)
    assert torch.equal(other.detach(), start)  # it never had a gradient


def test_who_takes_what():
    model = build()
    model.long = nn.Linear(2, 17, bias=False)
    model.frozen = nn.Linear(3, 3).requires_grad_(False)
    muon, adamw = optimizers(model)
    assert muon.param_groups[0]["params"] == [model.hidden.weight, model.output.weight]
    decayed, spared = adamw.param_groups
    assert decayed["params"] == [model.long.weight]
    assert model.embedding.weight in set(spared["params"])
    assert [type(each).__name__ for each in optimizers(nn.Linear(3, 3, bias=False))] == ["Muon"]
    assert [type(each).__name__ for each in optimizers(nn.LayerNorm(3))] == ["AdamW"]


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ConfigError, match="unknown optimizer 'sgd': choose one of adamw, muon"):
        optimizers(build(), "sgd")


def test_it_learns_directions_that_adamw_hardly_sees():
    """A linear map of inputs whose directions, no coordinate axes, have scales from 1 to 1/100."""
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(16, 16, generator=generator)).Q
    inputs = torch.randn(256, 16, generator=generator) * torch.logspace(0, -2, 16) @ basis
    target = torch.randn(16, 16, generator=generator) / 4

    def distance(kind, rate):
        model = nn.Linear(16, 16, bias=False)
        nn.init.zeros_(model.weight)
        (optimizer,) = build_optimizers(model, optimizer=kind, learning_rate=rate, betas=(0.9, 0.98), weight_decay=0.0)
        for step in range(100):
            optimizer.param_groups[0]["lr"] = rate * (1 - step / 100)
            optimizer.zero_grad()
            (model(inputs) - inputs @ target.t()).square().mean().backward()
            optimizer.step()
        return (model.weight - target).norm().item()

    best = {kind: min(distance(kind, rate) for rate in (0.003, 0.01, 0.03, 0.1, 0.3)) for kind in ("adamw", "muon")}
    assert best["muon"] < 0.5 * best["adamw"], best
