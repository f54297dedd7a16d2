"""Words and sentences: what is cut where, in several scripts, and that nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.data.documents import cut_sentences, cut_words, lower, split_words, without_markup

SENTENCES = {
    "Dr. Ross met J. R. Hartley. It was 3.5 km away!": ["Dr. Ross met J. R. Hartley.", "It was 3.5 km away!"],
    "He said: 'No!' Then he left… \"Why?\" she asked.": ["He said: 'No!'", "Then he left…", '"Why?" she asked.'],
    "first line\nsecond line": ["first line", "second line"],
    "今日は晴れ。明日は雨！行こう": ["今日は晴れ。", "明日は雨！", "行こう"],
    "यह पहला है। यह दूसरा है।": ["यह पहला है।", "यह दूसरा है।"],
    "ذهب الولد؟ نعم ذهب.": ["ذهب الولد؟", "نعم ذهب."],
    "it goes on. and on, e.g. here": ["it goes on. and on, e.g. here"],
    "": [],
    " \n ": [],
}


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: text[:12])
def test_sentences(text):
    words = cut_words(text)
    found, done = [], 0
    for count in cut_sentences(text, [word.start for word in words], 60):
        found.append(text[words[done].start : words[done + count - 1].end])
        done += count
    assert found == SENTENCES[text]


def test_a_long_sentence_is_cut_into_like_parts():
    text = "word " * 100
    assert cut_sentences(text, [word.start for word in cut_words(text)], 30) == [25, 25, 25, 25]
    assert cut_sentences(text, [word.start for word in cut_words(text)], 99) == [50, 50]


@given(st.text(max_size=80), st.integers(1, 9))
def test_every_sign_that_is_no_space_is_in_a_word_and_every_word_in_a_sentence(text, longest):
    words = cut_words(text)
    assert "".join(word.text for word in words) == "".join(char for char in text if not _is_space(char))
    assert all(text[word.start : word.end] == word.text for word in words)
    counts = cut_sentences(text, [word.start for word in words], longest)
    assert split_words(text) == [word.text for word in words]
    assert sum(counts) == len(words)
    assert all(0 < count <= longest for count in counts)


def _is_space(char: str) -> bool:
    return not cut_words(char)


@given(st.text(max_size=60))
def test_lower_case_keeps_places(text):
    assert len(lower(text)) == len(text)
    assert lower("STRASSE Ä") == "strasse ä"


def test_markup_is_space_of_its_length():
    text = "a<br /><b>c</b> x < y and y > z"
    seen = without_markup(text)
    assert len(seen) == len(text)
    assert [word.text for word in cut_words(seen)] == ["a", "c", "x", "z"] or seen.count("<") == 1
