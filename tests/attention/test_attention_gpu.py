"""The kernels where there is a GPU, against float64; on a CPU they run by Triton's interpreter, in another file."""

import pytest
import torch
from kernel_checks import assert_as_exact_as_plain, plain, scores_and_gradients
from torch import Tensor
from torch.testing import assert_close

from sightline.attention.kernels import AdditiveLoop, additive_scores
from sightline.models import Recurrent
from sightline.training import fast_matmul

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")

SHAPES = [(3, 17, 7, 11), (2, 64, 64, 32), (1, 33, 129, 65), (4, 16, 1, 16), (2, 130, 70, 1), (2, 100, 90, 256)]


@pytest.mark.parametrize("size", [1e-3, 0.1, 1.0, 10.0, 100.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_kernels_are_as_exact_as_the_plain_form(shape, size):
    batch, queries, keys, width = shape
    inputs = [size * torch.randn(batch, queries, width), size * torch.randn(batch, keys, width), torch.randn(width)]
    assert_as_exact_as_plain([x.cuda() for x in inputs], torch.randn(batch, queries, keys).cuda())


def test_equal_inputs_give_equal_bits():
    inputs = [torch.randn(shape).cuda() for shape in ((4, 100, 96), (4, 77, 96), (96,))]
    weights = torch.randn(4, 100, 77).cuda()
    for one, other in zip(*(scores_and_gradients(additive_scores, inputs, weights) for _ in range(2)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("queries", [1, 3])
def test_a_loop_is_all_queries_at_once(queries):
    inputs = [torch.randn(shape).cuda() for shape in ((5, 20, 24), (5, 30, 24), (24,))]

    def looped(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        loop = AdditiveLoop(key, vector, 20, queries)
        return torch.cat([loop(query[:, t : t + 1].expand(-1, queries, -1)) for t in range(20)], 1)

    def at_once(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        return plain(query.repeat_interleave(queries, 1), key, vector)

    weights = torch.randn(5, 20 * queries, 30).cuda()
    for one, other in zip(
        scores_and_gradients(looped, inputs, weights), scores_and_gradients(at_once, inputs, weights), strict=True
    ):
        assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("decoder", ["bahdanau", "luong"])
def test_a_recurrent_model_computes_there_what_it_does_on_a_cpu(decoder):
    model = Recurrent(20, 20, cell="gru", width=32, embedding_width=16, decoder=decoder, attention="additive")
    source, target = torch.randint(4, 20, (6, 19)), torch.randint(4, 20, (6, 21))
    mask = torch.arange(19) < torch.tensor([19, 18, 12, 5, 2, 1])[:, None]
    found: list[list[Tensor]] = []
    for device in ("cpu", "cuda"):
        model = model.to(device)
        model.zero_grad()
        with fast_matmul("exact", device):
            features, _ = model(source.to(device), mask.to(device), target.to(device))
            model.output(features).square().mean().backward()
        gradients = (p.grad for p in model.parameters() if p.grad is not None)
        found.append([x.detach().clone().cpu() for x in (features, *gradients)])
    for one, other in zip(*found, strict=True):
        assert_close(one, other, rtol=1e-3, atol=1e-5)
