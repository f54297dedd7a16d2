"""One key for each query: the best or a drawn one, with what training makes of a choice that has no gradient."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention.past import Past
from sightline.attention.selection.protocol import Selected
from sightline.attention.selection.soft import masked_softmax
from sightline.errors import ConfigError

__all__ = ["CHOICES", "ESTIMATORS", "Hard"]

CHOICES = ("argmax", "sample")
ESTIMATORS = ("reinforce", "gumbel", "marginal")


class Hard(nn.Module):
    """Hard attention: exactly one key, with `p = softmax(a)` the probability of each.

    In inference the key is the most probable, or drawn from p. A choice has no gradient, and training goes by the
    estimator:

    - `"reinforce"`: a key is drawn; the scores learn from the loss by `grad log p(key)` times how much better than a
      baseline the answer was (Xu et al. 2015, section 4.1). The loss computes it from `probabilities`.
    - `"gumbel"`: a key is drawn by Gumbel noise, and the gradient goes through the softmax of the same noisy scores
      (straight-through Gumbel-softmax: Jang, Gu and Poole 2017, section 2.2).
    - `"marginal"`: nothing is drawn; weights are p, and the loss mixes the answers of all keys, `log sum_a p(a) p(y|a)`
      (Deng et al. 2018, section 3; Wu, Shapiro and Cotterell 2018, section 3).

    A query with nothing to attend to gets zeros.

    Args:
        choice: `"argmax"` or `"sample"`.
        estimator: `"reinforce"`, `"gumbel"` or `"marginal"`.
        temperature: of the Gumbel-softmax; the lower, the nearer its gradient is to the choice's, and the noisier.

    Raises:
        ConfigError: for an unknown choice or estimator.

    Example:
        >>> import torch
        >>> select = Hard("argmax", "reinforce").eval()
        >>> select(torch.tensor([[1.0, 3.0, 2.0]]), None, torch.zeros(1, 4), None).weights.tolist()
        [[0.0, 1.0, 0.0]]
    """

    counts = remembers = False

    def __init__(self, choice: str, estimator: str, temperature: float = 1.0) -> None:
        super().__init__()
        for name, known, value in (("choice", CHOICES, choice), ("estimator", ESTIMATORS, estimator)):
            if value not in known:
                raise ConfigError(f"unknown {name} {value!r} of hard attention: choose one of {', '.join(known)}")
        self.choice = choice
        self.estimator = estimator
        self.temperature = temperature

    def forward(
        self,
        scores: Float[Tensor, "*B T S"],
        mask: Bool[Tensor, "..."] | None,
        query: Float[Tensor, "*B T Q"],
        past: Past | None,
    ) -> Selected:
        """One key for each query, and the probabilities of all."""
        probabilities = masked_softmax(scores, mask)
        if not scores.shape[-1] or (self.training and self.estimator == "marginal"):
            return Selected(probabilities, probabilities)
        if self.training and self.estimator == "gumbel":
            noisy = masked_softmax(scores + _gumbel(scores), mask, temperature=self.temperature)
            weights = _one(noisy, mask) + (noisy - noisy.detach())
        elif self.training or self.choice == "sample":
            weights = _one(probabilities.detach().log() + _gumbel(scores), mask)
        else:
            weights = _one(probabilities.detach(), mask)
        return Selected(weights, probabilities)


def _gumbel(like: Tensor) -> Tensor:
    """Gumbel noise: the key with the highest `log p + noise` is a draw from p (Maddison, Tarlow and Minka 2014)."""
    return -torch.empty_like(like).exponential_().log()


def _one(values: Tensor, mask: Tensor | None) -> Tensor:
    """1 at the highest value of each row, or nowhere in a row that is masked whole."""
    chosen = torch.zeros_like(values).scatter_(-1, values.detach().argmax(-1, keepdim=True), 1.0)
    return chosen if mask is None else chosen.masked_fill(~mask, 0.0)
