"""What each piece of an input is worth to a score by its gradient: to first order, and along the way from nothing."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.errors import MissingExtraError

__all__ = ["Scores", "gradient_times_input", "integrated_gradients"]

# The T scores of a model's answer, as a function of the vectors that stand for the S pieces of its input.
Scores = Callable[[Float[Tensor, "... D"]], Float[Tensor, " T"]]


def gradient_times_input(scores: Scores, x: Float[Tensor, "... D"]) -> Float[Tensor, "T ..."]:
    """What each piece's vector adds to each score to first order.

        a_ts = x_s . d f_t(x) / d x_s

    Denil, Demiraj and de Freitas 2014, "Extraction of Salient Sentences from Labelled Documents", section 4.

    Args:
        scores: f.
        x: the pieces' vectors.

    Example:
        >>> x = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
        >>> gradient_times_input(lambda x: (x**2).sum((0, 1)).view(1), x)  # twice the squares
        tensor([[10., 18.]])
    """
    with _sloped():
        x = x.detach().requires_grad_()
        slopes = [torch.autograd.grad(score, x, retain_graph=True)[0] for score in scores(x)]
        return (torch.stack(slopes) * x).sum(-1).detach()


def integrated_gradients(scores: Scores, x: Float[Tensor, "... D"], *, steps: int = 50) -> Float[Tensor, "T ..."]:
    """What each piece's vector adds to each score on the straight way from vectors of zeros, by captum.

        a_ts = x_s . integral_0^1 d f_t(u x) / d x_s du,    sum_s a_ts = f_t(x) - f_t(0)

    Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", section 3; the integral is a
    Gauss-Legendre sum.

    Args:
        scores: f.
        x: the pieces' vectors.
        steps: in which the way is gone; each takes a pass forward and back for each score.

    Raises:
        MissingExtraError: where captum is not installed.

    Example:
        >>> x = torch.tensor([[1.0, 2.0], [3.0, 0.0]])
        >>> integrated_gradients(lambda x: (x**2).sum((0, 1)).view(1), x).round(decimals=4)
        tensor([[5., 9.]])
    """
    try:
        from captum.attr import IntegratedGradients
    except ImportError as error:
        raise MissingExtraError(
            "integrated gradients need captum: install it by  pip install 'sightline[gradients]'"
        ) from error
    method: Any = IntegratedGradients(lambda batch: torch.stack([scores(each) for each in batch]))
    with _sloped():
        count = len(scores(x.detach()))
        found = [method.attribute(x.detach().unsqueeze(0), target=t, n_steps=steps)[0] for t in range(count)]
    return torch.stack(found).sum(-1).detach().to(x.dtype)


@contextmanager
def _sloped() -> Generator[None]:
    """Gradients of a network that is not in training: cuDNN's recurrent layers have none, torch's own do."""
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        yield
