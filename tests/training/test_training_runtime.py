import pytest
import torch

from sightline.attention.precision import factor_type
from sightline.errors import ConfigError
from sightline.training import fast_matmul, medium_error, pick_device, runtime, set_threads
from sightline.training.runtime import large_products


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device().type in ("cpu", "cuda")
    for name in ("gpu", "cuda:99"):
        with pytest.raises(ConfigError, match=f"device is '{name}'"):
            pick_device(name)


def test_threads():
    before = torch.get_num_threads()
    try:
        assert set_threads(None) == before
        assert set_threads(1) == torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    with pytest.raises(ConfigError, match="threads is 0"):
        set_threads(0)


def test_the_self_test_finds_an_error_between_float32_and_bfloat16():
    error = medium_error(torch.device("cpu"))
    assert 0 < error < 0.01
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize(
    ("kind", "error", "inside"),
    [
        ("highest", 1e-7, "highest"),
        ("exact", 1e-7, "medium"),
        ("exact", 2e-3, "highest"),
        ("fast", 2e-3, "medium"),
        ("large", 2e-3, "highest"),
    ],
)
def test_precision_inside_and_after(kind, error, inside, monkeypatch):
    monkeypatch.setattr(runtime, "medium_error", lambda device: error)
    torch.set_float32_matmul_precision("high")
    try:
        with pytest.raises(KeyError), fast_matmul(kind) as medium:  # noqa: PT012
            assert torch.get_float32_matmul_precision() == inside
            assert medium == (inside == "medium")
            raise KeyError
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.parametrize(("kind", "inside"), [("large", "medium"), ("exact", "highest"), ("fast", "medium")])
def test_large_products_alone_may_be_fast(kind, inside, monkeypatch):
    monkeypatch.setattr(runtime, "medium_error", lambda device: 2e-3)
    with fast_matmul(kind), fast_matmul(kind):
        around = torch.get_float32_matmul_precision()
        with large_products():
            assert torch.get_float32_matmul_precision() == inside
        assert torch.get_float32_matmul_precision() == around
    with large_products():
        assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize(
    ("device", "kind", "rounds"), [("cuda", "exact", False), ("cuda", "fast", True), ("cpu", "exact", True)]
)
def test_recurrent_layers_of_cudnn_round_where_products_do(device, kind, rounds, monkeypatch):
    monkeypatch.setattr(runtime, "medium_error", lambda device: 2e-3)
    assert torch.backends.cudnn.allow_tf32
    with fast_matmul(kind, device):
        assert torch.backends.cudnn.allow_tf32 == rounds
    assert torch.backends.cudnn.allow_tf32


def test_exact_products_have_float32_errors():
    generator = torch.Generator().manual_seed(3)
    left, right = torch.randn(131, 257, generator=generator), torch.randn(257, 101, generator=generator)
    with fast_matmul("exact"):
        found = left @ right
    torch.testing.assert_close(found.double(), left.double() @ right.double(), rtol=1e-4, atol=1e-4)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigError, match="matmul is 'best'"), fast_matmul("best"):
        pass


@pytest.mark.parametrize(("there", "error", "rounds"), [(True, 1e-7, True), (False, 1e-7, False), (True, 2e-3, False)])
def test_factors_are_rounded_where_that_pays_and_torch_does_not_do_it(there, error, rounds, monkeypatch):
    monkeypatch.setattr(runtime, "medium_error", lambda device: error)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": there})
    like, low = torch.zeros(1), torch.bfloat16 if rounds else torch.float32
    for kind, around, inside in (("fast", low, low), ("large", torch.float32, low), ("exact", *[torch.float32] * 2)):
        with fast_matmul(kind):
            assert factor_type(like) == around
            with large_products():
                assert factor_type(like) == inside
                assert factor_type(like.double()) == torch.float64
        assert factor_type(like) == torch.float32
