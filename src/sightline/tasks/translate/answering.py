"""From encoded inputs to hypotheses, and from hypotheses to the attention behind them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from sightline.data import collate
from sightline.decoding import Hypothesis, beam_search, exact_search, greedy, sample
from sightline.models import Maps, Seq2Seq
from sightline.tasks.translate.config import DecodingConfig

__all__ = ["Answer", "attention_of", "search"]

Draw: TypeAlias = torch.Generator | None


class Answer:
    """What a search found for one input: hypotheses, best first, and whether an exact search certified the first."""

    __slots__ = ("certified", "hypotheses")

    def __init__(self, hypotheses: Sequence[Hypothesis], certified: bool | None = None) -> None:
        self.hypotheses = hypotheses
        self.certified = certified


@torch.inference_mode()
def search(
    model: Seq2Seq, sources: Sequence[list[int]], config: DecodingConfig, generator: Draw = None
) -> list[Answer]:
    """An answer for each input of one batch; `generator` is where sampling draws from."""
    batch = collate(sources, [[] for _ in sources]).to(model.output.weight.device)
    memory = model.encode(batch.source, batch.source_mask)
    limits = [int(config.length_factor * (len(source) + 1)) + config.length_extra for source in sources]
    return _METHODS[config.method](model, memory, limits, config, generator)


def _beam(model: Seq2Seq, memory: Any, limits: list[int], config: DecodingConfig, draw: Draw) -> list[Answer]:
    found = beam_search(
        model.step,
        memory,
        model.start(memory),
        batch=len(limits),
        width=config.beam,
        max_length=limits,
        length_penalty=config.length_penalty,
        n_best=config.n_best,
    )
    return [Answer(hypotheses) for hypotheses in found]


def _greedy(model: Seq2Seq, memory: Any, limits: list[int], config: DecodingConfig, draw: Draw) -> list[Answer]:
    found = greedy(model.step, memory, model.start(memory), batch=len(limits), max_length=limits)
    return [Answer([hypothesis]) for hypothesis in found]


def _sample(model: Seq2Seq, memory: Any, limits: list[int], config: DecodingConfig, draw: Draw) -> list[Answer]:
    found = sample(
        model.step,
        memory,
        model.start(memory),
        batch=len(limits),
        max_length=limits,
        temperature=config.temperature,
        top_k=config.top_k,
        top_p=config.top_p,
        generator=draw,
    )
    return [Answer([hypothesis]) for hypothesis in found]


def _exact(model: Seq2Seq, memory: Any, limits: list[int], config: DecodingConfig, draw: Draw) -> list[Answer]:
    """One input at a time: the beam's best by log-probability is the first bound."""
    (limit,) = limits
    (beam,) = beam_search(
        model.step, memory, model.start(memory), batch=1, width=config.beam, max_length=limit, length_penalty=0.0
    )
    result = exact_search(
        model.step, memory, model.start(memory), max_length=limit, budget=config.budget, start=beam[0]
    )
    best = result.hypothesis or beam[0]
    return [Answer([best], result.certified)]


_METHODS: dict[str, Callable[[Seq2Seq, Any, list[int], DecodingConfig, Draw], list[Answer]]] = {
    "beam": _beam,
    "greedy": _greedy,
    "sample": _sample,
    "exact": _exact,
}


@torch.inference_mode()
def attention_of(model: Seq2Seq, sources: Sequence[list[int]], targets: Sequence[list[int]]) -> list[Maps]:
    """The attention of each answer, by forced decoding: row t is what the model saw as it wrote token t.

    Args:
        model: in evaluation mode.
        sources: token ids of the inputs, without `<eos>`.
        targets: token ids of the answers, without `<eos>`; `<eos>` has a row of its own.

    Returns:
        For each input its maps, cut to its own lengths: `[T, S]`, or `[layers, H, T, S]`.
    """
    batch = collate(sources, targets).to(model.output.weight.device)
    _, maps = model(batch.source, batch.source_mask, batch.target[:, :-1], need_weights=True)
    sides = {"cross": (targets, sources), "encoder": (sources, sources), "decoder": (targets, targets)}

    def cut(name: str, i: int) -> Tensor:
        queries, keys = sides[name]
        return maps[name][i, ..., : len(queries[i]) + 1, : len(keys[i]) + 1].cpu()

    return [{name: cut(name, i) for name in maps} for i in range(len(sources))]
