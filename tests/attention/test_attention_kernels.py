"""Fast forms against the plain ones, values and gradients."""

import importlib
from pathlib import Path

import pytest
import torch
from kernel_checks import assert_as_exact_as_plain, plain, scores_and_gradients
from torch import Tensor
from torch.testing import assert_close

from sightline.attention.kernels import AdditiveLoop, additive, additive_scores, compiled
from sightline.attention.kernels.building import compiled_library

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, W = 3, 5, 7, 11


def _laid_out(layout: str) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and v, in memory as they come from elsewhere."""
    if layout == "transposed":
        return torch.randn(T, B, W).transpose(0, 1), torch.randn(W, S, B).permute(2, 1, 0), torch.randn(2 * W)[::2]
    if layout == "expanded":
        return torch.randn(1, T, W).expand(B, T, W), torch.randn(B, 1, W).expand(B, S, W), torch.randn(1).expand(W)
    return torch.randn(B, T, W), torch.randn(B, S, W), torch.randn(W)


@pytest.mark.parametrize("layout", ["plain", "transposed", "expanded"])
def test_additive_scores_and_their_gradients_are_the_plain_ones(layout):
    tensors = [x.requires_grad_() for x in _laid_out(layout)]
    found, expected = additive_scores(*tensors), plain(*tensors)
    assert_close(found, expected)
    weights = torch.randn(B, T, S)
    gradients = (torch.autograd.grad((scores * weights).sum(), tensors) for scores in (found, expected))
    for gradient, other in zip(*gradients, strict=True):
        assert_close(gradient, other)


def test_additive_scores_gradcheck():
    tensors = [torch.randn(shape, requires_grad=True) for shape in ((2, 3, 5), (2, 2, 5), (5,))]
    assert torch.autograd.gradcheck(additive_scores, tensors)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_additive_scores_take_any_leading_dimensions(lead):
    query, key, vector = torch.randn(*lead, T, W), torch.randn(*lead, S, W), torch.randn(W)
    assert_close(additive_scores(query, key, vector), plain(query, key, vector))


def test_additive_scores_of_a_part_that_learns():
    query, key, vector = torch.randn(B, T, W), torch.randn(B, S, W, requires_grad=True), torch.randn(W)
    gradients = (torch.autograd.grad(f(query, key, vector).sum(), key)[0] for f in (additive_scores, plain))
    assert_close(*gradients)


SHAPES = {
    "odd": (3, 5, 7, 11),
    "whole blocks": (2, 8, 64, 32),
    "past a block": (1, 9, 67, 13),
    "one query": (4, 1, 30, 16),
    "one key": (2, 6, 1, 8),
    "one unit": (2, 3, 5, 1),
}


@pytest.fixture(params=["compiled", "gpu", "plain"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the loops in C, with the kernels for GPUs as Triton's interpreter runs them on a CPU, and with neither."""
    if request.param == "compiled":
        if not compiled.available(torch.zeros(1, dtype=torch.float32)):
            pytest.skip("this system has no C compiler")
        return
    monkeypatch.setattr(compiled, "available", lambda like: False)
    if request.param == "gpu":
        pytest.importorskip("triton", reason="Triton is not made for this system")
        if torch.cuda.is_available():
            pytest.skip("Triton compiles for the GPU here")
        gpu = importlib.import_module("sightline.attention.kernels.gpu")
        usual = additive._form

        def interpreted(known, together, query: Tensor, key: Tensor):
            if query.dtype == torch.float32:
                return gpu.Kernels(torch.tensor(together)), query, key
            return usual(known, together, query, key)

        monkeypatch.setattr(additive, "_form", interpreted)


@pytest.mark.parametrize("size", [1e-3, 0.1, 1.0, 10.0, 100.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES)
def test_float32_is_as_exact_as_the_plain_form(form, shape, size):
    batch, queries, keys, width = SHAPES[shape]
    inputs = [size * torch.randn(batch, queries, width), size * torch.randn(batch, keys, width), torch.randn(width)]
    weights = torch.randn(batch, queries, keys)
    narrow = [x.float() for x in inputs]
    assert_as_exact_as_plain(narrow, weights.float())


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_a_loop_is_all_queries_at_once(form, size):
    queries, inputs = 3, [size * torch.randn(B, 2 * T, W), size * torch.randn(B, S, W), torch.randn(W)]

    def looped(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        loop = AdditiveLoop(key, vector, 2 * T, queries)
        return torch.cat([loop(query[:, t : t + 1].expand(-1, queries, -1)) for t in range(2 * T)], 1)

    def at_once(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        return additive_scores(query.repeat_interleave(queries, 1), key, vector)

    for kind, slack in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        given, weights = [x.to(kind) for x in inputs], torch.randn(B, 2 * T * queries, S, dtype=kind)
        for one, other in zip(
            scores_and_gradients(looped, given, weights), scores_and_gradients(at_once, given, weights), strict=True
        ):
            assert_close(one, other, rtol=slack, atol=slack)


def test_a_loop_may_be_differentiated_in_part_and_again():
    query, key, vector = (x.requires_grad_() for x in (torch.randn(B, T, W), torch.randn(B, S, W), torch.randn(W)))
    loop = AdditiveLoop(key, vector, T, 1)
    scores = torch.cat([loop(query[:, t : t + 1]) for t in range(T)], 1)
    expected = torch.autograd.grad(plain(query, key, vector).sum(), (query, key, vector))
    for part in ((query,), (key, vector), (query, key, vector), (query, key, vector)):
        found = torch.autograd.grad(scores.sum(), part, retain_graph=True)
        for gradient, wanted in zip(found, expected[-len(part) :] if len(part) == 2 else expected, strict=False):
            assert_close(gradient, wanted)


def test_a_loop_that_ends_early_has_the_gradients_of_what_it_did(form):
    for kind, slack in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        inputs = [torch.randn(shape, dtype=kind) for shape in ((B, 2, W), (B, S, W), (W,))]

        def looped(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
            loop = AdditiveLoop(key, vector, T, 1)
            return torch.cat([loop(query[:, t : t + 1]) for t in range(2)], 1)

        weights = torch.randn(B, 2, S, dtype=kind)
        for one, other in zip(
            scores_and_gradients(looped, inputs, weights), scores_and_gradients(plain, inputs, weights), strict=True
        ):
            assert_close(one, other, rtol=slack, atol=slack)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_types_of_16_bits_are_computed_in_32(kind):
    query, key, vector = (torch.randn(shape, dtype=kind) for shape in ((B, T, W), (B, S, W), (W,)))
    found = additive_scores(query, key, vector)
    expected = plain(query.float(), key.float(), vector.float()).to(kind)
    assert found.dtype == kind
    assert_close(found, expected)
    loop = AdditiveLoop(key, vector, T, 1)
    assert_close(torch.cat([loop(query[:, t : t + 1]) for t in range(T)], 1), expected)


def test_a_second_derivative_is_refused():
    inputs = [x.requires_grad_() for x in (torch.randn(B, T, W), torch.randn(B, S, W), torch.randn(W))]
    with pytest.raises(RuntimeError, match="AdditiveScores has a gradient but no second one: differentiate without"):
        torch.autograd.grad(additive_scores(*inputs).sum(), inputs, create_graph=True)


@pytest.mark.parametrize("shape", [(0, T, S, W), (B, 0, S, W), (B, T, 0, W), (B, T, S, 0)])
def test_nothing_to_score(form, shape):
    batch, queries, keys, width = shape
    inputs = [torch.randn(s, dtype=torch.float32) for s in ((batch, queries, width), (batch, keys, width), (width,))]
    for found in scores_and_gradients(additive_scores, inputs, torch.randn(batch, queries, keys)):
        assert not found.any()


def test_without_a_compiler_the_plain_form_takes_over(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for path in ("/nowhere", str(_broken_compiler(tmp_path))):
        monkeypatch.setenv("PATH", path)
        compiled_library.cache_clear()
        assert compiled_library(Path(compiled.__file__).with_name("additive.c")) is None
    compiled_library.cache_clear()
    assert not list(tmp_path.rglob("*.so"))


def _broken_compiler(folder: Path) -> Path:
    compiler = folder / "bin" / "cc"
    compiler.parent.mkdir()
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    return compiler.parent


def test_threads_change_nothing(form):
    query, key, vector = (torch.randn(shape, dtype=torch.float32) for shape in ((5, 64, 64), (5, 70, 64), (64,)))
    weights = torch.randn(5, 64, 70, dtype=torch.float32)
    alone = scores_and_gradients(additive_scores, [query, key, vector], weights)
    torch.set_num_threads(2)
    try:
        together = scores_and_gradients(additive_scores, [query, key, vector], weights)
    finally:
        torch.set_num_threads(1)
    for one, other in zip(alone, together, strict=True):
        assert_close(one, other, rtol=1e-5, atol=1e-5 * float(one.abs().max()))
