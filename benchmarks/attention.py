"""What attention costs: every mechanism, forward, forward and backward, peak memory, beside naive code and torch's own.

    python benchmarks/attention.py                     # one thread, B8 T=S=512 D256 for the additive score
    python benchmarks/attention.py --decoder           # a training step of the recurrent decoder, beside article code

Times are of this process's own work (`process_time`), the best of several rounds; peak memory is what the process grew
by while it ran, each case in a process of its own. The additive score without a compiler is measured with a PATH that
holds none.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.attention import SCORES, SELECTIONS, Attention, build_score, build_selection
from sightline.attention.kernels import additive_scores
from sightline.models import Recurrent
from sightline.models.recurrent.reading import Memory
from sightline.training import cross_entropy, fast_matmul


def _inputs(batch: int, length: int, width: int) -> tuple[Tensor, ...]:
    return tuple(torch.randn(batch, length, width, requires_grad=True) for _ in range(3))


def naive_additive(batch: int, length: int, width: int) -> Callable[[], Tensor]:
    """As it is written down: the whole tensor of T x S x D."""
    query, key, _ = _inputs(batch, length, width)
    vector = torch.randn(width, requires_grad=True)
    return lambda: torch.tanh(query.unsqueeze(2) + key.unsqueeze(1)) @ vector


def ours_additive(batch: int, length: int, width: int) -> Callable[[], Tensor]:
    query, key, _ = _inputs(batch, length, width)
    vector = torch.randn(width, requires_grad=True)
    return lambda: additive_scores(query, key, vector)


def torch_dot(batch: int, length: int, width: int) -> Callable[[], Tensor]:
    """Its scores and its reading of the values: there is no way to have the first alone."""
    query, key, value = (x.unsqueeze(1) for x in _inputs(batch, length, width))
    return lambda: F.scaled_dot_product_attention(query, key, value)


def mechanism(score: str, selection: str) -> Callable[[int, int, int], Callable[[], Tensor]]:
    def build(batch: int, length: int, width: int) -> Callable[[], Tensor]:
        query, key, value = _inputs(batch, length, width)
        scored = build_score(score, query_width=width, key_width=width, width=width, longest=length)
        select = build_selection(selection, query_width=width, width=width)
        attention = Attention(scored, select)
        return lambda: attention(query, attention.prepare(key), value)[0]

    return build


CASES: dict[str, Callable[[int, int, int], Callable[[], Tensor]]] = {
    "naive additive": naive_additive,
    "additive": ours_additive,
    "torch's scaled dot": torch_dot,
    **{f"{name}, softmax": mechanism(name, "softmax") for name in SCORES},
    **{f"dot, {name}": mechanism("dot", name) for name in SELECTIONS if name != "softmax"},
}


def _best(run: Callable[[], object], rounds: int) -> float:
    found: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def measure(name: str, batch: int, length: int, width: int, rounds: int) -> dict[str, float]:
    torch.manual_seed(1)
    run = CASES[name](batch, length, width)
    CASES[name](1, 8, 8)()  # compiles what is to be compiled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = run()
    grad = torch.randn_like(found)
    found.backward(grad)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    def forward() -> None:
        with torch.no_grad():
            run()

    return {
        "forward": _best(forward, rounds),
        "both": _best(lambda: run().backward(grad), rounds),
        "MB": peak / 1024,
    }


def apart(name: str, arguments: argparse.Namespace, path: str | None = None) -> dict[str, float]:
    """Measured in a process of its own."""
    shape = [str(x) for x in (arguments.batch, arguments.length, arguments.width)]
    rounds = "1" if name == "naive additive" else str(arguments.rounds)
    command = [sys.executable, __file__, "--case", name, "--shape", *shape, "--rounds", rounds]
    environment = os.environ if path is None else {**os.environ, "PATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def table(arguments: argparse.Namespace) -> None:
    found = {name: apart(name, arguments) for name in CASES}
    with tempfile.TemporaryDirectory() as nothing:
        found["additive, no compiler"] = apart("additive", arguments, nothing)
    naive, dot = found["naive additive"]["both"], found["torch's scaled dot"]["both"]
    print("| mechanism | forward ms | forward and backward ms | MB more | naive / this | this / torch's dot |")
    print("|---|---|---|---|---|---|")
    for name, row in found.items():
        times = f"{row['forward'] * 1e3:.1f} | {row['both'] * 1e3:.1f} | {row['MB']:.0f}"
        print(f"| {name} | {times} | {naive / row['both']:.1f} | {row['both'] / dot:.2f} |")


class Article(nn.Module):
    """The decoder as articles write it: all inside the loop, the projection to the vocabulary too."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.vector = nn.Linear(width, 1, bias=False)
        self.cell = nn.GRUCell(2 * width, width)
        self.combine = nn.Linear(2 * width, width)
        self.output = nn.Linear(width, size)

    def forward(self, memory: Tensor, state: Tensor, tokens: Tensor) -> Tensor:
        fed, logits = torch.zeros_like(state), []
        for t in range(tokens.shape[1]):
            state = self.cell(torch.cat([self.embedding(tokens[:, t]), fed], 1), state)
            scores = self.vector(torch.tanh(self.query(state).unsqueeze(1) + self.key(memory)))
            context = (torch.softmax(scores, 1) * memory).sum(1)
            fed = torch.tanh(self.combine(torch.cat([context, state], 1)))
            logits.append(self.output(fed))
        return torch.stack(logits, 1)


def decoder(rounds: int, precision: str) -> None:
    """One training step, B64 T=S=30 H512 V8000, forward and backward of the decoder and its loss."""
    batch, length, width, size = 64, 30, 512, 8000
    torch.manual_seed(1)
    article = Article(width, size)
    options = {"cell": "gru", "attention": "additive", "decoder": "luong", "embedding_width": width, "width": width}
    ours = Recurrent(size, size, **options)
    states, last = torch.randn(batch, length, width), torch.randn(batch, width)
    tokens, mask = torch.randint(4, size, (batch, length + 1)), torch.ones(batch, length, dtype=torch.bool)

    def article_step(low: bool = False) -> None:
        memory = states.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            logits = article(memory, last, tokens[:, :-1])
            loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()

    def our_step() -> None:
        memory = states.clone().requires_grad_()
        remembered = Memory(tokens[:, :-1], memory, ours.reader.prepare(memory), mask.unsqueeze(1), last)
        features = ours.decode(remembered, tokens[:, :-1]).features
        loss = cross_entropy(features, ours.output.weight, ours.output.bias, tokens[:, 1:])
        (loss.total / loss.count).backward()

    with fast_matmul(precision):
        for _ in range(2):
            article_step()
            our_step()
        times = {"article": _best(article_step, rounds), "ours": _best(our_step, rounds)}
        times["autocast"] = _best(lambda: article_step(low=True), rounds)
    # Multiply-adds of matrix products for each target token, forward, doubled to flops, and tripled with the backward.
    per_token = width * width * (3 + 3 + 3 + 1 + 2) + width * size
    flops = 6 * batch * length * per_token
    print(f"article {times['article']:.3f} s, ours {times['ours']:.3f} s, ratio {times['article'] / times['ours']:.2f}")
    print(f"article all in bfloat16 by autocast {times['autocast']:.3f} s, {times['autocast'] / times['ours']:.2f}")
    print(f"matrix products {flops / 1e9:.0f} GF, {flops / 1e9 / times['ours']:.0f} GF/s reached")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--decoder", action="store_true", help="a training step of the recurrent decoder")
    parser.add_argument("--matmul", default="fast", choices=["exact", "fast"])
    parser.add_argument("--case", choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument("--shape", type=int, nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.case:
        print(json.dumps(measure(arguments.case, *arguments.shape, arguments.rounds)))
    elif arguments.decoder:
        decoder(arguments.rounds, arguments.matmul)
    else:
        table(arguments)


if __name__ == "__main__":
    main()
