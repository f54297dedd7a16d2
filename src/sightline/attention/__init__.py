"""Attention on tensors, usable alone.

A mechanism is a score (how well a query fits a key), a selection (weights from scores), and what goes with them.

Scores, by name in `SCORES`:

| name | formula | source | has weights |
|---|---|---|---|
| `additive` | v . tanh(W q + U k + b) | Bahdanau, Cho and Bengio 2015 | yes |
| `concat` | v . tanh(W [q; k]) | Luong, Pham and Manning 2015 | yes |
| `dot` | q . k | Luong, Pham and Manning 2015 | no |
| `scaled_dot` | q . k / sqrt(K) | Vaswani et al. 2017 | no |
| `bilinear` | q . W k | Luong, Pham and Manning 2015 ("general") | yes |
| `cosine` | beta(q) q . k / (abs(q) abs(k)) | Graves, Wayne and Danihelka 2014 | yes |
| `location` | w_s . q | Luong, Pham and Manning 2015 | yes |

Selections, by name in `SELECTIONS`:

| name | weights | source |
|---|---|---|
| `softmax` | e^(a / tau), normed | |
| `sparsemax` | max(a - tau, 0) | Martins and Astudillo 2016 |
| `entmax15` | max(a / 2 - tau, 0)^2 | Peters, Niculae and Martins 2019 |
| `local_m` | softmax within a window around the query's position | Luong, Pham and Manning 2015 |
| `local_p` | the same around a predicted position, under a bell | Luong, Pham and Manning 2015 |
| `monotonic` | the first key from the last one on that is worth it | Raffel et al. 2017 |
| `argmax`, `sample` | one key | Xu et al. 2015; Jang et al. 2017; Deng et al. 2018 |

`attend` is the function, `Attention` the module, `Coverage` what lets earlier weights into a score,
`MultiHeadAttention` the one with heads and a cache. Masks are bool, True = attend; a query with nothing to attend to
gets zeros.
"""

from sightline.attention.core import Attention, attend
from sightline.attention.coverage import Coverage
from sightline.attention.masks import causal_mask, combine_masks, padding_mask, window_mask
from sightline.attention.multihead import KeyValue, MultiHeadAttention
from sightline.attention.past import Past
from sightline.attention.scores import (
    SCORES,
    Additive,
    Bilinear,
    Concat,
    Cosine,
    Dot,
    Location,
    ScaledDot,
    Score,
    build_score,
)
from sightline.attention.selection import (
    CHOICES,
    ESTIMATORS,
    SELECTIONS,
    Hard,
    LocalMonotonic,
    LocalPredictive,
    Monotonic,
    Selected,
    Selection,
    build_selection,
    entmax15,
    masked_softmax,
    sparsemax,
)
from sightline.attention.stepping import StepProduct, StepRead

__all__ = [
    "CHOICES",
    "ESTIMATORS",
    "SCORES",
    "SELECTIONS",
    "Additive",
    "Attention",
    "Bilinear",
    "Concat",
    "Cosine",
    "Coverage",
    "Dot",
    "Hard",
    "KeyValue",
    "LocalMonotonic",
    "LocalPredictive",
    "Location",
    "Monotonic",
    "MultiHeadAttention",
    "Past",
    "ScaledDot",
    "Score",
    "Selected",
    "Selection",
    "StepProduct",
    "StepRead",
    "attend",
    "build_score",
    "build_selection",
    "causal_mask",
    "combine_masks",
    "entmax15",
    "masked_softmax",
    "padding_mask",
    "sparsemax",
    "window_mask",
]
