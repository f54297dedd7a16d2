"""Documents in, words and numbers out: readers, words and sentences with their places, labels, n-grams."""

from sightline.data.documents.labels import Label, LabelKind, Labels
from sightline.data.documents.ngrams import NgramIndex, ngrams_of
from sightline.data.documents.reading import Collection, read_documents
from sightline.data.documents.sentences import cut_sentences
from sightline.data.documents.vectors import read_vectors
from sightline.data.documents.words import Word, cut_words, lower, place_pieces, without_markup

__all__ = [
    "Collection",
    "Label",
    "LabelKind",
    "Labels",
    "NgramIndex",
    "Word",
    "cut_sentences",
    "cut_words",
    "lower",
    "ngrams_of",
    "place_pieces",
    "read_documents",
    "read_vectors",
    "without_markup",
]
