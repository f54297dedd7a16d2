"""Before a training begins: pairs become corpora, tokenizers and an untrained network come to be."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from sightline.data import Pair
from sightline.tasks.translate.building import Parts, build_model, load_tokenizers
from sightline.tasks.translate.config import TranslateConfig
from sightline.tasks.translate.corpus import Corpus, make_corpus, make_tokenizers, with_dropout
from sightline.tasks.translate.guiding import Guide

__all__ = ["Start", "prepare"]

_WIDTH = 60


class Start(NamedTuple):
    """All that the loop needs."""

    parts: Parts
    train: Corpus
    valid: Corpus

    def lines(self, config: TranslateConfig) -> Iterator[str]:
        """What is about to be trained, for people."""
        yield f"training: {self.train.report}"
        yield f"validation: {self.valid.report}"
        source, target = (text if len(text) <= _WIDTH else text[:_WIDTH] + "…" for text in self.train.pairs[0])
        yield f"first pair: {source!r} -> {target!r}"
        yield f"vocabulary: {self.parts.source.size:,} source, {self.parts.target.size:,} target tokens"
        yield f"model: {config.model.type}, {sum(p.numel() for p in self.parts.model.parameters()):,} parameters"


def prepare(
    config: TranslateConfig, pairs: Sequence[Pair], valid: Sequence[Pair], guide: Guide, resumed: Path | None
) -> Start:
    """Nothing is written yet; a training that is resumed keeps the tokenizers of its folder.

    Raises:
        ConfigError: for options that do not fit the pairs.
        DataError: where all pairs are too long.
        ModelFolderError: where the tokenizers of a resumed training are damaged.
    """
    if resumed is None:
        shared = config.shared_vocabulary
        source, target = make_tokenizers(pairs, config.source_tokenizer, config.target_tokenizer, shared=shared)
    else:
        source, target = load_tokenizers(resumed)
    train, held = (
        make_corpus(
            some,
            use,
            source,
            target,
            guide=links,
            copying=config.copies,
            max_length=config.data.max_length,
            batch_tokens=config.training.batch_tokens,
            seed=config.seed,
        )
        for some, use, links in ((pairs, "training", guide), (valid, "validation", {}))
    )
    dropouts = config.source_tokenizer.dropout, (config.target_tokenizer or config.source_tokenizer).dropout
    if any(dropouts):
        train = with_dropout(train, source, target, dropouts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        parts = Parts(build_model(config, source.size, target.size), source, target)
    return Start(parts, train, held)
