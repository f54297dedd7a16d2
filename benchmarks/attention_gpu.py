"""Additive attention on a GPU: time beside the arithmetic limit, torch's dot and naive code, and whether it is right.

    python benchmarks/attention_gpu.py [--batch 8] [--length 512] [--width 256]

The limit is that of the tanh unit: 16 results per clock and multiprocessor, B T S D of them in a forward pass.
"""

import argparse
import statistics
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from sightline.attention.kernels import additive_scores

PER_CLOCK = 16


def naive(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    return torch.tanh(query.unsqueeze(2) + key.unsqueeze(1)) @ vector


def milliseconds(run: Callable[[], object], rounds: int = 15, calls: int = 20) -> float:
    """Of one of several calls back to back, the median of several rounds, by the device's own clock."""
    for _ in range(calls):
        run()
    found: list[float] = []
    for _ in range(rounds):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(calls):
            run()
        end.record()
        torch.cuda.synchronize()
        found.append(start.elapsed_time(end) / calls)
    return statistics.median(found)


def gradients(function: Callable[..., Tensor], inputs: list[Tensor], grad: Tensor) -> list[Tensor]:
    inputs = [x.detach().to(grad.dtype).requires_grad_() for x in inputs]
    found = function(*inputs)
    return [found.detach(), *torch.autograd.grad(found, inputs, grad)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--width", type=int, default=256)
    arguments = parser.parse_args()
    batch, length, width = arguments.batch, arguments.length, arguments.width
    torch.manual_seed(1)
    query, key = (torch.randn(batch, length, width, device="cuda", requires_grad=True) for _ in range(2))
    vector = torch.randn(width, device="cuda", requires_grad=True)
    grad = torch.randn(batch, length, length, device="cuda")
    device = torch.cuda.get_device_properties(0)
    print(f"{device.name}, torch {torch.__version__}, B{batch} T=S={length} D{width}, float32")

    few = [query[:1, :200], key[:1, :200], vector]
    exact = gradients(naive, few, grad[:1, :200, :200].double())
    for name, function in (("ours", additive_scores), ("naive", naive)):
        found = gradients(function, few, grad[:1, :200, :200])
        errors = [float((x - y).norm() / y.norm()) for x, y in zip(found, exact, strict=True)]
        print(f"relative errors of {name}: scores and gradients", " ".join(f"{error:.1e}" for error in errors))

    def dot() -> Tensor:
        return F.scaled_dot_product_attention(query.unsqueeze(1), key.unsqueeze(1), key.unsqueeze(1)).squeeze(1)

    def measure(name: str, function: Callable[[], Tensor]) -> tuple[float, float]:
        with torch.no_grad():
            forward = milliseconds(function)
        weight = torch.randn_like(function())
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        both = milliseconds(lambda: function().backward(weight))
        peak = (torch.cuda.max_memory_allocated() - before) / 2**20
        print(f"{name}: forward {forward:.3f} ms, forward and backward {both:.3f} ms, {peak:.0f} MB more")
        return forward, both

    forward, both = measure("ours", lambda: additive_scores(query, key, vector))
    measure("torch's scaled dot, with the values", dot)
    measure("naive", lambda: naive(query, key, vector))
    limit = batch * length**2 * width / (PER_CLOCK * device.multi_processor_count * device.clock_rate)
    print(f"limit of the tanh unit {limit:.3f} ms: reached by {limit / forward:.0%} forward,", end=" ")
    print(f"by {3 * limit / both:.0%} in three such passes, forward and backward")


if __name__ == "__main__":
    main()
