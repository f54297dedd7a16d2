"""Text in, tensors out: readers of pairs, tokenizers, batches."""

from sightline.data.batches import Padding, PairBatch, bucket, collate, padding, split_by_length
from sightline.data.files import read_lines
from sightline.data.kinds import KINDS, Kind
from sightline.data.links import GoldLinks, Link, format_links, read_links, text_words, words_of_pieces
from sightline.data.readers import Pair, read_jsonl, read_parallel, read_tsv
from sightline.data.tokenizer import Encoding, Tokenizer, Unknown
from sightline.data.units import BOS, EOS, PAD, SPECIALS, UNK, Lexicon, Units

__all__ = [
    "BOS",
    "EOS",
    "KINDS",
    "PAD",
    "SPECIALS",
    "UNK",
    "Encoding",
    "GoldLinks",
    "Kind",
    "Lexicon",
    "Link",
    "Padding",
    "Pair",
    "PairBatch",
    "Tokenizer",
    "Units",
    "Unknown",
    "bucket",
    "collate",
    "format_links",
    "padding",
    "read_jsonl",
    "read_lines",
    "read_links",
    "read_parallel",
    "read_tsv",
    "split_by_length",
    "text_words",
    "words_of_pieces",
]
