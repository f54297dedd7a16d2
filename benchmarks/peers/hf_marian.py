"""Hugging Face MarianMT at the tiny size (4+4 layers, d=128, ff=256, 4 heads, tied), random weights.

    python hf_marian.py DATA [--seconds 120] [--no-buckets] [--skip-generate]

DATA is what prepare_multi30k.py wrote. A bare loop: batches of at most 4096 padded tokens on the longer side, sorted
within the whole epoch, AdamW, label smoothing 0.1. Speed counts target tokens with end of sentence, without padding.
generate() runs beam 5 with the length of every output forced to its reference's mean, as random weights never stop.
"""

import argparse
import random
import statistics
import time
from pathlib import Path

import torch
import transformers
from transformers import MarianConfig, MarianMTModel


def batches(pairs, budget, bucketed, rng):
    order = list(range(len(pairs)))
    rng.shuffle(order)
    if bucketed:
        order.sort(key=lambda i: (len(pairs[i][1]), len(pairs[i][0])))
    out, batch, longest = [], [], 0
    for i in order:
        size = max(len(pairs[i][0]), len(pairs[i][1]))
        if batch and max(longest, size) * (len(batch) + 1) > budget:
            out.append(batch)
            batch, longest = [], 0
        batch.append(i)
        longest = max(longest, size)
    out.append(batch)
    rng.shuffle(out)
    return out


def pad(rows, value):
    width = max(map(len, rows))
    return torch.tensor([r + [value] * (width - len(r)) for r in rows])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("data", type=Path)
    ap.add_argument("--seconds", type=float, default=120)
    ap.add_argument("--skip-generate", action="store_true")
    ap.add_argument("--no-buckets", action="store_true", help="batches in random order, as JoeyNMT makes them")
    a = ap.parse_args()
    words = (a.data / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    index = {w: i + 3 for i, w in enumerate(words)}
    PAD, EOS, UNK = 0, 1, 2

    def encode(split, lang):
        lines = (a.data / f"{split}.bpe.{lang}").read_text(encoding="utf-8").split("\n")[:-1]
        return [[index.get(w, UNK) for w in line.split()] + [EOS] for line in lines]

    pairs = list(zip(encode("train", "en"), encode("train", "de")))
    torch.manual_seed(0)
    cfg = MarianConfig(
        vocab_size=len(words) + 3,
        d_model=128,
        encoder_layers=4,
        decoder_layers=4,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        dropout=0.3,
        attention_dropout=0.0,
        activation_dropout=0.0,
        activation_function="relu",
        pad_token_id=PAD,
        eos_token_id=EOS,
        forced_eos_token_id=None,
        decoder_start_token_id=PAD,
        scale_embedding=True,
        max_position_embeddings=256,
    )
    model = MarianMTModel(cfg)
    print(
        "transformers",
        transformers.__version__,
        "torch",
        torch.__version__,
        "threads",
        torch.get_num_threads(),
        "parameters",
        sum(p.numel() for p in model.parameters()),
        "attention",
        model.config._attn_implementation,
    )
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    rng = random.Random(0)
    todo = batches(pairs, 4096, not a.no_buckets, rng)
    total = sum(len(t) for _, t in pairs)
    model.train()
    rates, tokens, start, window, mark = [], 0, time.perf_counter(), 0, None
    for k, batch in enumerate(todo):
        src = pad([pairs[i][0] for i in batch], PAD)
        tgt = pad([pairs[i][1] for i in batch], -100)
        inp = torch.cat([torch.full((len(batch), 1), PAD), tgt[:, :-1].clamp_min(0)], 1)
        logits = model(input_ids=src, attention_mask=(src != PAD).long(), decoder_input_ids=inp).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tgt.flatten(), label_smoothing=0.1)
        loss.backward()
        opt.step()
        opt.zero_grad()
        if k < 3:
            mark, start = time.perf_counter(), time.perf_counter()
            continue
        tokens += int((tgt != -100).sum())
        window += int((tgt != -100).sum())
        if (k - 2) % 5 == 0:
            now = time.perf_counter()
            rates.append(window / (now - mark))
            mark, window = now, 0
        if time.perf_counter() - start > a.seconds:
            break
    wall = time.perf_counter() - start
    order = "random" if a.no_buckets else "bucketed"
    median = statistics.median(rates)
    print(
        f"training ({order} batches, {len(todo)} a pass): {tokens / wall:.0f} target tokens/s over {k - 2} steps,",
        f"median of 5-step windows {median:.0f}; pass of {total} tokens {total * wall / tokens:.0f} s",
        flush=True,
    )
    if a.skip_generate:
        return
    model.eval()
    src = encode("test2016", "en")
    ref = encode("test2016", "de")
    src, ref = zip(*sorted(zip(src, ref), key=lambda p: len(p[0])))
    for size in (1, 32):
        pick = list(range(0, len(src), 50)) if size == 1 else None
        groups = (
            [[i] for i in pick] if pick else [list(range(j, min(j + size, len(src)))) for j in range(0, len(src), size)]
        )
        t0 = time.perf_counter()
        n = m = 0
        with torch.inference_mode():
            for g in groups:
                rows = pad([src[i] for i in g], PAD)
                want = round(sum(len(ref[i]) for i in g) / len(g))
                out = model.generate(
                    input_ids=rows,
                    attention_mask=(rows != PAD).long(),
                    num_beams=5,
                    do_sample=False,
                    min_new_tokens=want,
                    max_new_tokens=want,
                )
                n += len(g)
                m += len(g) * (out.shape[1] - 1)
        wall = time.perf_counter() - t0
        print(
            f"generate(num_beams=5), batch {size}: {n / wall:.2f} sentences/s, {m / wall:.0f} tokens/s "
            f"({n} sentences in {wall:.1f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
