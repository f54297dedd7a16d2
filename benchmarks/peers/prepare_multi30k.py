"""Multi30k en-de for every translation peer: one joint BPE of 10k merges, one joint vocabulary.

    python prepare_multi30k.py DATA_DIR OUT_DIR [--merges 10000]

DATA_DIR holds multi30k_ende/*.lc.norm.tok.{en,de}.gz. OUT_DIR gets, for each split,
SPLIT.{en,de} (words), SPLIT.bpe.{en,de} (pieces), bpe.codes and vocab.txt (pieces by frequency).
Needs subword-nmt.
"""

import argparse
import collections
import gzip
import io
from pathlib import Path

from subword_nmt.apply_bpe import BPE
from subword_nmt.learn_bpe import learn_bpe

SPLITS = {"train": "train", "val": "val", "test2016": "test_2016_flickr"}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--merges", type=int, default=10000)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    text = {}
    for split, name in SPLITS.items():
        for lang in ("en", "de"):
            path = a.data / "multi30k_ende" / f"{name}.lc.norm.tok.{lang}.gz"
            lines = gzip.open(path, "rt", encoding="utf-8").read().split("\n")
            text[split, lang] = [" ".join(line.split()) for line in lines[:-1]]
            (a.out / f"{split}.{lang}").write_text("\n".join(text[split, lang]) + "\n", encoding="utf-8")
    codes = io.StringIO()
    learn_bpe(io.StringIO("\n".join(text["train", "en"] + text["train", "de"])), codes, a.merges)
    (a.out / "bpe.codes").write_text(codes.getvalue(), encoding="utf-8")
    codes.seek(0)
    bpe = BPE(codes)
    counts = collections.Counter()
    for (split, lang), lines in text.items():
        pieces = [bpe.process_line(line).strip() for line in lines]
        (a.out / f"{split}.bpe.{lang}").write_text("\n".join(pieces) + "\n", encoding="utf-8")
        n = sum(len(p.split()) + 1 for p in pieces)
        print(f"{split}.{lang}: {len(lines)} sentences, {n} tokens with end of sentence")
        if split == "train":
            for p in pieces:
                counts.update(p.split())
    order = sorted(counts, key=lambda w: (-counts[w], w))
    (a.out / "vocab.txt").write_text("\n".join(order) + "\n", encoding="utf-8")
    print("joint vocabulary:", len(order), "pieces")


if __name__ == "__main__":
    main()
