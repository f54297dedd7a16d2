"""Pairs as a model sees them: encoded, without those that are too long, in batches."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sightline.data import (
    Link,
    Padding,
    Pair,
    PairBatch,
    Tokenizer,
    bucket,
    collate,
    padding,
    read_jsonl,
    read_parallel,
    read_tsv,
    split_by_length,
)
from sightline.errors import ConfigError, DataError
from sightline.tasks.translate.config import PairFiles, TokenizerConfig
from sightline.tasks.translate.guiding import Guide, token_links

__all__ = [
    "Corpus",
    "CorpusReport",
    "as_pairs",
    "hold_out",
    "make_corpus",
    "make_tokenizers",
    "read_pairs",
    "with_dropout",
]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What became of the pairs.

    Attributes:
        pairs: how many were given.
        too_long: how many of them were left out, being longer than `max_length` tokens on a side.
        max_length: the limit, end of sentence included.
        unknown_source: share of source tokens that the vocabulary does not have.
        unknown_target: share of target tokens likewise.
        waste: share of padding among all cells of the batches.
    """

    pairs: int
    too_long: int
    max_length: int
    unknown_source: float
    unknown_target: float
    waste: float

    def __str__(self) -> str:
        kept = f"{self.pairs - self.too_long:,} pairs"
        left = f", {self.too_long:,} left out as longer than {self.max_length} tokens" if self.too_long else ""
        unknown = f", unknown tokens {self.unknown_source:.2%} source and {self.unknown_target:.2%} target"
        return f"{kept}{left}{unknown}, padding {self.waste:.1%}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Encoded pairs, in the order given, and how to make batches of them; links are of tokens."""

    pairs: Sequence[Pair]
    sources: Sequence[list[int]]
    targets: Sequence[list[int]]
    extras: Sequence[list[str]]  # what each source has that the vocabulary lacks, where it can be copied
    links: Sequence[list[Link]]  # where a guide is given
    batch_tokens: int
    seed: int
    report: CorpusReport
    vary: Callable[[int], tuple[list[list[int]], list[list[int]]]] | None = None  # an epoch's own ids of both sides

    def batches(self, epoch: int, *, shuffle: bool = True) -> "Epoch":
        """The batches of an epoch: the same for the same seed and epoch."""
        sources, targets = self.vary(epoch) if self.vary and shuffle else (self.sources, self.targets)
        lengths = _lengths(sources), _lengths(targets)
        rows = bucket(*lengths, self.batch_tokens, seed=self.seed, epoch=epoch, shuffle=shuffle)
        return Epoch(sources, targets, self.links, rows)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The batches of an epoch, of which each is made when its turn comes."""

    sources: Sequence[list[int]]
    targets: Sequence[list[int]]
    links: Sequence[list[Link]]
    rows: Sequence[list[int]]  # of each batch

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PairBatch]:
        for rows in self.rows:
            links = [self.links[i] for i in rows] if self.links else []
            yield collate([self.sources[i] for i in rows], [self.targets[i] for i in rows], links)


def read_pairs(files: PairFiles) -> list[Pair]:
    """The pairs in two files, a TSV, or a JSONL file."""
    if files.file is None:
        return read_parallel(str(files.source), str(files.target))
    names = files.file.name.removesuffix(".gz")
    if names.endswith((".jsonl", ".json", ".ndjson")):
        return read_jsonl(files.file, str(files.source), str(files.target))
    return read_tsv(files.file, files.source, files.target)


def make_tokenizers(
    pairs: Sequence[Pair], source: TokenizerConfig, target: TokenizerConfig | None, *, shared: bool
) -> tuple[Tokenizer, Tokenizer]:
    """Both sides' tokenizers, trained on the pairs or loaded; `shared` trains one on both sides."""
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    if shared:
        both = _make_tokenizer([*sources, *targets], source)
        return both, both
    return _make_tokenizer(sources, source), _make_tokenizer(targets, target or source)


def _make_tokenizer(texts: Sequence[str], config: TokenizerConfig) -> Tokenizer:
    if config.load is not None:
        return Tokenizer.load(config.load)
    return Tokenizer.train(texts, config.kind, config.size, config.min_count)


def as_pairs(pairs: Sequence[Any], use: str) -> list[Pair]:
    """Pairs as given from Python, checked; raises DataError for what is no pair of texts, or where there is none."""
    checked: list[Pair] = []
    for number, pair in enumerate(pairs, 1):
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise DataError(f"{use} pair {number} is {pair!r:.60}: expected two texts, such as ('cat', 'gatto')")
        checked.append(Pair(*pair))
    if not checked:
        raise DataError(f"there are no {use} pairs: expected (source, target) pairs of texts")
    return checked


def hold_out(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Training and validation pairs. Pairs with one source stay together, so that none leaks from one to the other.

    Raises:
        DataError: where there are too few sources to hold any out.
    """
    sources = sorted({pair.source for pair in pairs})
    random.Random(f"hold out {seed}").shuffle(sources)
    count = max(1, round(share * len(sources)))
    if len(sources) <= count:
        raise DataError(
            f"there is only {len(sources)} distinct source text, and some are held out for validation: "
            "give more pairs, or validation pairs of their own"
        )
    held = set(sources[:count])
    train = [pair for pair in pairs if pair.source not in held]
    return train, [pair for pair in pairs if pair.source in held]


def make_corpus(
    pairs: Sequence[Pair],
    use: str,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    *,
    guide: Guide,
    copying: bool,
    max_length: int,
    batch_tokens: int,
    seed: int,
) -> Corpus:
    """Encode pairs, leave out those longer than `max_length` tokens, and say what was done.

    Args:
        pairs: the pairs.
        use: what they are for, in a word for messages.
        source_tokenizer: of the sources.
        target_tokenizer: of the targets.
        guide: words that belong together, if the attention is to learn them.
        copying: number what the vocabulary lacks past its end, so that it can be copied.
        max_length: the most tokens on a side, the end of sentence included.
        batch_tokens: the largest cost of a batch (see `sightline.data.bucket`).
        seed: of the order of batches.

    Raises:
        DataError: where nothing is left.
        ConfigError: where a pair does not fit into a batch.
    """
    extras: list[list[str]] = [[] for _ in pairs]
    if copying:
        sources, extras = map(list, zip(*(source_tokenizer.encode_open(pair.source) for pair in pairs), strict=True))
        targets = [target_tokenizer.encode_open(p.target, extra)[0] for p, extra in zip(pairs, extras, strict=True)]
    else:
        sources = source_tokenizer.encode_batch([pair.source for pair in pairs])
        targets = target_tokenizer.encode_batch([pair.target for pair in pairs])
    kept, too_long = split_by_length(_lengths(sources), _lengths(targets), max_length)
    if not kept:
        raise DataError(
            f"none of the {len(pairs):,} {use} pairs has at most {max_length} tokens on each side: "
            "raise data.max_length"
        )
    sources, targets = [sources[i] for i in kept], [targets[i] for i in kept]
    lengths = _lengths(sources), _lengths(targets)
    longest = max(map(max, lengths))
    if longest > batch_tokens:
        raise ConfigError(
            f"the longest of the {use} pairs has {longest:,} tokens on a side, and a batch takes {batch_tokens:,}: "
            f"raise training.batch_tokens to {longest} or more, or lower data.max_length"
        )
    waste: Padding = padding(bucket(*lengths, batch_tokens, seed=seed, epoch=0), *lengths)
    report = CorpusReport(
        pairs=len(pairs),
        too_long=len(too_long),
        max_length=max_length,
        unknown_source=source_tokenizer.unknown(sources).share,
        unknown_target=target_tokenizer.unknown(targets).share,
        waste=waste.waste,
    )
    extras, left = [extras[i] for i in kept], [pairs[i] for i in kept]
    links = [
        token_links(pair, guide, source_tokenizer.encode(pair.source), target_tokenizer.encode(pair.target))
        for pair in (left if guide else ())
    ]
    return Corpus(left, sources, targets, extras, links, batch_tokens, seed, report)


def with_dropout(corpus: Corpus, source: Tokenizer, target: Tokenizer, dropouts: tuple[float, float]) -> Corpus:
    """The corpus whose words fall into other pieces in each epoch, as BPE-dropout cuts them.

    A pair that would outgrow a batch so keeps its usual pieces.

    Args:
        corpus: the pairs.
        source: tokenizer of the sources.
        target: tokenizer of the targets.
        dropouts: of each side.

    Raises:
        ConfigError: for tokenizers of another kind than `"bpe"`.
    """
    sides = ((0, source, corpus.sources), (1, target, corpus.targets))

    def vary(epoch: int) -> tuple[list[list[int]], list[list[int]]]:
        chance = random.Random(f"{corpus.seed}-{epoch}-pieces")
        found: list[list[list[int]]] = []
        for side, tokenizer, usual in sides:
            texts = [pair[side] for pair in corpus.pairs]
            cut = tokenizer.encode_at_random(texts, dropouts[side], chance) if dropouts[side] else list(usual)
            found.append([new if len(new) < corpus.batch_tokens else old for new, old in zip(cut, usual, strict=True)])
        return found[0], found[1]

    return replace(corpus, vary=vary)


def _lengths(rows: Sequence[list[int]]) -> list[int]:
    return [len(row) + 1 for row in rows]  # each side ends in <eos>
