from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.data import Pair, Tokenizer
from sightline.errors import ConfigError, DataError
from sightline.tasks.translate import TokenizerConfig
from sightline.tasks.translate.corpus import as_pairs, hold_out, make_corpus, make_tokenizers, with_dropout

TEXTS = st.text("abc", min_size=1, max_size=3)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=30), st.floats(0.01, 0.49), st.integers(0, 3))
def test_equal_sources_stay_together_and_nothing_is_lost(pairs, share, seed):
    pairs = [Pair(*pair) for pair in pairs]
    if len({pair.source for pair in pairs}) == 1:
        with pytest.raises(DataError, match="only 1 distinct source text"):
            hold_out(pairs, share, seed)
        return
    train, held = hold_out(pairs, share, seed)
    assert Counter(train + held) == Counter(pairs)
    assert train
    assert held
    assert not {pair.source for pair in train} & {pair.source for pair in held}
    assert hold_out(pairs, share, seed) == (train, held)


def corpus(pairs, **changes):
    pairs = [Pair(*pair) for pair in pairs]
    tokenizer = Tokenizer.train(["abcd"], "char")
    options = {"guide": {}, "copying": False, "max_length": 5, "batch_tokens": 20, "seed": 1} | changes
    return make_corpus(pairs, "training", tokenizer, tokenizer, **options)


def test_pairs_too_long_and_unknown_tokens_are_counted():
    """A limit of 5 with the end counted: 4 characters on a side."""
    made = corpus([("abcd", "a"), ("abcda", "a"), ("a", "ddddd"), ("ax", "yz")])
    assert (made.report.pairs, made.report.too_long) == (4, 2)
    assert [pair.source for pair in made.pairs] == ["abcd", "ax"]
    assert (made.report.unknown_source, made.report.unknown_target) == (pytest.approx(1 / 6), pytest.approx(2 / 3))
    assert str(made.report).startswith("2 pairs, 2 left out as longer than 5 tokens, unknown tokens 16.67% source and")


def test_batches_hold_every_pair_once_and_depend_on_the_epoch_alone():
    made = corpus([("a" * (1 + i % 4), "b" * (1 + i % 3)) for i in range(23)])
    sizes = [len(batch.source) for batch in made.batches(1)]
    assert sum(sizes) == 23
    first, again = list(made.batches(2)), list(made.batches(2))
    assert all((one.source == other.source).all() for one, other in zip(first, again, strict=True))


def test_nothing_left_or_nothing_that_fits():
    with pytest.raises(DataError, match=r"none of the 1 training pairs has at most 5 tokens .* raise data.max_length"):
        corpus([("abcda", "a")])
    with pytest.raises(ConfigError, match=r"has 5 tokens on a side, and a batch takes 4: raise training.batch_tokens"):
        corpus([("abcd", "a")], batch_tokens=4)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([{"en": "a", "de": "b"}], r"training pair 1 is \{'en': 'a', 'de': 'b'\}: expected two texts"),
        ([3], "training pair 1 is 3: expected two texts"),
        ([("a", "b"), ("a",)], r"training pair 2 is \('a',\): expected two texts"),
        (["ab"], "training pair 1 is 'ab'"),
        ([("a", None)], "training pair 1"),
        ([], "there are no training pairs"),
    ],
)
def test_what_is_no_pair(pairs, message):
    with pytest.raises(DataError, match=message):
        as_pairs(pairs, "training")


def test_tokenizers_shared_own_or_loaded(tmp_path):
    pairs = [Pair("ab", "cd"), Pair("ba", "dc")]
    char, word = TokenizerConfig(kind="char"), TokenizerConfig(kind="word")
    one, other = make_tokenizers(pairs, char, None, shared=True)
    assert one is other
    assert one.size == 4 + 4
    source, target = make_tokenizers(pairs, char, word, shared=False)
    assert (source.kind, source.size, target.kind, target.size) == ("char", 6, "word", 6)
    source.save(tmp_path / "t.json")
    loaded, _ = make_tokenizers(pairs, TokenizerConfig(load=tmp_path / "t.json"), None, shared=False)
    assert loaded.encode("ab").ids == source.encode("ab").ids


def test_words_fall_into_other_pieces_in_each_epoch():
    pairs = [Pair("low lowest", "cold coldest"), Pair("lower", "colder")] * 3
    tokenizer = Tokenizer.train([text for pair in pairs for text in pair], "bpe", 30)
    options = {"guide": {}, "copying": False, "max_length": 20, "batch_tokens": 60, "seed": 1}
    made = with_dropout(make_corpus(pairs, "training", tokenizer, tokenizer, **options), tokenizer, tokenizer, (0.5, 0))

    def sides(epoch, **how):
        batches = list(made.batches(epoch, **how))
        return [b.source.tolist() for b in batches], sorted(row for b in batches for row in b.target.tolist())

    assert sides(1) == sides(1)
    assert sides(1)[0] != sides(2)[0]
    assert {len(row) for row in sides(1)[1]} == {len(row) for row in sides(0, shuffle=False)[1]}  # targets stay whole
    usual = [tokenizer.decode(row) for batch in sides(0, shuffle=False)[0] for row in batch]
    assert sorted(tokenizer.decode(row) for batch in sides(3)[0] for row in batch) == sorted(usual)


def test_an_epoch_knows_how_many_batches_it_has():
    made = corpus([("abcd", "ab")] * 30)
    assert len(made.batches(1)) == len(list(made.batches(1))) > 1


def test_links_of_words_become_links_of_tokens():
    """Two tokens for `ab`, one for `c`: every token of a word with every token of its partner."""
    pairs = [Pair("ab c", "d ca"), Pair("a", "b"), Pair("abcd ab", "a")]
    tokenizer = Tokenizer.train(["abcd abcd"], "char")
    guide = {pairs[0]: frozenset({(0, 1), (1, 0)}), pairs[2]: frozenset({(0, 0)})}
    made = make_corpus(
        pairs, "training", tokenizer, tokenizer, guide=guide, copying=False, max_length=5, batch_tokens=20, seed=1
    )
    assert made.links == [[(3, 0), (0, 2), (1, 2), (0, 3), (1, 3)], []]  # the third pair is too long
    (batch,) = made.batches(1, shuffle=False)
    assert {tuple(link) for link in batch.links.tolist()} == {
        (int(batch.source_mask.sum(1).argmax()), t, s) for s, t in made.links[0]
    }
