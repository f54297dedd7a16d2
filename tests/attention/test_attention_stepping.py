import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from sightline.attention import StepProduct, StepRead
from sightline.attention.precision import rounding

pytestmark = pytest.mark.usefixtures("float64")

T, B, N, S, K, I, G, D = 5, 2, 3, 7, 3, 11, 13, 5  # noqa: E741


def test_products_are_those_of_plain_steps():
    weight, base, x = torch.randn(G, I), torch.randn(T, N, G), torch.randn(T, N, I)
    product = StepProduct(weight, base)
    for t in range(T):
        assert_close(product(x[t]), base[t] + x[t] @ weight.T)


def test_reads_are_those_of_plain_steps():
    value, weights = torch.randn(B, S, D), torch.rand(T, B, K, S)
    read = StepRead(value, T, K)
    for t in range(T):
        assert_close(read(weights[t]), weights[t] @ value)


def test_gradients_of_a_loop_of_products():
    """Each step's input comes from the step before, so that the gradient has to go through all of them."""

    def loop(weight: Tensor, base: Tensor, start: Tensor) -> Tensor:
        product, x, seen = StepProduct(weight, base), start, []
        for _ in range(T):
            x = product(x).tanh()
            seen.append(x)
        return torch.stack(seen)

    inputs = (torch.randn(G, G), torch.randn(T, N, G), torch.randn(N, G))
    assert torch.autograd.gradcheck(loop, [x.requires_grad_() for x in inputs])


def test_gradients_of_a_loop_of_reads():
    def loop(value: Tensor, start: Tensor) -> Tensor:
        read, query, seen = StepRead(value, T, K), start, []
        for _ in range(T):
            query = read((query @ value.transpose(1, 2)).softmax(-1))
            seen.append(query)
        return torch.stack(seen)

    assert torch.autograd.gradcheck(loop, [torch.randn(B, n, D, requires_grad=True) for n in (S, K)])


@pytest.mark.parametrize("learned", ["weight", "base", "x"])
def test_gradient_of_one_alone(learned):
    """The others frozen, as in fine-tuning."""
    tensors = {"weight": torch.randn(G, I), "base": torch.randn(T, N, G), "x": torch.randn(T, N, I)}
    tensors[learned].requires_grad_()
    product = StepProduct(tensors["weight"], tensors["base"])
    found = torch.stack([product(x) for x in tensors["x"]])
    expected = tensors["base"] + tensors["x"] @ tensors["weight"].T
    gradients = [torch.autograd.grad(y.square().sum(), tensors[learned])[0] for y in (found, expected)]
    assert_close(*gradients)


def test_nothing_is_kept_where_nothing_is_learned():
    weight = torch.randn(G, I, requires_grad=True)
    with torch.no_grad():
        y = StepProduct(weight, torch.randn(1, N, G))(torch.randn(N, I))
    assert not y.requires_grad


def test_gradients_can_be_asked_for_twice():
    weight = torch.randn(G, I, requires_grad=True)
    product = StepProduct(weight, torch.zeros(2, N, G))
    total = (product(torch.randn(N, I)) * product(torch.randn(N, I))).sum()
    first = torch.autograd.grad(total, weight, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(total, weight)[0])


def test_rounded_factors_cost_three_digits_at_most():
    def loop(weight: Tensor, base: Tensor, start: Tensor) -> Tensor:
        product, x = StepProduct(weight, base), start
        for _ in range(T):
            x = product(x).tanh()
        return x

    tensors = [torch.randn(shape, dtype=torch.float32) for shape in ((G, G), (T, N, G), (N, G))]
    inputs = [(x / 4).requires_grad_() for x in tensors]
    expected = loop(*inputs)
    with rounding(True):
        found = loop(*inputs)
    for one, other in zip(
        [found, *torch.autograd.grad(found.square().sum(), inputs)],
        [expected, *torch.autograd.grad(expected.square().sum(), inputs)],
        strict=True,
    ):
        assert one.dtype == torch.float32
        assert 0 < (one - other).norm() / other.norm() < 0.02
