"""Scores of generated text: BLEU and chrF by sacrebleu, and the error rates of grapheme-to-phoneme work.

Every metric is called alike, `metric(hypotheses, references)`, with one reference or one list of references for each
hypothesis, and answers a `Score` whose signature says how it was computed, so that two numbers can be compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import NamedTuple, TypeAlias, cast

from sightline.errors import ConfigError, DataError, MissingExtraError

__all__ = [
    "METRICS",
    "LengthGroup",
    "Metric",
    "References",
    "Score",
    "bleu",
    "by_length",
    "chrf",
    "exact_match",
    "phoneme_error_rate",
    "word_error_rate",
]

# sacrebleu's further tokenizers (spm, flores) fetch a model from the network when first used, so they are left out.
_TOKENIZERS = ("13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none")


class Score(NamedTuple):
    """A metric's value over a whole set, and how it was computed.

    Attributes:
        name: the metric, as the field writes it.
        value: in the field's own unit: BLEU and chrF from 0 to 100, the others as fractions.
        signature: what another computation must share for the two values to be comparable.
    """

    name: str
    value: float
    signature: str


@dataclass(frozen=True, slots=True)
class LengthGroup:
    """The score of those inputs whose length lies in one interval.

    Attributes:
        low: the shortest length in the group, in whitespace tokens.
        high: the first length beyond the group; None for the last group, which has no end.
        count: how many inputs fell into it.
        score: their score; None when there are none.
    """

    low: int
    high: int | None
    count: int
    score: Score | None


References: TypeAlias = Sequence[str] | Sequence[Sequence[str]]
Metric: TypeAlias = Callable[[Sequence[str], References], Score]


def bleu(hypotheses: Sequence[str], references: References, *, tokenize: str = "13a", lowercase: bool = False) -> Score:
    """Corpus BLEU by sacrebleu, from 0 to 100 (Papineni et al. 2002; Post 2018).

    Args:
        hypotheses: N texts, detokenized unless `tokenize` is `"none"`.
        references: for each hypothesis one text or a list of texts.
        tokenize: one of sacrebleu's `13a`, `intl`, `zh`, `ja-mecab`, `ko-mecab`, `char`, `none`.
        lowercase: ignore case.

    Returns:
        The score with sacrebleu's full signature.

    Raises:
        ConfigError: for an unknown tokenizer.
        DataError: when the lists are empty or differ in length.
        MissingExtraError: when a tokenizer needs a package that is not installed.

    Example:
        >>> bleu(["the cat sat on the mat"], ["the cat sat on the mat"]).value > 99.99
        True
    """
    from sacrebleu.metrics.bleu import BLEU  # slow to import, and only needed here

    if tokenize not in _TOKENIZERS:
        raise ConfigError(f"unknown BLEU tokenizer {tokenize!r}: choose one of {', '.join(_TOKENIZERS)}")
    streams = _streams(_aligned(hypotheses, references))
    try:
        metric = BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    except RuntimeError as error:  # what sacrebleu raises when MeCab is not there
        raise MissingExtraError(
            f"the BLEU tokenizer {tokenize!r} needs a package that is not installed: "
            f"pip install 'sacrebleu[{tokenize[:2]}]'"
        ) from error
    value = metric.corpus_score(hypotheses, streams).score
    return Score("BLEU", value, str(metric.get_signature()))


def chrf(hypotheses: Sequence[str], references: References, *, word_order: int = 0, lowercase: bool = False) -> Score:
    """Corpus chrF2 by sacrebleu, from 0 to 100; `word_order=2` is chrF++ (Popović 2015, 2017).

    Args:
        hypotheses: N texts.
        references: for each hypothesis one text or a list of texts.
        word_order: the longest word n-gram counted beside the characters' six.
        lowercase: ignore case.

    Raises:
        DataError: when the lists are empty or differ in length.

    Example:
        >>> chrf(["the cat"], [["the cat", "a cat"]]).value > 99.99
        True
    """
    from sacrebleu.metrics.chrf import CHRF  # slow to import, and only needed here

    streams = _streams(_aligned(hypotheses, references))
    metric = CHRF(word_order=word_order, lowercase=lowercase)
    result = metric.corpus_score(hypotheses, streams)
    return Score(result.name, result.score, str(metric.get_signature()))


def exact_match(hypotheses: Sequence[str], references: References) -> Score:
    """The fraction of hypotheses that equal one of their references, character for character.

    Raises:
        DataError: when the lists are empty or differ in length.

    Example:
        >>> exact_match(["a b", "c"], [["a b", "a d"], ["e"]]).value
        0.5
    """
    sets = _aligned(hypotheses, references)
    right = sum(hypothesis in known for hypothesis, known in zip(hypotheses, sets, strict=True))
    return Score("exact match", right / len(sets), f"{_count(sets)}|case:mixed|unit:whole")


def word_error_rate(hypotheses: Sequence[str], references: References) -> Score:
    """WER of grapheme-to-phoneme work: the fraction of words whose hypothesis equals none of their references.

    Here an input is one word, as in the SIGMORPHON tasks (Gorman et al. 2020), so this is not the edit distance between
    sentences that speech recognition calls by the same name.

    Raises:
        DataError: when the lists are empty or differ in length.

    Example:
        >>> word_error_rate(["k æ t", "d ɔ ɡ", "p ɪ ɡ"], [["k æ t"], ["d ɑ ɡ", "d ɔ ɡ"], ["p ɪ k"]]).value  # 1 of 3
        0.3333333333333333
    """
    sets = _aligned(hypotheses, references)
    wrong = sum(hypothesis not in known for hypothesis, known in zip(hypotheses, sets, strict=True))
    return Score("WER", wrong / len(sets), f"{_count(sets)}|case:mixed|unit:whole")


def phoneme_error_rate(hypotheses: Sequence[str], references: References) -> Score:
    r"""PER: edits over whitespace-separated tokens, over the references' length.

    .. math:: \mathrm{PER} = \sum_n d(h_n, r_n) \,/\, \sum_n |r_n|

    where `d` is the Levenshtein distance and `r_n` the reference nearest to hypothesis `h_n`. Of several references
    equally near the longest counts, so that their order changes nothing. May exceed 1.

    Raises:
        DataError: when the lists are empty or differ in length, or when no nearest reference has any token.

    Example:
        >>> phoneme_error_rate(["k æ t", "d ɔ ɡ z"], [["k æ t"], ["d ɑ ɡ z", "d ɑ ɡ"]]).value  # 1 edit in 7
        0.14285714285714285
    """
    from rapidfuzz.distance import Levenshtein

    sets = _aligned(hypotheses, references)
    edits = length = 0
    for hypothesis, known in zip(hypotheses, sets, strict=True):
        tokens = hypothesis.split()
        candidates = [reference.split() for reference in known]
        distance, size = min((Levenshtein.distance(tokens, each), -len(each)) for each in candidates)
        edits += distance
        length -= size
    if not length:
        raise DataError("the references hold no token at all, so an error rate has no meaning: check the target column")
    return Score("PER", edits / length, f"{_count(sets)}|case:mixed|unit:whitespace|ties:longest")


METRICS: Mapping[str, Metric] = {
    "bleu": bleu,
    "chrf": chrf,
    "exact_match": exact_match,
    "wer": word_error_rate,
    "per": phoneme_error_rate,
}


def by_length(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: References,
    *,
    edges: Sequence[int] = (10, 20, 30, 40, 50),
    metric: Metric = bleu,
) -> list[LengthGroup]:
    """One score for each interval of source length, as the curves of Bahdanau et al. (2015), figure 2.

    Args:
        sources: N inputs, whose length is counted in whitespace tokens.
        hypotheses: N texts.
        references: for each hypothesis one text or a list of texts.
        edges: where a new group begins: `(10, 20)` makes the groups 0-9, 10-19, and 20 or more.
        metric: one of `METRICS`, or any function called alike.

    Returns:
        Every group in order, the empty ones too.

    Raises:
        ConfigError: when the edges do not rise from 1.
        DataError: when the lists are empty or differ in length.

    Example:
        >>> [group.count for group in by_length(["a", "a b c"], ["x", "y"], ["x", "z"], edges=(2,), metric=exact_match)]
        [1, 1]
    """
    sets = _aligned(hypotheses, references)
    if len(sources) != len(hypotheses):
        raise DataError(f"{len(sources)} sources do not fit {len(hypotheses)} hypotheses: give one for each")
    starts = [0, *edges]
    if any(low >= high for low, high in pairwise(starts)):
        raise ConfigError(f"length edges must rise, beginning above 0; got {list(edges)}")
    lengths = [len(source.split()) for source in sources]
    groups: list[LengthGroup] = []
    for low, high in zip(starts, [*edges, None], strict=True):
        rows = [n for n, length in enumerate(lengths) if low <= length and (high is None or length < high)]
        score = metric([hypotheses[n] for n in rows], [sets[n] for n in rows]) if rows else None
        groups.append(LengthGroup(low, high, len(rows), score))
    return groups


def _aligned(hypotheses: Sequence[str], references: References) -> list[list[str]]:
    """The references as one list for each hypothesis, after checking that both fit."""
    if not hypotheses:
        raise DataError("there are no hypotheses to score: the list is empty")
    if len(hypotheses) != len(references):
        raise DataError(f"{len(hypotheses)} hypotheses do not fit {len(references)} references: give one for each")
    sets = [[each] if isinstance(each, str) else list(each) for each in references]
    for number, known in enumerate(sets, start=1):
        if not known:
            raise DataError(f"hypothesis {number} has no reference: give at least one")
    return sets


def _streams(sets: list[list[str]]) -> list[list[str]]:
    """The references as sacrebleu wants them: the first of each, the second of each, ..., None where there is none."""
    # sacrebleu takes None for a missing reference and says so, but its annotations do not.
    return cast("list[list[str]]", [list(stream) for stream in zip_longest(*sets)])


def _count(sets: list[list[str]]) -> str:
    """How many references there were, in sacrebleu's words: `nrefs:2`, or `nrefs:var` where inputs differ."""
    sizes = {len(known) for known in sets}
    return f"nrefs:{sizes.pop()}" if len(sizes) == 1 else "nrefs:var"
