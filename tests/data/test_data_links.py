"""Links between words: their format, and which word a piece belongs to."""

import pytest

from sightline.data import Tokenizer, format_links, read_links, text_words, words_of_pieces
from sightline.errors import DataError


def test_sure_links_are_possible_too(tmp_path):
    path = tmp_path / "gold.txt"
    path.write_text("0-1 2p0\n\n10-3\n")
    first, second, third = read_links(path)
    assert (first.sure, first.possible) == ({(0, 1)}, {(0, 1), (2, 0)})
    assert (second.sure, second.possible) == (frozenset(), frozenset())
    assert third.sure == {(10, 3)}
    assert format_links(first.possible) == "0-1 2-0"


@pytest.mark.parametrize("word", ["1", "a-b", "1-", "1--2", "-1-2", "1-2p3", "1:2"])
def test_what_is_no_link_is_told_with_its_line(tmp_path, word):
    path = tmp_path / "gold.txt"
    path.write_text(f"0-0\n1-1 {word}\n")
    with pytest.raises(DataError, match=rf"gold.txt, line 2: '{word}' is no link: expected such as 0-1"):
        read_links(path)


@pytest.mark.parametrize("kind", ["word", "char", "bpe", "unigram"])
def test_every_piece_lies_in_the_word_it_is_of(kind):
    texts = ["the cat's house ,  really", " a  b", "x"]
    tokenizer = Tokenizer.train(texts * 5, kind, 60)
    for text in texts:
        words = text_words(text)
        assert [word.text for word in words] == text.split()
        pieces = tokenizer.encode(text).pieces
        found = words_of_pieces(words, pieces)
        assert sorted({word for word in found if word is not None}) == list(range(len(words)))
        for piece, number in zip(pieces, found, strict=True):
            if number is None:
                assert piece.start is None or not text[piece.start : piece.end].strip()
            else:
                assert piece.end is not None
                assert words[number].start < piece.end <= words[number].end
