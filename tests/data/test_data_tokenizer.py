"""Tokenizers: exact round trips and offsets in any script, no text taken for a special symbol, repeatable training."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.data import BOS, EOS, KINDS, PAD, SPECIALS, UNK, Tokenizer
from sightline.errors import ConfigError, DataError, ModelFolderError
from sightline.results import Piece

SCRIPTS = [
    "the quick brown fox jumps over the lazy dog",
    "Füße, naïve façades — œuvre!",
    "cafe\u0301 n\u0303 a\u0308\u0323 combining",
    "我 喜欢 读书 日本語の文章 한국어",
    "السلام عليكم ورحمة الله",
    "नमस्ते दुनिया ไทย",
    "👩‍👩‍👧 🏳️‍🌈 👍🏽 ok",
    "▁ a▁b \u00a0 \u3000 tab\there \u2028",
    "<eos> <pad> x<unk>y <bos><eos>",
]
LETTERS = sorted(set("".join(SCRIPTS)) - {" "})
ALL_KINDS = sorted(KINDS)


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    return {kind: Tokenizer.train(SCRIPTS, kind, size=250) for kind in KINDS}


def texts(kind: str) -> st.SearchStrategy[str]:
    """Texts that a tokenizer of this kind must give back: seen characters, or seen words."""
    if kind == "word":
        return st.lists(st.sampled_from(" ".join(SCRIPTS).split(" "))).map(" ".join)
    return st.text(st.sampled_from([*LETTERS, " "]))


@pytest.mark.parametrize("kind", ALL_KINDS)
@given(data=st.data())
@settings(max_examples=100)
def test_round_trip(tokenizers, kind, data):
    tokenizer = tokenizers[kind]
    text = data.draw(texts(kind))
    encoding = tokenizer.encode(text)
    assert tokenizer.decode(encoding.ids) == text
    assert not set(encoding.ids) & {PAD, UNK, BOS, EOS}
    assert tokenizer.encode_batch([text, text]) == [encoding.ids] * 2
    assert tokenizer.pieces(encoding.ids) == encoding.pieces


@pytest.mark.parametrize("kind", ALL_KINDS)
@given(text=st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from([*LETTERS, " "])))
@settings(max_examples=100)
def test_offsets_point_at_what_is_shown(tokenizers, kind, text):
    encoding = tokenizers[kind].encode(text)
    assert len(encoding.pieces) == len(encoding.ids)
    assert tokenizers[kind].encode_batch([text]) == [encoding.ids]
    covered = set[int]()
    end = 0
    for piece in encoding.pieces:
        assert piece.start is not None
        assert piece.end is not None
        assert end <= piece.start <= piece.end
        end = piece.end
        covered |= set(range(piece.start, piece.end))
        if piece.text == "▁" and piece.word is None:
            assert text[piece.start : piece.end] in ("", " ", "▁")
        else:
            assert piece.text == text[piece.start : piece.end] != ""
            assert (piece.word is None) == (kind == "char")
        if piece.word is not None:
            assert piece.text in [word for word in text.split(" ") if word][piece.word]
    assert {index for index, character in enumerate(text) if character != " "} <= covered


@pytest.mark.parametrize("kind", ALL_KINDS)
@given(data=st.data())
@settings(max_examples=50)
def test_any_ids_decode_with_a_piece_for_each(tokenizers, kind, data):
    tokenizer = tokenizers[kind]
    ids = data.draw(st.lists(st.integers(0, tokenizer.size - 1)))
    text, pieces = tokenizer.decode(ids), tokenizer.pieces(ids)
    assert len(pieces) == (ids.index(EOS) + 1 if EOS in ids else len(ids))
    for index, piece in zip(ids, pieces, strict=False):
        if index in (PAD, BOS, EOS):
            assert piece == Piece(SPECIALS[index])
        elif piece.text != "▁" or piece.word is not None:
            assert piece.text == text[piece.start : piece.end]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_special_ids(tokenizers, kind):
    tokenizer = tokenizers[kind]
    fox = tokenizer.encode("fox").ids
    assert (PAD, UNK, BOS, EOS) == (0, 1, 2, 3)
    assert tokenizer.decode([BOS, *fox, PAD, EOS, *fox]) == "fox"
    assert tokenizer.pieces([*fox, EOS, *fox])[-1] == Piece("<eos>")
    assert tokenizer.decode([]) == tokenizer.decode(tokenizer.encode("").ids) == ""


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("literal", SPECIALS)
def test_literal_special_symbols_are_text(kind, literal):
    seen = Tokenizer.train([f"{literal} {literal}", f"a{literal}{literal} b"] * 7, kind, size=60)
    unseen = Tokenizer.train(["a b c"], kind, size=60)
    for text in (literal, f"a{literal}", f"{literal} {literal} b", f" {literal} "):
        assert not set(unseen.encode(text).ids) & {PAD, BOS, EOS}
        assert not set(seen.encode(text).ids) & {PAD, BOS, EOS}
    assert seen.decode(seen.encode(f"{literal} b").ids) == f"{literal} b"
    assert UNK not in seen.encode(f"{literal} b").ids


def test_unknown_text_is_counted_and_kept_in_pieces():
    word = Tokenizer.train(["a b"], "word")
    encoding = word.encode("a x  b")
    assert encoding.ids[1] == UNK
    assert encoding.pieces == [Piece("a", 0, 1, 0), Piece("x", 2, 3, 1), Piece("b", 5, 6, 2)]
    assert word.decode(encoding.ids) == "a <unk> b"
    assert word.pieces(encoding.ids)[1] == Piece("<unk>", 2, 7, 1)
    count = word.unknown([encoding.ids, [UNK], []])
    assert (count.unknown, count.total, count.share) == (2, 4, 0.5)
    assert word.unknown([]).share == 0.0
    bpe = Tokenizer.train(["a b"], "bpe")
    assert bpe.encode("a ΩΨ").pieces[-3:] == [Piece("▁", 1, 2), Piece("Ω", 2, 3, 1), Piece("Ψ", 3, 4, 1)]
    assert Tokenizer.train(["a b"], "char").encode("a Ω").ids[-1] == UNK


def test_characters_include_the_space():
    tokenizer = Tokenizer.train(["ab a"], "char")
    assert tokenizer.size == 4 + 3
    assert tokenizer.encode("a b").pieces == [Piece("a", 0, 1), Piece("▁", 1, 2), Piece("b", 2, 3)]


def test_words_are_cut_at_spaces_only():
    tokenizer = Tokenizer.train(["K AE1\u00a0T\tS"], "word")
    assert [piece.text for piece in tokenizer.encode("K AE1\u00a0T\tS").pieces] == ["K", "AE1\u00a0T\tS"]


def test_ids_by_frequency_then_code_point_and_limits():
    tokenizer = Tokenizer.train(["c b a b", "d c"], "word")
    assert [tokenizer.decode([index]) for index in range(4, tokenizer.size)] == ["b", "c", "a", "d"]
    assert Tokenizer.train(["c b a b", "d c"], "word", size=6).size == 6
    assert Tokenizer.train(["c b a b", "d c"], "word", min_count=2).size == 6
    assert Tokenizer.train(["aab"], "char", size=5).encode("ab").ids == [4, UNK]
    merged, apart = (Tokenizer.train(["xyz xyz"], "bpe", min_count=count).size for count in (2, 3))
    assert merged > apart == 4 + len(" xyz")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "bep"}, "did you mean 'bpe'"),
        ({"kind": "bpe", "size": 7}, "4 different characters, which with 4 special symbols asks for 8"),
        ({"kind": "unigram", "size": 7}, "asks for 8 at least"),
        ({"kind": "unigram", "min_count": 2}, "no meaning"),
        ({"kind": "word", "size": 4}, "no room"),
        ({"kind": "char", "size": -1}, "no room"),
        ({"kind": "word", "min_count": 5}, "seen 2 times"),
        ({"kind": "char", "min_count": 0}, "1 or more"),
    ],
)
def test_settings_that_cannot_be_met(arguments, words):
    with pytest.raises(ConfigError, match=words):
        Tokenizer.train(["ab ab", "c"], **arguments)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_smallest_size_works(kind):
    tokenizer = Tokenizer.train(["ab ab", "c"], kind, size=8)
    assert tokenizer.size <= 8
    assert tokenizer.decode(tokenizer.encode("ab c").ids) == "ab c"


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_no_text_and_no_unicode(tokenizers, kind):
    with pytest.raises(DataError, match="no text to train"):
        Tokenizer.train(["", ""], kind)
    for call in (
        lambda: Tokenizer.train(["ab\ud83d"], kind),
        lambda: tokenizers[kind].encode("ab\ud83d"),
        lambda: tokenizers[kind].encode_batch(["fine", "ab\ud83d"]),
    ):
        with pytest.raises(DataError, match="surrogate at character 3"):
            call()


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_save_and_load(tokenizers, kind, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizers[kind].save(path)
    loaded = Tokenizer.load(path)
    assert (loaded.kind, loaded.size) == (kind, tokenizers[kind].size)
    assert loaded.encode_batch(SCRIPTS) == tokenizers[kind].encode_batch(SCRIPTS)
    for row in tokenizers[kind].encode_batch(SCRIPTS):
        assert loaded.pieces(row) == tokenizers[kind].pieces(row)
    again = tmp_path / "again.json"
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_damaged_files_are_told(tokenizers, kind, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizers[kind].save(path)
    whole = path.read_bytes()
    content = json.loads(whole)
    bad = [whole[: len(whole) // 2], b"", b"[]", b"\xff", json.dumps({**content, "kind": "none"}).encode()]
    bad += [json.dumps({**content, "units": units}).encode() for units in (None, ["a", "a"], [3])]
    for data in bad:
        path.write_bytes(data)
        with pytest.raises(ModelFolderError, match=r"tokenizer\.json: the saved tokenizer is damaged"):
            Tokenizer.load(path)
    path.write_text(json.dumps({**content, "format": 99}))
    with pytest.raises(ModelFolderError, match="format 99"):
        Tokenizer.load(path)
    with pytest.raises(ModelFolderError, match="no such file"):
        Tokenizer.load(tmp_path / "none.json")


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_damaged_subwords_are_told(tokenizers, kind, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizers[kind].save(path)
    content = json.loads(path.read_bytes())
    plain = content["units"]["model"]["vocab"]
    moved = plain[4:] + plain[:4] if kind == "unigram" else {**plain, "<pad> ": 1, "<unk> ": 0}
    for model in (3, {**content["units"]["model"], "vocab": moved}):
        path.write_text(json.dumps({**content, "units": {**content["units"], "model": model}}))
        with pytest.raises(ModelFolderError, match="damaged"):
            Tokenizer.load(path)


TRAIN = """
import os, sys
from sightline.data import Tokenizer
from sightline.data.subwords import Subwords
import json
corpus = json.load(open(sys.argv[1]))
for kind in ("bpe", "unigram"):
    print(json.dumps(Tokenizer.train(corpus, kind, size=120)._units.state()))
sys.stdout.flush()
if os.fork() == 0:
    os._exit(0)
os.wait()
"""


def test_training_is_repeatable_across_processes_and_leaves_no_warning_at_a_fork(tmp_path):
    corpus = [f"{a}{b} {b}{c}{a} {c}{c}" for a in "xyzuv" for b in "abcde" for c in "xaqr"]  # full of ties
    path = tmp_path / "corpus.json"
    path.write_text(json.dumps(corpus))
    runs = [
        subprocess.run(
            [sys.executable, "-W", "ignore::DeprecationWarning", "-c", TRAIN, str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stderr == ""
    here = [json.dumps(Tokenizer.train(corpus, kind, size=120)._units.state()) for kind in ("bpe", "unigram")]
    assert runs[0].stdout.splitlines() == here


def test_texts_are_read_once(tmp_path: Path):
    for kind in KINDS:
        assert Tokenizer.train(iter(["ab", "ba"]), kind).size > 5


TEXTS = ["low lowest lower", "old oldest  older", "cold coldest ünder", ""]


def test_no_dropout_is_the_usual_cut():
    tokenizer = Tokenizer.train(TEXTS, "bpe", 40)
    for text in [*TEXTS, "lowlowest xylophone", " old"]:
        assert tokenizer.encode_at_random([text], 0.0, Random(1)) == tokenizer.encode_batch([text])


@pytest.mark.parametrize("dropout", [0.1, 0.5, 0.999])
def test_dropout_of_merges_cuts_the_same_text_smaller(dropout):
    tokenizer = Tokenizer.train(TEXTS, "bpe", 40)
    usual = sum(map(len, tokenizer.encode_batch(TEXTS)))
    sizes = set()
    for seed in range(20):
        cut = tokenizer.encode_at_random(TEXTS, dropout, Random(seed))
        assert [tokenizer.decode(ids) for ids in cut] == TEXTS
        sizes.add(sum(map(len, cut)))
    assert min(sizes) >= usual
    assert len(sizes) > (dropout < 0.9)
    if dropout > 0.9:
        assert max(sizes) >= sum(len(" " + text) for text in TEXTS[:3])  # nearly every character by itself


def test_dropout_is_repeatable_and_keeps_to_its_share():
    tokenizer = Tokenizer.train(TEXTS, "bpe", 40)
    first, again = (tokenizer.encode_at_random(TEXTS, 0.3, Random(7)) for _ in range(2))
    assert first == again
    (ids,) = tokenizer.encode_batch(["low"])
    (many,) = tokenizer.encode_at_random([" ".join(["low"] * 4000)], 0.3, Random(1))
    assert len(many) > len(ids) * 4000  # words that are met often fall into pieces too


def test_dropout_is_for_bpe():
    for kind in ("char", "word", "unigram"):
        with pytest.raises(ConfigError, match=f"for the kind 'bpe', and this tokenizer's is '{kind}'"):
            Tokenizer.train(TEXTS, kind, 40).encode_at_random(TEXTS, 0.1, Random(1))


def test_what_is_unknown_has_an_id_past_the_end():
    tokenizer = Tokenizer.train(["a b c"], "word")
    ids, extra = tokenizer.encode_open("b xx a yy xx")
    assert ids == [5, 7, 4, 8, 7]
    assert extra == [" xx", " yy"]
    assert tokenizer.decode(ids, extra) == "b xx a yy xx"
    assert [piece.text for piece in tokenizer.pieces(ids, extra)] == ["b", "xx", "a", "yy", "xx"]
    assert tokenizer.encode_open("yy zz c", extra) == ([8, 1, 6], extra)
    assert tokenizer.unknown([ids]).unknown == 3
