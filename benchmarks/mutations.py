"""Whether the tests would notice: deliberate faults in the attention, one at a time, each in a copy of the sources.

    python benchmarks/mutations.py

For each fault the tests of attention, layers, models and losses run until the first failure. A fault that none of them
notices is printed as MISSED, and the exit status is 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SUITE = ("tests/attention", "tests/layers", "tests/models", "tests/training/test_training_attention_losses.py")


class Fault(NamedTuple):
    what: str
    file: str  # below src/sightline
    right: str
    wrong: str


FAULTS = (
    Fault(
        "no mask in the softmax",
        "attention/selection/soft.py",
        "torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), -1)",
        "torch.softmax(scores, -1)",
    ),
    Fault(
        "a row of padding gets uniform weights",
        "attention/selection/soft.py",
        "return weights.masked_fill(~mask, 0.0)",
        "return weights",
    ),
    Fault(
        "softmax over the queries",
        "attention/selection/soft.py",
        "return torch.softmax(scores, -1)",
        "return torch.softmax(scores, -2)",
    ),
    Fault(
        "no scale in the scaled dot",
        "attention/scores/products.py",
        "(query / math.sqrt(query.shape[-1])) @",
        "query @",
    ),
    Fault(
        "key and value change places",
        "attention/multihead.py",
        "KeyValue(self._by_head(self.key(memory), groups), self._by_head(self.value(memory), groups))",
        "KeyValue(self._by_head(self.value(memory), groups), self._by_head(self.key(memory), groups))",
    ),
    Fault(
        "heads by view instead of transpose, which mixes positions",
        "attention/multihead.py",
        "return x.unflatten(-1, (heads, -1)).transpose(1, 2)",
        "return x.reshape(x.shape[0], heads, x.shape[1], -1)",
    ),
    Fault(
        "shared key heads in the wrong order",
        "attention/multihead.py",
        "x.repeat_interleave(self.shared, 1)",
        "x.repeat(1, self.shared, 1, 1)",
    ),
    Fault(
        "the causal mask lets one position of the future in",
        "attention/masks.py",
        ".tril(keys - queries)",
        ".tril(keys - queries + 1)",
    ),
    Fault(
        "the additive score's gradient takes half the tanh's square for a quarter",
        "attention/kernels/plain.py",
        "torch.full((), 0.25,",
        "torch.full((), 0.5,",
    ),
    Fault(
        "the compiled additive score forgets the last keys of an odd number",
        "attention/kernels/additive.c",
        "for (; s < keys; s++) score(1,",
        "for (; s < keys - 1; s++) score(1,",
    ),
    Fault(
        "the GPU's additive score takes half the tanh's slope for a quarter",
        "attention/kernels/gpu.py",
        "g * (0.25 - h * h)",
        "g * (0.5 - h * h)",
    ),
    Fault(
        "sparsemax with the threshold of another support",
        "attention/selection/soft.py",
        "excess = ordered.cumsum(-1) - 1",
        "excess = ordered.cumsum(-1) - 2",
    ),
    Fault(
        "monotonic attention passes the key that it takes",
        "attention/selection/monotonic.py",
        "reached, kept = last, _moved(passed, 1)",
        "reached, kept = last, passed",
    ),
    Fault(
        "local-p with a bell twice as wide",
        "attention/selection/local.py",
        "(-0.5 * self.radius**2)",
        "(-2 * self.radius**2)",
    ),
    Fault(
        "relative positions look the other way",
        "layers/positions.py",
        "return positions - positions[keys - queries :].unsqueeze(-1)",
        "return positions[keys - queries :].unsqueeze(-1) - positions",
    ),
    Fault(
        "coverage counts the present query",
        "training/copying.py",
        "before = weights.cumsum(1) - weights",
        "before = weights.cumsum(1)",
    ),
    Fault(
        "a pointer copies what it should generate",
        "models/recurrent/pointer.py",
        "(1 - generate) * weights",
        "generate * weights",
    ),
)


def noticed_by(fault: Fault) -> str | None:
    """The first test that fails with the fault, or None."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "src"
        shutil.copytree(ROOT / "src", sources)
        path = sources / "sightline" / fault.file
        text = path.read_text()
        if text.count(fault.right) != 1:
            raise SystemExit(f"{fault.file} holds {fault.right!r} {text.count(fault.right)} times, expected once")
        path.write_text(text.replace(fault.right, fault.wrong))
        environment = {**os.environ, "PYTHONPATH": str(sources)}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *SUITE]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0] if failed else done.stdout[-400:] + done.stderr[-400:]


def main() -> None:
    missed = 0
    for fault in FAULTS:
        found = noticed_by(fault)
        missed += found is None
        print(f"{'MISSED ' if found is None else 'noticed'}  {fault.what}: {found or 'no test fails'}", flush=True)
    print(f"{len(FAULTS) - missed} of {len(FAULTS)} faults noticed")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
