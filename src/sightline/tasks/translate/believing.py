"""Whether the attention behind an answer is to be believed: what its tokens are worth without parts of the input."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.data import BOS, EOS, UNK
from sightline.explain import Scores, gradient_times_input, judged, verdict
from sightline.explain.faithfulness import Ask, erasure
from sightline.models import Seq2Seq
from sightline.results import Verdict

__all__ = ["believe", "effects_of"]

_ROWS = 128  # inputs at once


@torch.no_grad()
def believe(
    model: Seq2Seq, source: Sequence[int], answer: Sequence[int], cross: Float[Tensor, "T S"]
) -> Verdict | None:
    """The verdict on what each token of an answer attended to; None where one side is empty.

        f_t(x) = p(y_t | y_<t, x)

    A token that is taken away is read as `<unk>`, so that the others stay in their places. `<eos>` stays, and attention
    to it speaks for no token.

    Args:
        model: in evaluation mode.
        source: token ids of the input, without `<eos>`.
        answer: token ids of the answer, without `<eos>`.
        cross: the attention, layers and heads averaged, with `<eos>` or without.
    """
    if not source or not answer:
        return None
    parts = judged(len(answer))
    gradient = gradient_times_input(*_scoring(model, source, answer, parts))[:, : len(source)]
    return verdict(_asking(model, source, answer, parts), cross[parts, : len(source)], {"gradient": gradient.cpu()})


@torch.no_grad()
def effects_of(model: Seq2Seq, source: Sequence[int], answer: Sequence[int]) -> Float[Tensor, "T S"]:
    """How far the probability of each token of an answer falls without each token of the input (see `believe`)."""
    return erasure(_asking(model, source, answer, range(len(answer))), len(source))


def _asking(model: Seq2Seq, source: Sequence[int], answer: Sequence[int], parts: Sequence[int]) -> Ask:
    """The probabilities of some tokens of an answer, where only some tokens of the input are kept."""
    device = model.output.weight.device
    ids = torch.tensor(source, device=device)

    def asked(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N T"]:
        read = torch.nn.functional.pad(ids.where(keep.to(device), UNK), (0, 1), value=EOS)
        return _probabilities(model, read, answer[: parts[-1] + 1])[:, parts].cpu()

    return lambda keep: torch.cat([asked(some) for some in keep.split(_ROWS)])


def _scoring(
    model: Seq2Seq, source: Sequence[int], answer: Sequence[int], parts: Sequence[int]
) -> tuple[Scores, Float[Tensor, "S E"]]:
    """The same probabilities as a function of the input's vectors, and these vectors as they are, with `<eos>`."""
    read = torch.tensor([[*source, EOS]], device=model.output.weight.device)

    def scores(x: Float[Tensor, "S E"]) -> Float[Tensor, " T"]:
        return _probabilities(model, read, answer[: parts[-1] + 1], x.unsqueeze(0))[0, parts]

    return scores, model.embed(read)[0]


def _probabilities(
    model: Seq2Seq, source: Tensor, answer: Sequence[int], vectors: Tensor | None = None
) -> Float[Tensor, "N T"]:
    """Of each token of an answer to N inputs, or to their vectors, each behind those before it."""
    memory = model.encode(source, torch.ones_like(source, dtype=torch.bool), vectors)
    state, found = model.start(memory), list[Tensor]()
    for before, token in zip([BOS, *answer], answer, strict=False):
        log_probs, state = model.step(source.new_full((len(source),), before), memory, state)
        # What could be copied from the input alone is not there where the input lacks it.
        known = token < log_probs.shape[1]
        found.append(log_probs[:, token].exp() if known else log_probs.new_zeros(len(source)))
    return torch.stack(found, 1)
