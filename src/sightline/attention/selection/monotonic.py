"""Alignments that never go back (Raffel et al. 2017)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.attention.past import Past
from sightline.attention.selection.protocol import Selected

__all__ = ["Monotonic"]

_OFFSET = -1.0  # the paper's r: at first each key is rather passed by than taken


class Monotonic(nn.Module):
    """Monotonic attention: from where the last query stopped, take the first key that is worth it.

    Each key s is taken with probability `p_s = sigmoid(a_s + r)`, r learned. In training the weights are what is to be
    expected over all ways to go on from the last weights w':

        w_s = p_s sum_{k <= s} w'_k prod_{l = k}^{s - 1} (1 - p_l)

    and noise of the normal distribution joins the scores, which drives p towards 0 and 1. In inference the first key
    from the last one on with `p >= 0.5` is taken; where there is none, this query and all later ones get zeros.
    Raffel et al. 2017, "Online and Linear-Time Attention by Enforcing Monotonic Alignments", sections 2.2 to 2.5,
    algorithm 1; of 2.4 the offset r alone, not the normalised score. The sum is a linear recurrence, taken in log S
    passes; the paper divides by products that vanish.

    A row sums to at most 1; what is missing is the probability to have passed the input's end.

    Args:
        noise: standard deviation of the noise.

    Example:
        >>> import torch
        >>> select = Monotonic(noise=0.0).eval()
        >>> last = torch.tensor([[0.0, 1.0, 0.0, 0.0]])
        >>> scores = torch.tensor([[9.0, -9.0, 9.0, 9.0]])
        >>> select(scores, None, torch.zeros(1, 3), Past(torch.tensor([1]), last, last)).weights.tolist()
        [[0.0, 0.0, 1.0, 0.0]]
    """

    counts = remembers = True

    def __init__(self, noise: float = 1.0) -> None:
        super().__init__()
        self.noise = noise
        self.offset = nn.Parameter(torch.tensor(_OFFSET))

    def forward(
        self,
        scores: Float[Tensor, "*B T S"],
        mask: Bool[Tensor, "..."] | None,
        query: Float[Tensor, "*B T Q"],
        past: Past | None,
    ) -> Selected:
        """Expected weights in training, one key or none in inference."""
        assert past is not None, "where the last query looked"
        energies = scores + self.offset
        if self.training:
            energies = energies + self.noise * torch.randn_like(energies)
        first = torch.zeros_like(scores)
        first[..., :1] = 1.0  # before the first query, all of the weight stands at the first key
        last = torch.where((past.count == 0).unsqueeze(-1), first, past.last)
        weights = (_expected if self.training else _hard)(energies, mask, last)
        return Selected(weights, weights)


def _expected(energies: Tensor, mask: Tensor | None, last: Tensor) -> Tensor:
    """`p_s q_s` with `q_s = (1 - p_{s-1}) q_{s-1} + w'_s`, whose steps are joined two by two, then four by four, ...

    Each q_s is a sum of positive terms, so that nothing is lost however long the row.
    """
    taken, passed = torch.sigmoid(energies), torch.sigmoid(-energies)
    if mask is not None:
        taken, passed = taken.masked_fill(~mask, 0.0), passed.masked_fill(~mask, 1.0)
    reached, kept = last, _moved(passed, 1)
    distance = 1
    while distance < energies.shape[-1]:
        reached = reached + kept * _moved(reached, distance)
        kept = kept * _moved(kept, distance)
        distance *= 2
    return taken * reached


def _moved(x: Tensor, distance: int) -> Tensor:
    """Each row moved to the right, zeros moving in."""
    return F.pad(x[..., :-distance], (distance, 0))


def _hard(energies: Tensor, mask: Tensor | None, last: Tensor) -> Tensor:
    taken = energies >= 0
    if mask is not None:
        taken = taken & mask
    reached = last.cumsum(-1) > 0.5  # from the last key on
    candidates = taken & reached
    first = candidates & (candidates.cumsum(-1) == 1)
    return first.to(energies.dtype)
