"""Losses of hard attention: what a choice of one key is to learn from."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sightline.training.likelihood import log_likelihoods
from sightline.training.losses import Loss

__all__ = ["marginal_likelihood", "reinforce"]


def reinforce(
    rewards: Float[Tensor, "B T"],
    baseline: Float[Tensor, "B T"],
    chosen: Float[Tensor, "B T S"],
    probabilities: Float[Tensor, "B T S"],
    kept: Bool[Tensor, "B T"],
    *,
    ahead: bool,
    entropy_weight: float,
) -> Float[Tensor, ""]:
    """What to add to the loss so that choices learn from their rewards.

        sum_t  - (R_t - b_t) log p(a_t)  -  lambda H(p_t)  +  (R_t - b_t)^2

    Williams 1992, "Simple Statistical Gradient-Following Algorithms"; with a baseline and an entropy term as in Xu et
    al. 2015, section 4.1, where the baseline is a moving average; here it is learned, and the last term is its own. In
    the first term R - b is a constant, so that `E[grad]` is that of the expected reward.

    Args:
        rewards: log-likelihood of each token, `log p(y_t | a_t)`.
        baseline: b, what the model expects R to be.
        chosen: the keys, 1 at each choice and 0 elsewhere.
        probabilities: p, from which they were drawn.
        kept: False where a position is padding.
        ahead: R_t is the sum of rewards from t on, as a choice has its say in later tokens too; else r_t alone.
        entropy_weight: lambda.

    Returns:
        The sum, whose value has no meaning: its gradient has.

    Example:
        >>> p = torch.tensor([[[0.5, 0.5]]], requires_grad=True)
        >>> one, drawn = torch.ones(1, 1), torch.tensor([[[1.0, 0.0]]])
        >>> loss = reinforce(one, 0 * one, drawn, p, one.bool(), ahead=False, entropy_weight=0.0)
        >>> torch.autograd.grad(loss, p)[0].tolist()
        [[[-2.0, 0.0]]]
    """
    rewards = rewards.detach() * kept
    if ahead:
        rewards = rewards.flip(1).cumsum(1).flip(1)
    logs = probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
    surprise = rewards - baseline
    per_position = (
        -surprise.detach() * (chosen * logs).sum(-1)
        + entropy_weight * (probabilities * logs).sum(-1)
        + surprise.square()
    )
    return (per_position * kept).sum()


def marginal_likelihood(
    features: Float[Tensor, "B T S D"],
    probabilities: Float[Tensor, "B T S"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, "B T"],
    *,
    ignore: int = 0,
) -> Loss:
    """The exact loss of hard attention: `- sum_t log sum_a p_t(a) p(y_t | a)`.

    Deng et al. 2018, "Latent Alignment and Variational Attention", section 3; Wu, Shapiro and Cotterell 2018, "Hard
    Non-Monotonic Attention for Character-Level Transduction", section 3. Exact where no choice has a say in later
    tokens. It costs S times the vocabulary's projection.

    Args:
        features: of each target position, had it attended to each key.
        probabilities: p, zero where a key must not be attended to.
        weight: the projection to the vocabulary.
        bias: its bias, or None.
        targets: right entries; those equal to `ignore` count for nothing.
        ignore: the entry that marks padding.

    Example:
        >>> features, p = torch.zeros(1, 1, 2, 3), torch.full((1, 1, 2), 0.5)
        >>> round(marginal_likelihood(features, p, torch.ones(4, 3), None, torch.tensor([[2]])).total.item(), 4)
        1.3863
    """
    kept = targets != ignore
    features, probabilities, targets = features[kept], probabilities[kept], targets[kept]
    likelihoods = log_likelihoods(features, weight, bias, targets.unsqueeze(-1).expand(probabilities.shape))
    logs = probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
    return Loss(-torch.logsumexp(logs + likelihoods, -1).sum(), len(targets))
