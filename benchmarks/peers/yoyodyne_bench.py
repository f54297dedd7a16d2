"""Yoyodyne: attentive LSTM on CoNLL-SIGMORPHON 2017 inflection; training samples/s and dev accuracy after a time.

    python yoyodyne_bench.py ARCHIVE WORK [--language german] [--minutes 4] [--threads 1]

ARCHIVE is the shared task's `task1.zip`.

Size of its documentation's example: bidirectional encoder, hidden 512, embedding 128, batch 32, one layer.
The shared task's columns are lemma, form, features. Dev accuracy is exact match by greedy decoding.
"""

import argparse
import datetime
import logging
import statistics
import time
import zipfile
from pathlib import Path

T0 = time.perf_counter()
import torch  # noqa: E402

T1 = time.perf_counter()
from lightning.pytorch import callbacks  # noqa: E402
from yoyodyne import data, models, trainers  # noqa: E402
from yoyodyne.models import modules  # noqa: E402

T2 = time.perf_counter()


class Clock(callbacks.Callback):
    def __init__(self):
        self.times, self.start = [], None

    def on_train_batch_start(self, trainer, *_):
        self.start = time.perf_counter()
        if not self.times:
            self.first = self.start

    def on_train_batch_end(self, *_):
        self.times.append(time.perf_counter() - self.start)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("archive", type=Path)
    ap.add_argument("work", type=Path)
    ap.add_argument("--language", default="german")
    ap.add_argument("--minutes", type=float, default=4)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(a.threads)
    a.work.mkdir(parents=True, exist_ok=True)
    archive = zipfile.ZipFile(a.archive)
    files = {}
    for part in ("train-high", "dev"):
        name = next(n for n in archive.namelist() if n.endswith(f"{a.language}-{part}"))
        files[part] = a.work / f"{a.language}-{part}.tsv"
        files[part].write_bytes(archive.read(name))
    print(f"import torch {T1 - T0:.2f} s, then yoyodyne {T2 - T1:.2f} s; torch {torch.__version__}")
    dm = data.DataModule(
        model_dir=str(a.work / "model"),
        train=str(files["train-high"]),
        val=str(files["dev"]),
        source_col=1,
        target_col=2,
        features_col=3,
        features_sep=";",
        batch_size=a.batch,
    )
    common = {"embedding_size": 128, "hidden_size": 512, "layers": 1, "dropout": 0.2, "bidirectional": True}
    torch.manual_seed(0)
    model = models.SoftAttentionLSTMModel(
        source_encoder=modules.LSTMEncoder(**common),
        features_encoder=modules.LinearEncoder(embedding_size=128),
        embedding_size=128,
        decoder_hidden_size=512,
        decoder_layers=1,
        decoder_dropout=0.2,
        max_source_length=dm.max_source_length,
        max_features_length=dm.max_features_length,
        max_target_length=dm.max_target_length,
        vocab_size=dm.vocab_size,
        target_vocab_size=dm.target_vocab_size,
    )
    clock = Clock()
    trainer = trainers.Trainer(
        accelerator="cpu",
        max_epochs=1000,
        max_time=datetime.timedelta(minutes=a.minutes),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        callbacks=[clock],
        limit_val_batches=0,
        gradient_clip_val=1.0,
    )
    start = time.perf_counter()
    trainer.fit(model, dm)
    wall = time.perf_counter() - start
    steps = len(clock.times)
    step = statistics.median(clock.times)
    print(f"training {wall:.0f} s, {steps} steps of {a.batch}, {steps * a.batch / 10000:.1f} passes", flush=True)
    print(
        f"median step {step * 1e3:.0f} ms = {a.batch / step:.0f} samples/s; over the wall {steps * a.batch / wall:.0f}"
    )
    trainer = trainers.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    start = time.perf_counter()
    print("dev:", trainer.validate(model, dm, verbose=False), f"in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
