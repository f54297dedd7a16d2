"""Attention on tensors, usable alone.

| name | formula | source | has weights |
|---|---|---|---|
| `additive` | v . tanh(W q + U k + b) | Bahdanau, Cho and Bengio 2015 | yes |
| `dot` | q . k | Luong, Pham and Manning 2015 | no |
| `scaled_dot` | q . k / sqrt(K) | Vaswani et al. 2017 | no |
| `bilinear` | q . W k | Luong, Pham and Manning 2015 ("general") | yes |

`attend` is the function, `Attention` the module, `MultiHeadAttention` the one with heads and a cache. Masks are bool,
True = attend; a query with nothing to attend to gets zeros.
"""

from sightline.attention.core import Attention, attend
from sightline.attention.masks import causal_mask, combine_masks, padding_mask, window_mask
from sightline.attention.multihead import KeyValue, MultiHeadAttention
from sightline.attention.scores import SCORES, Additive, Bilinear, Dot, ScaledDot, Score, build_score
from sightline.attention.selection import SELECTIONS, Selection, masked_softmax

__all__ = [
    "SCORES",
    "SELECTIONS",
    "Additive",
    "Attention",
    "Bilinear",
    "Dot",
    "KeyValue",
    "MultiHeadAttention",
    "ScaledDot",
    "Score",
    "Selection",
    "attend",
    "build_score",
    "causal_mask",
    "combine_masks",
    "masked_softmax",
    "padding_mask",
    "window_mask",
]
