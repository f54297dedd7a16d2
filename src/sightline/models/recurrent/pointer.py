"""Copying from where the attention looks."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

__all__ = ["Pointer"]


class Pointer(nn.Module):
    """Pointer-generator: a token is generated with probability p_gen, else copied from where the attention looks.

        p_gen = sigmoid(w_c . context + w_s . state + w_x . input + b)
        P(y) = p_gen P_vocab(y) + (1 - p_gen) sum_{s: x_s = y} weight_s

    See, Liu and Manning 2017, "Get To The Point: Summarization with Pointer-Generator Networks", section 2.2,
    equations 8 and 9. The state is the one that asked: with Bahdanau's decoder the state before the step, in the paper
    the one after it. Initialisation: Xavier uniform, b zero.

    Args:
        width: of context, state and input together.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 1)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self, context: Float[Tensor, "N T M"], state: Float[Tensor, "N T D"], embedded: Float[Tensor, "N T E"]
    ) -> Float[Tensor, "N T 1"]:
        """The log-odds of p_gen, what the sigmoid is taken of."""
        return self.linear(torch.cat([context, state, embedded], -1))

    def mix(
        self,
        logits: Float[Tensor, "N V"],
        odds: Float[Tensor, "N 1 1"],
        weights: Float[Tensor, "N S"],
        source: Int[Tensor, "B S"],
    ) -> Float[Tensor, "N W"]:
        """log P of every token of the vocabulary and of all that the inputs have besides.

        Args:
            logits: of the vocabulary.
            odds: the log-odds of p_gen.
            weights: the attention, zero at padding; N is B, or B times a number of beams.
            source: what can be copied.
        """
        rows, size = logits.shape
        extra = max(0, int(source.max()) + 1 - size)
        generate = torch.sigmoid(odds[:, :, 0])
        generated = nn.functional.pad(generate * torch.softmax(logits, -1), (0, extra))
        places = source.repeat_interleave(rows // len(source), 0)
        found = generated.scatter_add(1, places, (1 - generate) * weights)
        # The logarithm of 0 has no slope, not even where nothing asks for it.
        return torch.where(found > 0, found, 1.0).log().masked_fill(found <= 0, -torch.inf)
