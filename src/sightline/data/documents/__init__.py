"""Documents in, words and numbers out: readers, words and sentences with their places, labels, n-grams."""

from sightline.data.documents.labels import Label, LabelKind, Labels, LabelValue, UnknownLabelError, names_of
from sightline.data.documents.ngrams import NgramIndex, ngrams_of
from sightline.data.documents.reading import Collection, check_nul, holds_documents, read_documents
from sightline.data.documents.sentences import cut_sentences
from sightline.data.documents.vectors import Vectors, read_vectors
from sightline.data.documents.words import Word, cut_words, lower, split_words, without_markup

__all__ = [
    "Collection",
    "Label",
    "LabelKind",
    "LabelValue",
    "Labels",
    "NgramIndex",
    "UnknownLabelError",
    "Vectors",
    "Word",
    "check_nul",
    "cut_sentences",
    "cut_words",
    "holds_documents",
    "lower",
    "names_of",
    "ngrams_of",
    "read_documents",
    "read_vectors",
    "split_words",
    "without_markup",
]
