"""The same promises on real corpora."""

from pathlib import Path

import pytest

from sightline.data import Pair, Tokenizer, bucket, padding, read_parallel, read_tsv

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the development data sets beside the repository (../shared)"),
]


@pytest.fixture(scope="module")
def captions() -> list[Pair]:
    train = DATA / "multi30k_ende" / "train.lc.norm.tok"
    return read_parallel(f"{train}.en.gz", f"{train}.de.gz")


@pytest.mark.parametrize(("kind", "size"), [("bpe", 8000), ("unigram", 2000), ("word", 20_000), ("char", 100)])
def test_every_caption_comes_back_and_little_is_padded(captions, kind, size):
    texts = [text for pair in captions for text in pair]
    assert len(captions) == 29_000
    tokenizer = Tokenizer.train(texts, kind, size, min_count=1)
    rows = tokenizer.encode_batch(texts)
    if kind != "word":
        assert [tokenizer.decode(row) for row in rows] == texts
        assert tokenizer.unknown(rows).unknown == 0
    source, target = [len(row) + 1 for row in rows[::2]], [len(row) + 1 for row in rows[1::2]]
    batches = bucket(source, target, 4096, seed=1, epoch=0)
    assert padding(batches, source, target).waste < 0.10


def test_tables_are_read_whole():
    assert len(read_tsv(DATA / "mt_enfr_tatoeba" / "fra.txt.gz", 1, 2)) == 167_130
    assert read_tsv(DATA / "g2p_cmudict" / "pronasyl.train.tsv.gz", 1, 2)[0].target.count(" ") > 0
