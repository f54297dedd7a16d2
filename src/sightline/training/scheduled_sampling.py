"""Scheduled sampling: now and then the decoder reads what it would have written itself."""

import torch
from jaxtyping import Int
from torch import Tensor

__all__ = ["scheduled_inputs"]


def scheduled_inputs(
    inputs: Int[Tensor, "B T"], guesses: Int[Tensor, "B T"], share: float, *, ignore: int = 0
) -> Int[Tensor, "B T"]:
    """Decoder inputs in which a share of the reference's tokens is replaced by the model's own guesses.

    Bengio et al. 2015 sample step by step. This is the two-pass form, which any model can be trained with (Mihaylova
    and Martins 2019): a first pass under teacher forcing gives `guesses`, and the second pass reads the mixture.

    Args:
        inputs: `<bos> y_1 ... y_{T-1}`, padded with `ignore`.
        guesses: what the first pass predicts at each position: `guesses[:, t]` stands for `inputs[:, t + 1]`.
        share: probability of a replacement, for each token on its own; `<bos>` and padding stay.
        ignore: the id of padding.

    Example:
        >>> import torch
        >>> scheduled_inputs(torch.tensor([[2, 5, 6, 0]]), torch.tensor([[7, 8, 9, 9]]), 1.0).tolist()
        [[2, 7, 8, 0]]
    """
    replaced = torch.rand(inputs.shape[0], inputs.shape[1] - 1, device=inputs.device) < share
    replaced &= inputs[:, 1:] != ignore
    return torch.cat([inputs[:, :1], torch.where(replaced, guesses[:, :-1], inputs[:, 1:])], 1)
