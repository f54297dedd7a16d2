import pytest
import torch
from torch import nn
from torch.testing import assert_close

from sightline.attention import KeyValue, MultiHeadAttention, causal_mask, padding_mask
from sightline.layers import DecoderBlock, EncoderBlock, FeedForward, build_positions

pytestmark = pytest.mark.usefixtures("float64")

B, S, T, H, D, HIDDEN = 2, 7, 5, 3, 6, 11
every_norm = pytest.mark.parametrize("norm", ["pre", "post"])
NOWHERE = build_positions("none", width=D, heads=H, longest=1)
MASK = padding_mask(torch.tensor([3, S]), S)


def _randomised(module: nn.Module) -> None:
    """With gains and biases that are not as they begin, so that one forgotten or swapped shows."""
    for weight in module.parameters():
        if weight.dim() == 1:
            nn.init.normal_(weight)


def _encoder_block(norm: str, dropout: float = 0.0) -> EncoderBlock:
    block = EncoderBlock(
        attention=MultiHeadAttention(D, H),
        feedforward=FeedForward(D, HIDDEN, 0.0),
        width=D,
        dropout=dropout,
        norm=norm,
    )
    _randomised(block)
    return block


def _decoder_block(norm: str) -> DecoderBlock:
    block = DecoderBlock(
        attention=MultiHeadAttention(D, H),
        cross=MultiHeadAttention(D, H),
        feedforward=FeedForward(D, HIDDEN, 0.0),
        width=D,
        dropout=0.0,
        norm=norm,
    )
    _randomised(block)
    return block


def _copy_attention(theirs: nn.MultiheadAttention, ours: MultiHeadAttention) -> None:
    parts = (ours.query, ours.key, ours.value)
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())


def _copy_rest(theirs: nn.Module, ours: EncoderBlock | DecoderBlock) -> None:
    theirs.linear1.load_state_dict(ours.feedforward.inner.state_dict())
    theirs.linear2.load_state_dict(ours.feedforward.outer.state_dict())
    theirs.norm1.load_state_dict(ours.attention_path.norm.state_dict())


@every_norm
def test_encoder_block_is_torchs(norm):
    block = _encoder_block(norm)
    peer = nn.TransformerEncoderLayer(D, H, HIDDEN, dropout=0.0, batch_first=True, norm_first=norm == "pre")
    with torch.no_grad():
        _copy_attention(peer.self_attn, block.attention)
        _copy_rest(peer, block)
        peer.norm2.load_state_dict(block.feedforward_path.norm.state_dict())
    x = torch.randn(B, S, D)
    output, weights = block(x, NOWHERE, MASK[:, None, None, :], need_weights=True)
    assert_close(output, peer(x, src_key_padding_mask=~MASK))
    assert weights.shape == (B, H, S, S)


@every_norm
def test_decoder_block_is_torchs(norm):
    block = _decoder_block(norm)
    peer = nn.TransformerDecoderLayer(D, H, HIDDEN, dropout=0.0, batch_first=True, norm_first=norm == "pre")
    with torch.no_grad():
        _copy_attention(peer.self_attn, block.attention)
        _copy_attention(peer.multihead_attn, block.cross)
        _copy_rest(peer, block)
        peer.norm2.load_state_dict(block.cross_path.norm.state_dict())
        peer.norm3.load_state_dict(block.feedforward_path.norm.state_dict())
    x, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    output, cache, own, cross = block(
        x, NOWHERE, causal_mask(T), None, block.cross.project(memory), MASK[:, None, None, :], need_weights=True
    )
    expected = peer(x, memory, tgt_mask=~causal_mask(T), memory_key_padding_mask=~MASK)
    assert_close(output, expected)
    assert cache.key.shape == (B, H, T, D // H)
    assert own.shape == (B, H, T, T)
    assert cross.shape == (B, H, T, S)


@every_norm
@pytest.mark.parametrize("name", ["none", "rotary"])
def test_decoder_block_step_by_step_with_beams(norm, name):
    """Rows of state with a cache each, one row of memory for the beams of an input: as if all were apart."""
    beams, block = 3, _decoder_block(norm)
    positions = build_positions(name, width=D, heads=H, longest=1)
    x, memory, mask = torch.randn(B * beams, T, D), block.cross.project(torch.randn(B, S, D)), MASK[:, None, None, :]
    copied = KeyValue(*(part.repeat_interleave(beams, 0) for part in memory))
    whole, *_ = block(x, positions, causal_mask(T), None, copied, mask.repeat_interleave(beams, 0))
    cache = None
    for t in range(T):
        output, cache, *_ = block(x[:, t : t + 1], positions, None, cache, memory, mask)
        assert_close(output, whole[:, t : t + 1])


def test_dropout_of_a_block_is_of_training_alone():
    block, x, mask = _encoder_block("pre", dropout=0.5), torch.randn(B, S, D), MASK[:, None, None, :]
    assert not torch.equal(block(x, NOWHERE, mask)[0], block(x, NOWHERE, mask)[0])
    block.eval()
    assert torch.equal(block(x, NOWHERE, mask)[0], block(x, NOWHERE, mask)[0])


def test_feedforward_is_the_formula():
    layer, x = FeedForward(3, 5, 0.0), torch.randn(2, 7, 3)
    _randomised(layer)
    hidden = (x @ layer.inner.weight.T + layer.inner.bias).clamp(min=0)
    assert_close(layer(x), hidden @ layer.outer.weight.T + layer.outer.bias)


def test_feedforward_drops_what_the_relu_gives():
    layer = FeedForward(3, 1009, 0.5)
    layer.outer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    seen: list[torch.Tensor] = []
    x = torch.ones(1, 3)
    layer(x)
    hidden = layer.inner(x).relu()
    dropped = (seen[0] == 0) & (hidden > 0)
    assert dropped.any()
    assert_close(seen[0], torch.where(dropped, 0.0, 2 * hidden))


def test_initialisation_of_the_feedforward_part():
    layer = FeedForward(97, 101, 0.0)
    bound = (6 / (97 + 101)) ** 0.5
    for part in (layer.inner, layer.outer):
        assert 0.99 * bound < part.weight.abs().max() <= bound
        assert not part.bias.any()
