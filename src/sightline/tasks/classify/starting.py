"""Before a training begins: documents are held out and numbered, an untrained network comes to be."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch

from sightline.data import Tokenizer
from sightline.data.counting import count
from sightline.data.documents import Label, Labels, Vectors, names_of, read_vectors
from sightline.errors import DataError
from sightline.tasks.classify.building import Parts, build_network, load_start, reads_sentences
from sightline.tasks.classify.config import ClassifyConfig
from sightline.tasks.classify.corpus import Corpus
from sightline.tasks.classify.cutting import Cut, cut, number
from sightline.tasks.classify.pretraining import gensim_models, learn_vectors, read_unlabelled

__all__ = ["Labelled", "Side", "Start", "hold_out", "prepare"]


class Labelled(NamedTuple):
    """Documents with their labels."""

    texts: Sequence[str]
    labels: Sequence[Label]

    def take(self, places: Sequence[int]) -> "Labelled":
        """Those at these places."""
        return Labelled([self.texts[i] for i in places], [self.labels[i] for i in places])


class Side(NamedTuple):
    """Documents as the network sees them, and as words, for the linear model beside it."""

    corpus: Corpus
    cuts: Sequence[Cut]


class Start(NamedTuple):
    """All that the loop needs, how many words begin with a given vector, and what is odd about the documents."""

    parts: Parts
    train: Side
    valid: Side
    vectors: int
    notes: Sequence[str]

    def lines(self, config: ClassifyConfig) -> Iterator[str]:
        """What is about to be trained, for people."""
        labels = self.parts.labels
        for use, (corpus, cuts) in (("training", self.train), ("validation", self.valid)):
            words = [len(each.words) for each in cuts]
            unknown = self.parts.tokenizer.unknown(row for document in corpus.rows for row in document)
            left_out = sum(each.left_out for each in cuts)
            yield (
                f"{use}: {count(len(cuts), 'document')} of {sum(words) / len(words):,.0f} words on average and "
                f"{max(words):,} at most, unknown tokens {unknown.share:.2%}"
                + (f", {count(left_out, 'word')} left out of those above {config.data.longest:,}" if left_out else "")
            )
        held = self.train.corpus.labels
        each = held.sum(0).long() if held.ndim == 2 else torch.bincount(held, minlength=len(labels.classes))
        shown = [f"{name} {n:,}" for name, n in zip(labels.classes, each.tolist(), strict=True)]
        yield f"classes: {', '.join(shown[:12])}{', ...' if len(shown) > 12 else ''}"
        if self.vectors:
            source = "the file" if config.words.vectors is not None else "the documents without labels"
            yield f"vectors: {self.vectors:,} of {self.parts.tokenizer.size:,} tokens begin with one from {source}"
        yield from self.notes
        network = self.parts.network
        yield f"model: {config.model.type}, {sum(p.numel() for p in network.parameters()):,} parameters"


def hold_out(documents: Labelled, share: float, seed: int) -> tuple[Labelled, Labelled]:
    """Training and validation documents: of each class, or set of classes, the same share, and one at least.

    Documents with one text stay together, so that none leaks from one to the other; and each class keeps a text to
    train on.

    Raises:
        DataError: where nothing can be held out.
    """
    labels = dict(zip(*documents, strict=True))
    left = Counter(name for label in labels.values() for name in names_of(label))
    groups: dict[Label, list[str]] = {}
    for text, label in labels.items():
        groups.setdefault(label, []).append(text)
    rare = [texts[0] for texts in groups.values() if len(texts) == 1]
    chance = Random(f"hold out {seed}")
    held: set[str] = set()
    for texts in [*(texts for texts in groups.values() if len(texts) > 1), rare]:
        wanted = max(1, round(share * len(texts)))
        for text in sorted(texts, key=lambda _: chance.random()):
            names = names_of(labels[text])
            if wanted and all(left[name] > 1 for name in names):
                held.add(text)
                left.subtract(names)
                wanted -= 1
    if not held:
        raise DataError("no document can be held out for validation, since there are too few: add documents")
    rest = [i for i, text in enumerate(documents.texts) if text not in held]
    apart = [i for i, text in enumerate(documents.texts) if text in held]
    return documents.take(rest), documents.take(apart)


def prepare(
    config: ClassifyConfig,
    labels: Labels,
    train: Labelled,
    valid: Labelled,
    resumed: Path | None,
    say: Callable[[str], None],
) -> Start:
    """Nothing is written yet, and only what takes long is said.

    A training that is resumed keeps the tokenizer and the classes of its folder.

    Raises:
        ConfigError: for options that do not fit the documents.
        DataError: for validation labels that training does not have.
        ModelFolderError: where the tokenizer of a resumed training is damaged.
    """
    sentences = reads_sentences(config)

    def cut_all(documents: Labelled) -> list[Cut]:
        return [cut(text, config.words, config.data, sentences=sentences) for text in documents.texts]

    cuts, first = cut_all(train), None
    if resumed is None:
        tokenizer, first = _tokens(config, cuts, say)
    else:
        tokenizer, labels = load_start(resumed)

    def side(documents: Labelled, cuts: Sequence[Cut]) -> Side:
        encoded = torch.from_numpy(labels.encode(documents.labels))
        training = config.training
        rows = number(cuts, tokenizer)
        return Side(Corpus(rows, encoded, training.batch_documents, training.batch_tokens, config.seed), cuts)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = build_network(config, tokenizer.size, labels)
    if first is not None:
        table = network.embedding.tokens.weight
        table.data[torch.from_numpy(first.places)] = torch.from_numpy(first.rows).to(table.device)
    vectors = 0 if first is None else len(first.places)
    return Start(
        Parts(network, tokenizer, labels), side(train, cuts), side(valid, cut_all(valid)), vectors, list(_odd(train))
    )


def _odd(documents: Labelled) -> Iterator[str]:
    """Texts that contradict themselves."""
    known: dict[str, set[str]] = {}
    for text, label in zip(*documents, strict=True):
        known.setdefault(text, set()).add(", ".join(names_of(label)) or "(none)")
    several = {text: sorted(labels) for text, labels in known.items() if len(labels) > 1}
    if several:
        text, labels = next(iter(several.items()))
        yield (
            f"note: {count(len(several), 'text')} {'has' if len(several) == 1 else 'have'} different labels in "
            f"different places, such as {text[:40]!r}: {' and '.join(labels[:3])}"
        )


def _tokens(
    config: ClassifyConfig, cuts: Sequence[Cut], say: Callable[[str], None]
) -> tuple[Tokenizer, Vectors | None]:
    """A tokenizer of the documents' words, and the first vectors of some tokens, where they are to have any."""
    words, texts = config.words, [each.words for each in cuts]
    if words.unlabelled is not None:
        gensim_models()  # before much is read
        more = read_unlabelled(words.unlabelled, config.data.text)
        texts += [cut(text, words, config.data, sentences=False).words for text in more]
    tokenizer = Tokenizer.train((" ".join(text) for text in texts), words.kind, words.size, words.least)
    places, width = tokenizer.places(), config.model.embedding_width
    if words.vectors is not None:
        return tokenizer, read_vectors(words.vectors, places, width)
    if words.unlabelled is not None:
        there = f"{count(len(texts), 'document')} of {count(sum(map(len, texts)), 'word')} in all"
        say(f"vectors: learned first, from {there}; millions of words take minutes")
        return tokenizer, learn_vectors(texts, places, width, least=words.least, seed=config.seed)
    return tokenizer, None
