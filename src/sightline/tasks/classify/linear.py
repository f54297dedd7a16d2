"""Linear models of n-grams: NB-SVM, which stands beside the network, and TF-IDF, which both are compared with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from sightline.data.documents import NgramIndex

__all__ = ["Linear", "fit_nbsvm", "fit_tfidf"]

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """What each n-gram says for each class: a document's scores are weighted sums over those that stand in it.

    Attributes:
        index: of the n-grams.
        weights: `[F, C]`.
        bias: `[C]`.
        rarity: `[F]`, of TF-IDF, by which logarithmic counts are scaled; None where an n-gram counts once, however
            often it stands there. In either case a document gets length 1.
    """

    index: NgramIndex
    weights: Numbers
    bias: Numbers
    rarity: Numbers | None = None

    def scores(self, documents: Iterable[Sequence[str]]) -> Numbers:
        """`[B, C]`, from the words of each document."""
        matrix = _of_length_1(self.index.matrix(documents, counts=self.rarity is not None), self.rarity)
        # Sums of a thousand n-grams: in float64, as the evidence is added up.
        return np.asarray(matrix @ self.weights + self.bias, dtype=np.float32)

    def shares(self, numbers: Sequence[int]) -> Numbers:
        """`[n, C]`, what each of the n-grams of a document adds to its scores, without `rarity`; the bias is the rest.

        Args:
            numbers: of the n-grams that stand in it, each once.
        """
        return self.weights[np.asarray(numbers, np.int64)] / np.float32(max(1, len(numbers)) ** 0.5)


def fit_nbsvm(
    documents: Sequence[Sequence[str]],
    labels: NDArray[np.generic],
    classes: int,
    *,
    orders: Sequence[int],
    min_count: int,
    strength: float,
) -> Linear:
    """Weights by logistic regression of each class against the others, on n-grams in units of their naive Bayes ratio.

        r_gc = log (p_gc / |p_c|) - log (q_gc / |q_c|),   p_gc = 1 + documents of class c with g, q_gc = 1 + of others

    Wang and Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", section 2.1, here
    with documents of length 1, so that long ones are no surer than short ones; the regression is scikit-learn's
    liblinear. With two classes one regression serves both.

    Args:
        documents: words of each.
        labels: a class each, or a row of ones and zeros.
        classes: C.
        orders: of the n-grams.
        min_count: documents that an n-gram above order 1 has to stand in.
        strength: the inverse of the regularisation.
    """
    index = NgramIndex.of(documents, orders, min_count)
    matrix = index.matrix(documents)
    rows = _of_length_1(matrix, None)

    def fit(mine: NDArray[np.bool_]) -> tuple[NDArray[np.floating], float]:
        own, others = (1 + np.asarray(sp.csr_matrix(matrix[some]).sum(0)).ravel() for some in (mine, ~mine))
        ratio = np.log(own / own.sum()) - np.log(others / others.sum())
        weights, bias = _regression(rows @ sp.diags(ratio), mine, strength)
        return weights * ratio, bias

    return Linear(index, *_one_against_others(labels, classes, fit))


def fit_tfidf(documents: Sequence[Sequence[str]], labels: NDArray[np.generic], classes: int) -> Linear:
    """Logistic regression on TF-IDF of words and pairs of them, `(1 + log n) (1 + log (N + 1) / (d + 1))`, length 1.

    Args:
        documents: words of each, N of them.
        labels: a class each, or a row of ones and zeros.
        classes: C.
    """
    index = NgramIndex.of(documents, (1, 2), min_count=2)
    counts = index.matrix(documents, counts=True)
    spread = np.bincount(counts.indices, minlength=len(index.hashes))
    rarity = (1 + np.log((len(documents) + 1) / (spread + 1))).astype(np.float32)
    matrix = _of_length_1(counts, rarity)
    weights, bias = _one_against_others(labels, classes, lambda mine: _regression(matrix, mine, 10.0))
    return Linear(index, weights, bias, rarity)


def _of_length_1(counts: sp.csr_matrix, rarity: Numbers | None) -> sp.csr_matrix:
    matrix = sp.csr_matrix(counts, dtype=np.float64, copy=True)
    if rarity is not None:
        matrix.data = (1 + np.log(matrix.data)) * rarity[matrix.indices]
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    return sp.csr_matrix(sp.diags(1 / np.maximum(length, 1e-12)) @ matrix)


def _one_against_others(
    labels: NDArray[np.generic],
    classes: int,
    fit: Callable[[NDArray[np.bool_]], tuple[NDArray[np.floating], float]],
) -> tuple[Numbers, Numbers]:
    """Weights `[F, C]` and bias `[C]`; with two classes one fit serves both, half of the difference each."""
    held = (labels if labels.ndim == 2 else labels[:, None] == np.arange(classes)).astype(bool)
    if labels.ndim == 1 and classes == 2:
        weights, bias = fit(held[:, 1])
        sides = np.array([-0.5, 0.5], np.float32)
        return weights.astype(np.float32)[:, None] * sides, np.float32(bias) * sides
    found = [fit(held[:, c]) for c in range(classes)]
    return (
        np.stack([weights for weights, _ in found], 1).astype(np.float32),
        np.array([bias for _, bias in found], np.float32),
    )


def _regression(matrix: Any, mine: NDArray[np.bool_], strength: float) -> tuple[NDArray[np.floating], float]:
    """Weights and bias for one class; where all documents have it, or none has, the bias alone says so.

    In the primal, which converges on documents of any length.
    """
    from sklearn.linear_model import LogisticRegression

    if mine.all() or not mine.any():
        return np.zeros(matrix.shape[1]), 10.0 if mine.all() else -10.0
    regression = LogisticRegression(C=strength, solver="liblinear", max_iter=1000)
    regression.fit(matrix, mine)
    return np.asarray(regression.coef_)[0], float(np.asarray(regression.intercept_)[0])
