"""Whether the attention to a document's words is to be believed: what its label's score does without them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from sightline.explain import verdict
from sightline.models.classify import DocumentNetwork
from sightline.results import Verdict
from sightline.tasks.classify.config import ClassifyTraining
from sightline.tasks.classify.corpus import collate
from sightline.tasks.classify.predicting import network_scores

__all__ = ["believe"]


def believe(
    network: DocumentNetwork,
    rows: Sequence[Sequence[int]],
    attention: NDArray[np.floating],
    weights: NDArray[np.float32],
    training: ClassifyTraining,
) -> Verdict | None:
    """The verdict on the attention to the tokens of one document; None for a document without any.

    The score is the network's own, without the n-grams beside it, which attend to nothing. Tokens that are taken away
    are not there: those behind them move up.

    Args:
        network: in evaluation mode.
        rows: of tokens, a row for each sentence or one for all.
        attention: to each token, as if a document had one row.
        weights: of the scores in what is explained (see `sides_of`).
        training: for the size of batches.
    """
    count = sum(map(len, rows))
    if not count:
        return None
    say = torch.from_numpy(weights)

    def ask(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N 1"]:
        kept = [_without(rows, tokens) for tokens in keep.tolist()]
        return (network_scores(network, kept, training) @ say).unsqueeze(-1)

    seen = torch.from_numpy(attention).float().unsqueeze(0)
    return verdict(ask, seen, _gradient_times_input(network, rows, say).unsqueeze(0))


def _without(rows: Sequence[Sequence[int]], keep: Sequence[bool]) -> list[list[int]]:
    """The rows of the tokens that are kept; a document of none has one empty row."""
    taken = iter(keep)
    found = [[token for token in row if next(taken)] for row in rows]
    return [row for row in found if row] or [[]]


def _gradient_times_input(network: DocumentNetwork, rows: Sequence[Sequence[int]], say: Tensor) -> Float[Tensor, " L"]:
    """What each token's vector adds to the score to first order, `x . d score / d x` (Denil et al. 2014)."""
    device = next(network.parameters()).device
    with torch.enable_grad():
        documents = collate([rows]).to(device)
        x = network.embed(documents.tokens).detach().requires_grad_()
        score = (network.score(x, documents) * say.to(device)).sum()
        (slope,) = torch.autograd.grad(score, x)
        return (slope * x).sum(-1)[documents.mask].detach().cpu()
