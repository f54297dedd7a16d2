"""Every kind of model, small, with sources of different lengths; sizes are prime where they can be."""

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor, nn

from sightline.models import Recurrent, Seq2Seq, Transformer

B, S, T, V_SOURCE, V_TARGET = 3, 7, 5, 17, 13
ATTENTIONS = ("additive", "dot", "scaled_dot", "bilinear", "none")
DECODERS = {
    "bahdanau": {"decoder": "bahdanau"},
    "luong": {"decoder": "luong", "input_feeding": False},
    "luong fed": {"decoder": "luong", "input_feeding": True},
}


def transformer(**options) -> Transformer:
    sizes = {"width": 6, "heads": 3, "hidden": 11, "encoder_layers": 2, "decoder_layers": 2, "dropout": 0.0}
    return Transformer(V_SOURCE, V_TARGET, **(sizes | options))


def recurrent(**options) -> Recurrent:
    sizes = {"cell": "gru", "attention": "additive", "decoder": "luong", "embedding_width": 5, "width": 10}
    return Recurrent(V_SOURCE, V_TARGET, **(sizes | options))


def _recurrents() -> dict[str, Callable[[], Recurrent]]:
    """Each cell, decoder and attention with each other; layers and directions vary along."""
    found: dict[str, Callable[[], Recurrent]] = {}
    for i, (cell, decoder, attention) in enumerate(product(("lstm", "gru"), DECODERS, ATTENTIONS)):
        options = {
            "cell": cell,
            "attention": attention,
            "encoder_layers": 1 + i % 2,
            "decoder_layers": 1 + i // 2 % 2,
            "bidirectional": i % 3 > 0,
            **DECODERS[decoder],
        }
        name = (
            f"{cell} {options['encoder_layers']}+{options['decoder_layers']} {decoder} {attention}"
            f"{' both ways' if options['bidirectional'] else ''}"
        )
        found[name] = lambda options=options: recurrent(**options)
    for i, selection in enumerate(("sparsemax", "entmax15", "local_m", "local_p", "monotonic", "argmax")):
        decoder = list(DECODERS)[i % 3]
        options = {
            "selection": selection,
            "estimator": "gumbel",
            "radius": 3,
            "coverage": i % 2 > 0,
            "cell": "lstm",
            **DECODERS[decoder],
        }
        found[f"{decoder} {selection}{' covered' if i % 2 else ''}"] = lambda options=options: recurrent(**options)
    return found


TRANSFORMERS = {
    f"{norm}-norm {positions}": lambda norm=norm, positions=positions: transformer(norm=norm, positions=positions)
    for norm, positions in product(("pre", "post"), ("sinusoidal", "learned", "rotary", "alibi", "relative"))
} | {
    f"{attention} {selection}": lambda options=(attention, selection, heads): transformer(
        attention=options[0], selection=options[1], key_heads=options[2]
    )
    for attention, selection, heads in (
        ("additive", "sparsemax", 3),
        ("cosine", "entmax15", 1),
        ("location", "softmax", 1),
        ("bilinear", "local_p", 3),
    )
}
RECURRENTS = _recurrents()
MODELS: dict[str, Callable[[], Seq2Seq]] = {**TRANSFORMERS, **RECURRENTS}


def randomised(model: nn.Module) -> nn.Module:
    """In eval mode, with biases and gains that are not as they begin, so that one forgotten shows."""
    for weight in model.parameters():
        if weight.dim() == 1:
            nn.init.normal_(weight)
    return model.eval()


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    """Source `[B, S]` with garbage as its padding, where tokens are, target `[B, T]`."""
    source = torch.randint(4, V_SOURCE, (B, S))
    mask = torch.arange(S) < torch.tensor([3, S, 5]).unsqueeze(1)
    target = torch.randint(4, V_TARGET, (B, T))
    target[:, 0] = 2
    return source, mask, target


def log_probs(model: Seq2Seq, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """`[B, T, V]`, by teacher forcing."""
    return torch.log_softmax(model.output(model(source, mask, target)[0]), -1)
