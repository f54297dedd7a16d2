"""Speed of translation models on Multi30k's subwords: training and beam search, as the scripts in `peers` measure.

    python benchmarks/translation.py DATA [--seconds 60] [--model transformer|recurrent] [--skip-decoding]

DATA is what peers/prepare_multi30k.py wrote, so that all see the same pieces and the same vocabulary. The Transformer
has 4+4 layers, width 128, 4 heads, feed-forward 256, all embeddings shared, dropout 0.3, as peers/hf_marian.py; the
recurrent model is a bidirectional GRU 512 with embeddings of 256, additive attention and input feeding, dropout 0.2, as
peers/onmt_bench.py. Speed counts target tokens with end of sentence, without padding. Decoding runs beam 5 with random
weights over test2016 in batches of 32, sorted, each output forced to its references' mean length.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch

from sightline.data import EOS, Pair, PairBatch, Tokenizer, bucket, collate
from sightline.decoding import beam_search
from sightline.models import Recurrent, Seq2Seq, Transformer
from sightline.training import build_optimizers, cross_entropy, fast_matmul

SHARED = {"shared_embeddings": True, "tied_output": True}
MODELS = {
    "transformer": lambda size: Transformer(
        size, size, width=128, heads=4, hidden=256, encoder_layers=4, decoder_layers=4, dropout=0.3, **SHARED
    ),
    "recurrent": lambda size: Recurrent(
        size,
        size,
        cell="gru",
        attention="additive",
        decoder="luong",
        input_feeding=True,
        embedding_width=256,
        width=512,
        dropout=0.2,
        shared_embeddings=True,
    ),
}


def read(data: Path, split: str) -> list[Pair]:
    sides = [(data / f"{split}.bpe.{side}").read_text(encoding="utf-8").split("\n")[:-1] for side in ("en", "de")]
    return [Pair(*pair) for pair in zip(*sides, strict=True)]


def training(model: Seq2Seq, pairs: list[list[list[int]]], seconds: float) -> None:
    sources, targets = pairs
    lengths = [[len(row) + 1 for row in side] for side in pairs]
    (optimizer,) = build_optimizers(model, optimizer="adamw", learning_rate=1e-3, weight_decay=0.01, betas=(0.9, 0.98))
    model.train()
    rates, counts, start = [], [], 0.0
    for k, rows in enumerate(bucket(*lengths, 4096, seed=0, epoch=1)):
        before = time.perf_counter()
        batch: PairBatch = collate([sources[i] for i in rows], [targets[i] for i in rows])
        features, _ = model(batch.source, batch.source_mask, batch.target[:, :-1])
        loss = cross_entropy(features, model.output.weight, model.output.bias, batch.target[:, 1:], label_smoothing=0.1)
        (loss.total / loss.count).backward()
        optimizer.step()
        optimizer.zero_grad()
        if k < 3:
            start = time.perf_counter()
            continue
        counts.append(int(loss.count))
        rates.append(counts[-1] / (time.perf_counter() - before))
        if time.perf_counter() - start > seconds:
            break
    wall = time.perf_counter() - start
    print(
        f"training: {sum(counts) / wall:.0f} target tokens/s over {len(counts)} steps, "
        f"median of steps {statistics.median(rates):.0f}",
        flush=True,
    )


def decoding(model: Seq2Seq, pairs: list[list[list[int]]]) -> None:
    model.eval()
    order = sorted(range(len(pairs[0])), key=lambda i: len(pairs[0][i]))
    groups = [order[i : i + 32] for i in range(0, len(order), 32)]
    sentences = tokens = 0
    start = time.perf_counter()
    with torch.inference_mode():
        for rows in groups:
            batch = collate([pairs[0][i] for i in rows], [[] for _ in rows])
            want = round(sum(len(pairs[1][i]) + 1 for i in rows) / len(rows))

            def step(last, memory, state):
                log_probs, state = model.step(last, memory, state)
                log_probs[:, EOS] = -torch.inf  # the search itself ends each answer at its limit
                return log_probs, state

            memory = model.encode(batch.source, batch.source_mask)
            found = beam_search(step, memory, model.start(memory), batch=len(rows), width=5, max_length=want)
            sentences += len(rows)
            tokens += len(found) * want
    wall = time.perf_counter() - start
    print(
        f"beam 5, batch 32: {sentences / wall:.2f} sentences/s, {tokens / wall:.0f} tokens/s "
        f"({sentences} sentences in {wall:.1f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--model", choices=MODELS, default="transformer")
    parser.add_argument("--skip-decoding", action="store_true")
    options = parser.parse_args()
    train = read(options.data, "train")
    tokenizer = Tokenizer.train([text for pair in train for text in pair], "word", size=20000)
    torch.manual_seed(0)
    model = MODELS[options.model](tokenizer.size)
    print(
        f"{options.model}: {sum(p.numel() for p in model.parameters()):,} parameters, vocabulary {tokenizer.size}, "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    )

    def encoded(pairs: list[Pair]) -> list[list[list[int]]]:
        return [tokenizer.encode_batch([pair[side] for pair in pairs]) for side in (0, 1)]

    with fast_matmul("fast"):
        training(model, encoded(train), options.seconds)
    if not options.skip_decoding:
        with fast_matmul("exact"):
            decoding(model, encoded(read(options.data, "test2016")))


if __name__ == "__main__":
    main()
