"""From texts to translations: encode, search in batches of like length, recover the attention, restore the order."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from sightline.data import EOS, Tokenizer
from sightline.errors import DataError
from sightline.explain import Attention
from sightline.models import Maps, Seq2Seq
from sightline.results import AttentionMap, Piece
from sightline.tasks.translate.answering import Answer, attention_of, search
from sightline.tasks.translate.believing import believe
from sightline.tasks.translate.config import DecodingConfig
from sightline.tasks.translate.result import Candidate, Translation

__all__ = ["TextTooLongError", "predict"]

_EOS_PIECE = Piece("<eos>")


class TextTooLongError(DataError):
    """A text has more tokens than the model takes.

    Attributes:
        what: what is wrong, without the text's place.
        index: which text, from 0.
    """

    def __init__(self, what: str, index: int) -> None:
        super().__init__(what, path=f"input {index + 1}")
        self.what, self.index = what, index


def predict(
    texts: Sequence[str],
    *,
    model: Seq2Seq,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    decoding: DecodingConfig,
    copying: bool,
    max_length: int,
    seed: int,
    attention: bool,
    verdict: bool,
) -> list[Translation]:
    """A translation of each text, in order; a blank text gets a blank one. A verdict needs the attention.

    Raises:
        TextTooLongError: for a text of more than `max_length` tokens, before anything is translated.
    """
    extras: Sequence[Sequence[str]] = [()] * len(texts)
    if copying and texts:
        ids, extras = zip(*(source_tokenizer.encode_open(text) for text in texts), strict=True)
    else:
        ids = source_tokenizer.encode_batch(texts)
    for i, row in enumerate(ids):
        if len(row) >= max_length:
            raise TextTooLongError(
                f"the text has {len(row):,} tokens, and the model was trained on at most {max_length - 1:,} "
                f"(data.max_length, less one for the end): split it; it begins {texts[i][:40]!r}",
                i,
            )
    results = {i: _blank(text) for i, text in enumerate(texts) if not text.strip()}
    order = sorted((i for i in range(len(texts)) if i not in results), key=lambda i: len(ids[i]))
    # One generator for all batches, so that no two draw the same.
    generator = torch.Generator(model.output.weight.device).manual_seed(seed)
    size = 1 if decoding.method == "exact" else decoding.batch_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # for attention that draws its keys
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            sources = [ids[i] for i in rows]
            answers = search(model, sources, decoding, generator)
            maps: Sequence[Maps] = [{}] * len(rows)
            if attention:
                maps = attention_of(model, sources, [_without_eos(answer.hypotheses[0].tokens) for answer in answers])
            for i, answer, found in zip(rows, answers, maps, strict=True):
                result = _translation(texts[i], extras[i], answer, found, source_tokenizer, target_tokenizer)
                if verdict and "cross" in found:
                    cross = torch.from_numpy(result.attention["cross"].mean().weights)
                    tokens = _without_eos(answer.hypotheses[0].tokens)
                    result = replace(result, verdict=believe(model, ids[i], tokens, cross))
                results[i] = result
    return [results[i] for i in range(len(texts))]


def _without_eos(tokens: Sequence[int]) -> list[int]:
    return [token for token in tokens if token != EOS]


def _blank(text: str) -> Translation:
    return Translation(text="", score=0.0, pieces=(), source=text, source_pieces=(), attention=Attention({}))


def _translation(
    text: str,
    extra: Sequence[str],
    answer: Answer,
    maps: Maps,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> Translation:
    best, *others = answer.hypotheses
    queries = target_tokenizer.pieces(best.tokens, extra)
    keys = [*source_tokenizer.encode(text).pieces, _EOS_PIECE]
    sides = {"cross": (queries, keys), "encoder": (keys, keys), "decoder": (queries, queries)}
    return Translation(
        text=target_tokenizer.decode(best.tokens, extra),
        score=best.log_prob,
        pieces=queries,
        source=text,
        source_pieces=keys,
        attention=Attention({name: AttentionMap(weights.numpy(), *sides[name]) for name, weights in maps.items()}),
        alternatives=[Candidate(target_tokenizer.decode(other.tokens, extra), other.log_prob) for other in others],
        certified=answer.certified,
        cut_off=best.forced_end,
    )
