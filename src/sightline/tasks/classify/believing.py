"""Whether the attention to a document's words is to be believed: what its label's score does without them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from sightline.explain import Scores, gradient_times_input, verdict_with_effects
from sightline.explain.faithfulness import Ask
from sightline.models.classify import DocumentNetwork
from sightline.results import Verdict
from sightline.tasks.classify.config import ClassifyTraining
from sightline.tasks.classify.corpus import collate
from sightline.tasks.classify.predicting import network_scores

__all__ = ["asking", "believe", "of_tokens", "scoring"]


def believe(
    network: DocumentNetwork,
    rows: Sequence[Sequence[int]],
    attention: NDArray[np.floating],
    evidence: NDArray[np.floating] | None,
    weights: NDArray[np.float32],
    training: ClassifyTraining,
) -> tuple[Verdict, NDArray[np.float32]] | None:
    """The verdict on the attention to the tokens of one document, and what the score loses without each of them.

    None for a document without any.

    The score is the network's own, without the n-grams beside it, which attend to nothing. Tokens that are taken away
    are not there: those behind them move up.

    Args:
        network: in evaluation mode.
        rows: of tokens, a row for each sentence or one for all.
        attention: to each token, as if a document had one row.
        evidence: what each adds to each score, `[L, K]`, where scores are a sum over tokens.
        weights: of the scores in what is explained (see `sides_of`).
        training: for the size of batches.
    """
    if not any(rows):
        return None
    slopes = gradient_times_input(*scoring(network, rows, weights))
    others: dict[str, NDArray[np.floating]] = {"gradient": of_tokens(rows, slopes)}
    if evidence is not None:
        others["evidence"] = evidence @ weights
    seen, known = _row(attention), {name: _row(other) for name, other in others.items()}
    found, effects = verdict_with_effects(asking(network, rows, weights, training), seen, known)
    return found, effects[0].numpy()


def asking(
    network: DocumentNetwork,
    rows: Sequence[Sequence[int]],
    weights: NDArray[np.float32],
    training: ClassifyTraining,
) -> Ask:
    """The score of an answer where only some of a document's tokens are kept (see `believe`)."""
    say = torch.from_numpy(weights)

    def ask(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N 1"]:
        kept = [_without(rows, tokens) for tokens in keep.tolist()]
        return (network_scores(network, kept, training) @ say).unsqueeze(-1)

    return ask


def _row(values: NDArray[np.floating]) -> Float[Tensor, "1 L"]:
    return torch.from_numpy(values).float().unsqueeze(0)


def _without(rows: Sequence[Sequence[int]], keep: Sequence[bool]) -> list[list[int]]:
    """The rows of the tokens that are kept; a document of none has one empty row."""
    taken = iter(keep)
    found = [[token for token in row if next(taken)] for row in rows]
    return [row for row in found if row] or [[]]


def scoring(
    network: DocumentNetwork, rows: Sequence[Sequence[int]], weights: NDArray[np.float32]
) -> tuple[Scores, Tensor]:
    """The score of an answer as a function of the tokens' vectors, and these vectors as they are, `[M, S, E]`."""
    device = next(network.parameters()).device
    documents = collate([rows]).to(device)
    say = torch.from_numpy(weights).to(device)
    return lambda x: network.score(x, documents) @ say, network.embed(documents.tokens)


def of_tokens(rows: Sequence[Sequence[int]], values: Float[Tensor, "1 M S"]) -> NDArray[np.float32]:
    """What is said of each token, without padding."""
    return values[0].cpu()[collate([rows]).mask].numpy()
