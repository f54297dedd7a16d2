import math

import pytest
import torch
from torch.testing import assert_close

from sightline.errors import ConfigError, DataError
from sightline.layers import POSITIONS, build_positions
from sightline.layers.positions import RelativePositions

pytestmark = pytest.mark.usefixtures("float64")

B, H, T, K = 2, 3, 7, 10
D = H * K


def _build(name: str):
    return build_positions(name, width=D, heads=H, longest=11)


def test_sinusoidal_is_the_formula():
    embedded = _build("sinusoidal").embed(torch.zeros(B, T, D))
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D)
            assert_close(embedded[:, t, i], torch.full((B,), math.sin(angle)))
            assert_close(embedded[:, t, D // 2 + i], torch.full((B,), math.cos(angle)))


def test_learned_adds_its_rows():
    positions, x = _build("learned"), torch.randn(B, T, D)
    assert_close(positions.embed(x) - x, positions.table.weight[:T].expand(B, T, D))
    assert positions.table.num_embeddings == 11
    assert abs(positions.table.weight.std().item() - 0.02) < 0.003


@pytest.mark.parametrize("name", POSITIONS)
def test_an_offset_is_a_slice(name):
    positions, x, heads = _build(name), torch.randn(B, T, D), torch.randn(B, H, T, K)
    for start in (0, 1, 3):
        assert_close(positions.embed(x[:, start:], start), positions.embed(x)[:, start:])
        assert_close(positions.rotate(heads[:, :, start:], start), positions.rotate(heads)[:, :, start:])


@pytest.mark.parametrize("name", POSITIONS)
def test_each_way_does_what_is_its_own(name):
    positions, x, heads = _build(name), torch.randn(B, T, D), torch.randn(B, H, T, K)
    assert torch.equal(positions.embed(x), x) == (name not in ("sinusoidal", "learned"))
    assert torch.equal(positions.rotate(heads), heads) == (name != "rotary")
    assert (positions.bias(heads, T) is None) == (name not in ("alibi", "relative"))
    assert (positions.offsets(T, T) is None) == (name != "relative")


def test_alibi_is_the_formula():
    bias = _build("alibi").bias(torch.randn(B, H, 3, K), T)
    for h in range(H):
        for t in range(3):
            for s in range(T):
                assert bias[h, t, s].item() == pytest.approx(-(2 ** (-8 * (h + 1) / H)) * abs(T - 3 + t - s))


def test_relative_positions_are_the_formula():
    positions, query = RelativePositions(K, reach=2), torch.randn(B, H, 3, K)
    bias, offsets = positions.bias(query, T), positions.offsets(3, T)
    for t in range(3):
        for s in range(T):
            row = max(-2, min(2, s - (T - 3 + t))) + 2
            assert_close(bias[:, :, t, s], query[:, :, t] @ positions.keys.weight[row] / K**0.5)
            assert_close(offsets[t, s], positions.values.weight[row])


def test_learned_positions_end():
    positions, x = _build("learned"), torch.randn(B, T, D)
    positions.embed(x, 4)
    with pytest.raises(DataError, match="12 tokens is longer than the 11 learned positions"):
        positions.embed(x, 5)


def test_rotary_turns_pairs():
    heads = torch.randn(B, H, T, K)
    turned = _build("rotary").rotate(heads)
    for t in range(T):
        for i in range(K // 2):
            angle = t / 10000 ** (2 * i / K)
            cosine, sine = math.cos(angle), math.sin(angle)
            first, second = heads[:, :, t, 2 * i], heads[:, :, t, 2 * i + 1]
            assert_close(turned[:, :, t, 2 * i], first * cosine - second * sine)
            assert_close(turned[:, :, t, 2 * i + 1], first * sine + second * cosine)


def test_rotary_scores_see_distances_alone():
    positions = _build("rotary")
    query, key = torch.randn(B, H, 1, K), torch.randn(B, H, 1, K)

    def score(query_at: int, key_at: int) -> torch.Tensor:
        return (positions.rotate(query, query_at) * positions.rotate(key, key_at)).sum(-1)

    for distance in (-5, 0, 3):
        for start in (5, 97, 1009):
            assert_close(score(start + distance, start), score(5 + distance, 5))
    assert not torch.allclose(score(5, 5), score(8, 5))


def test_rotary_keeps_the_norm():
    heads = torch.randn(B, H, T, K)
    assert_close(_build("rotary").rotate(heads, 13).norm(dim=-1), heads.norm(dim=-1))


@pytest.mark.parametrize("name", ["sinusoidal", "rotary"])
def test_far_positions_keep_their_precision_in_float32(name):
    positions, far = _build(name), 100_003
    x, heads = torch.zeros(1, 3, D), torch.randn(1, H, 3, K)
    assert positions.embed(x.float(), far).dtype == torch.float32
    assert_close(positions.embed(x.float(), far).double(), positions.embed(x, far), rtol=0, atol=1e-6)
    assert_close(positions.rotate(heads.float(), far).double(), positions.rotate(heads, far), rtol=0, atol=1e-6)


def test_wrong_names_and_widths_say_what_to_do():
    with pytest.raises(
        ConfigError, match="unknown positions 'polar': choose one of sinusoidal, learned, rotary, alibi, relative, none"
    ):
        _build("polar")
    with pytest.raises(ConfigError, match="even width, not 7"):
        build_positions("sinusoidal", width=7, heads=1, longest=11)
    with pytest.raises(ConfigError, match="heads of even width, and 15 / 3 is not"):
        build_positions("rotary", width=15, heads=3, longest=11)
