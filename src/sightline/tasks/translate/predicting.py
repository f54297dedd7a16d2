"""From texts to translations: encode, search in batches of like length, recover the attention, restore the order."""

from collections.abc import Sequence

from sightline.data import EOS, Tokenizer
from sightline.errors import DataError
from sightline.explain import Attention
from sightline.models import Maps, Seq2Seq
from sightline.results import AttentionMap, Piece
from sightline.tasks.translate.answering import Answer, attention_of, search
from sightline.tasks.translate.config import DecodingConfig
from sightline.tasks.translate.result import Candidate, Translation

__all__ = ["predict"]

_EOS_PIECE = Piece("<eos>")


def predict(
    texts: Sequence[str],
    *,
    model: Seq2Seq,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    decoding: DecodingConfig,
    max_length: int,
    seed: int,
    attention: bool,
) -> list[Translation]:
    """A translation of each text, in order; a blank text gets a blank one.

    Raises:
        DataError: for a text of more than `max_length` tokens, before anything is translated.
    """
    ids = source_tokenizer.encode_batch(texts)
    for i, row in enumerate(ids):
        if len(row) >= max_length:
            raise DataError(
                f"input {i + 1} has {len(row):,} tokens, and the model takes at most {max_length - 1:,} "
                f"(data.max_length less one for <eos>): split it; it begins {texts[i][:40]!r}"
            )
    results = {i: _blank(text) for i, text in enumerate(texts) if not text.strip()}
    order = sorted((i for i in range(len(texts)) if i not in results), key=lambda i: len(ids[i]))
    size = 1 if decoding.method == "exact" else decoding.batch_size
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        sources = [ids[i] for i in rows]
        answers = search(model, sources, decoding, seed)
        maps: Sequence[Maps] = [{}] * len(rows)
        if attention:
            maps = attention_of(model, sources, [_without_eos(answer.hypotheses[0].tokens) for answer in answers])
        for i, answer, found in zip(rows, answers, maps, strict=True):
            results[i] = _translation(texts[i], answer, found, source_tokenizer, target_tokenizer)
    return [results[i] for i in range(len(texts))]


def _without_eos(tokens: Sequence[int]) -> list[int]:
    return [token for token in tokens if token != EOS]


def _blank(text: str) -> Translation:
    return Translation(
        text="", score=0.0, pieces=(), source=text, source_pieces=(), attention=Attention({}), alternatives=()
    )


def _translation(
    text: str, answer: Answer, maps: Maps, source_tokenizer: Tokenizer, target_tokenizer: Tokenizer
) -> Translation:
    best, *others = answer.hypotheses
    queries = target_tokenizer.pieces(best.tokens)
    keys = [*source_tokenizer.encode(text).pieces, _EOS_PIECE]
    sides = {"cross": (queries, keys), "encoder": (keys, keys), "decoder": (queries, queries)}
    return Translation(
        text=target_tokenizer.decode(best.tokens),
        score=best.log_prob,
        pieces=queries,
        source=text,
        source_pieces=keys,
        attention=Attention({name: AttentionMap(weights.numpy(), *sides[name]) for name, weights in maps.items()}),
        alternatives=[Candidate(target_tokenizer.decode(other.tokens), other.log_prob) for other in others],
        certified=answer.certified,
    )
