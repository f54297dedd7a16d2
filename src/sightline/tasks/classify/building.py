"""The network that a configuration asks for, and what else a classifier is made of."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from sightline.attention import Attention, build_score, build_selection
from sightline.data import Tokenizer
from sightline.data.documents import Labels, NgramIndex
from sightline.errors import ModelFolderError
from sightline.files import write_atomic
from sightline.layers import AttentionPooling, GatedPooling, MaxPooling
from sightline.models.classify import (
    Context,
    DocumentNetwork,
    FlatReader,
    HierarchicalReader,
    NoContext,
    OneHead,
    OrderedHead,
    OwnHierarchicalReader,
    OwnReader,
    Pooling,
    Reader,
    RecurrentContext,
    SeveralHead,
    TokenEmbedding,
    TransformerContext,
)
from sightline.tasks.classify.combining import Mixture
from sightline.tasks.classify.config import ClassifyConfig, HierarchicalConfig, ModelConfig
from sightline.tasks.classify.linear import Linear
from sightline.tasks.config import write_config
from sightline.tasks.folder import CONFIG, load_weights
from sightline.training import load_tensors, pick_device, save_tensors

__all__ = ["FILES", "Parts", "build_network", "load_parts", "load_start", "write_beside", "write_start"]

TOKENIZER, LABELS, BESIDE = "tokenizer.json", "labels.json", "beside.safetensors"
FILES = (TOKENIZER, LABELS, BESIDE)
_LINEAR = ("wide", "baseline")
_HEADS = {"one": OneHead, "several": SeveralHead, "ordered": OrderedHead}


class Parts(NamedTuple):
    """What a classifier is made of.

    Attributes:
        network: reads documents.
        tokenizer: numbers their words.
        labels: the classes.
        wide: the linear model of n-grams beside the network, if there is one.
        baseline: another one, to compare with.
        mixture: how network and linear model are joined.
        seconds: what the training of each took, by name.
    """

    network: DocumentNetwork
    tokenizer: Tokenizer
    labels: Labels
    wide: Linear | None = None
    baseline: Linear | None = None
    mixture: Mixture = Mixture(1.0, 1.0)
    seconds: Mapping[str, float] = MappingProxyType({})


def build_network(config: ClassifyConfig, size: int, labels: Labels) -> DocumentNetwork:
    """The network, freshly initialised from torch's random state, on the first GPU or else the CPU."""
    model = config.model
    embedding = TokenEmbedding(
        size,
        model.embedding_width,
        orders=model.orders if model.type == "ngrams" else (),
        buckets=model.buckets if model.type == "ngrams" else 2,
        word_dropout=model.word_dropout,
        dropout=model.embedding_dropout,
    )
    reader = _reader(model)
    head = _HEADS[labels.kind](reader.width, len(labels.classes))
    return DocumentNetwork(embedding, reader, head, dropout=model.dropout).to(pick_device())


def _reader(model: ModelConfig) -> Reader:
    if model.type == "hierarchical":
        words, own = _recurrent(model, model.embedding_width), model.embedding_width
        if model.reads_out == "words":
            sentences = _recurrent(model, own)
            return OwnHierarchicalReader(
                words=words,
                word_pooling=_attention_pooling(model, words.width),
                sentences=sentences,
                sentence_pooling=_attention_pooling(model, sentences.width),
                width=own,
            )
        sentences = _recurrent(model, words.width)
        return HierarchicalReader(
            words=words,
            word_pooling=_pooling(model, words.width),
            sentences=sentences,
            sentence_pooling=_pooling(model, sentences.width),
        )
    context: Context
    if model.type == "recurrent":
        context = _recurrent(model, model.embedding_width, bidirectional=model.bidirectional)
    elif model.type == "transformer":
        context = TransformerContext(
            input_width=model.embedding_width,
            width=model.width,
            heads=model.heads,
            hidden=model.hidden,
            layers=model.layers,
            dropout=model.embedding_dropout,
        )
    else:
        context = NoContext(model.embedding_width)
    if model.reads_out == "words":
        return OwnReader(context, _attention_pooling(model, context.width), model.embedding_width)
    return FlatReader(context, _pooling(model, context.width))


def _recurrent(model: Any, input_width: int, *, bidirectional: bool = True) -> RecurrentContext:
    return RecurrentContext(
        model.cell,
        input_width=input_width,
        width=model.width,
        layers=model.layers,
        bidirectional=bidirectional,
        dropout=model.embedding_dropout,
    )


def _pooling(model: ModelConfig, width: int) -> Pooling:
    if model.pooling == "max":
        return MaxPooling()
    if model.pooling == "gated":
        return GatedPooling(width)
    return _attention_pooling(model, width)


def _attention_pooling(model: ModelConfig, width: int) -> AttentionPooling:
    score = build_score(model.attention, query_width=width, key_width=width, width=width)
    return AttentionPooling(Attention(score, build_selection(model.selection, query_width=width, width=width)), width)


def reads_sentences(config: ClassifyConfig) -> bool:
    """Whether the network wants documents in sentences."""
    model = config.model
    return isinstance(model, HierarchicalConfig) or (model.type != "ngrams" and model.reads == "sentences")


def write_start(folder: Path, config: ClassifyConfig, parts: Parts) -> None:
    """Write down what is there before training; raises OutputError where the folder cannot be written."""
    write_atomic(folder / TOKENIZER, parts.tokenizer.to_bytes())
    write_atomic(folder / LABELS, (json.dumps(asdict(parts.labels), ensure_ascii=False) + "\n").encode())
    write_atomic(folder / CONFIG, write_config(config).encode())


def write_beside(folder: Path, parts: Parts) -> None:
    """Write down what training made beside the network."""
    tensors = {"mixture": torch.tensor(parts.mixture)}
    about: dict[str, Any] = {"seconds": dict(parts.seconds)}
    for name in _LINEAR:
        linear: Linear | None = getattr(parts, name)
        if linear is not None:
            about[name] = linear.index.orders
            arrays = {"ngrams": linear.index.hashes.view(np.int64), "weights": linear.weights, "bias": linear.bias}
            if linear.rarity is not None:
                arrays["rarity"] = linear.rarity
            tensors |= {f"{name}/{key}": torch.from_numpy(array) for key, array in arrays.items()}
    save_tensors(folder / BESIDE, tensors, about)


def _load_linear(name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> Linear | None:
    if name not in about:
        return None
    arrays = {key.rpartition("/")[2]: tensor.numpy() for key, tensor in tensors.items() if key.startswith(f"{name}/")}
    index = NgramIndex(tuple(about[name]), arrays["ngrams"].view(np.uint64))
    return Linear(index, arrays["weights"], arrays["bias"], arrays.get("rarity"))


def load_start(folder: Path) -> tuple[Tokenizer, Labels]:
    """Tokenizer and labels; raises ModelFolderError where one is missing or damaged."""
    tokenizer = Tokenizer.load(folder / TOKENIZER)
    try:
        found = json.loads((folder / LABELS).read_bytes())
        return tokenizer, Labels(tuple(found["classes"]), found["kind"], found["values"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{folder / LABELS}: missing or damaged; take a copy, or train again") from error


def load_parts(folder: Path, config: ClassifyConfig) -> Parts:
    """What a finished model's folder holds; raises ModelFolderError where a part is missing, damaged or another's."""
    tokenizer, labels = load_start(folder)
    network = build_network(config, tokenizer.size, labels)
    load_weights(folder, network)
    tensors, about = load_tensors(folder / BESIDE)
    wide, baseline = (_load_linear(name, tensors, about) for name in _LINEAR)
    mixture = Mixture(*tensors["mixture"].tolist())
    return Parts(network.eval(), tokenizer, labels, wide, baseline, mixture, about["seconds"])
