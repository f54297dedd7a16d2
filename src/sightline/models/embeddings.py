"""Token embeddings of both sides and the projection to the vocabulary, separate or shared."""

import torch
from jaxtyping import Int
from torch import Tensor, nn

from sightline.errors import ConfigError

__all__ = ["PAD", "UNK", "embeddings", "within"]

PAD, UNK = 0, 1  # the same in every vocabulary


def within(tokens: Int[Tensor, "*B"], size: int) -> Int[Tensor, "*B"]:
    """Tokens of a vocabulary: those past its end, which can only be copied, become `<unk>`."""
    return torch.where(tokens < size, tokens, UNK)


def _embedding(size: int, width: int) -> nn.Embedding:
    embedding = nn.Embedding(size, width, padding_idx=PAD)
    nn.init.normal_(embedding.weight, std=width**-0.5)
    nn.init.zeros_(embedding.weight.data[PAD])
    return embedding


def embeddings(
    source_size: int, target_size: int, *, width: int, output_width: int, shared: bool, tied: bool
) -> tuple[nn.Embedding, nn.Embedding, nn.Linear]:
    """Source embedding, target embedding, output projection.

    Initialisation: embeddings normal with standard deviation `1 / sqrt(width)`, the row of padding zero; an output of
    its own Xavier uniform, its bias zero.

    Args:
        source_size: tokens in the source vocabulary.
        target_size: V.
        width: of the embeddings.
        output_width: D of the features that the output reads.
        shared: one table for both sides; needs one vocabulary.
        tied: the target's table is the output's matrix too (Press and Wolf 2017).

    Raises:
        ConfigError: where sizes or widths do not allow it.
    """
    if shared and source_size != target_size:
        raise ConfigError(
            f"shared embeddings need one vocabulary, and here the source has {source_size} tokens and the target "
            f"{target_size}: set a shared vocabulary, or embeddings apart"
        )
    if tied and width != output_width:
        raise ConfigError(
            f"a tied output needs embeddings as wide as the features, and here they are {width} and {output_width}: "
            "make them equal, or the output its own"
        )
    source = _embedding(source_size, width)
    target = source if shared else _embedding(target_size, width)
    output = nn.Linear(output_width, target_size)
    nn.init.zeros_(output.bias)
    if tied:
        output.weight = target.weight
    else:
        nn.init.xavier_uniform_(output.weight)
    return source, target, output
