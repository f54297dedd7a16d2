"""OpenNMT-py: training speed of the RNN with MLP (Bahdanau) attention on the Multi30k pieces.

    python onmt_bench.py DATA OUT [--steps 60] [--rnn GRU|LSTM]

DATA is what prepare_multi30k.py wrote. Reads "src/tgt tok/s" of OpenNMT-py's own report lines.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

CLI = str(Path(__file__).with_name("onmt_cli.py"))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("data", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--steps", type=int, default=60)
    ap.add_argument("--rnn", default="GRU")
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    pieces = (a.data / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    vocab = a.out / "vocab.onmt"
    vocab.write_text("".join(f"{w}\t1\n" for w in pieces), encoding="utf-8")
    cfg = a.out / "train.yaml"
    cfg.write_text(f"""
save_data: {a.out}/run
overwrite: true
src_vocab: {vocab}
tgt_vocab: {vocab}
share_vocab: true
share_embeddings: true
data:
  corpus:
    path_src: {a.data}/train.bpe.en
    path_tgt: {a.data}/train.bpe.de
save_model: {a.out}/model
save_checkpoint_steps: 100000
train_steps: {a.steps}
report_every: 5
encoder_type: brnn
decoder_type: rnn
rnn_type: {a.rnn}
enc_layers: 1
dec_layers: 1
hidden_size: 512
word_vec_size: 256
global_attention: mlp
input_feed: 1
dropout: 0.2
label_smoothing: 0.1
optim: adam
learning_rate: 0.001
max_grad_norm: 1
batch_type: tokens
batch_size: 4096
normalization: tokens
bucket_size: 29000
num_workers: 0
world_size: 1
gpu_ranks: []
seed: 42
""")
    start = time.perf_counter()
    p = subprocess.run([sys.executable, CLI, "train", "-config", str(cfg)], capture_output=True, text=True)
    (a.out / "train.log").write_text(p.stdout + p.stderr)
    rates = [int(m) for m in re.findall(r"/\s*(\d+) tok/s", p.stderr + p.stdout)]
    if not rates:
        sys.exit((p.stdout + p.stderr)[-3000:])
    print(
        f"{a.rnn}: {a.steps} steps, {time.perf_counter() - start:.0f} s; target tokens/s by window {rates}, median "
        f"{statistics.median(rates[1:])}"
    )


if __name__ == "__main__":
    main()
