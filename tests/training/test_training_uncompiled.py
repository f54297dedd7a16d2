"""torch's optimizer as it is, without the compiler that it would import."""

import copy
import subprocess
import sys

import torch
from torch import nn

from sightline.training.uncompiled import AdamW


def test_it_is_torchs_own_to_the_bit():
    torch.manual_seed(3)
    ours = nn.Linear(5, 3)
    theirs = copy.deepcopy(ours)
    first = AdamW(ours.parameters(), lr=0.1, weight_decay=0.2, fused=True)
    second = torch.optim.AdamW(theirs.parameters(), lr=0.1, weight_decay=0.2, fused=True)
    for step in range(6):
        x = torch.randn(4, 5)
        for model, optimizer in ((ours, first), (theirs, second)):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
        if step == 2:
            first.load_state_dict(copy.deepcopy(first.state_dict()))
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)
    assert not first.param_groups[0]["params"][0].grad.requires_grad


def test_a_training_imports_neither_the_compiler_nor_what_draws():
    program = """
import sys, tempfile, torch
from sightline.training import Loss, TrainSettings, fit
from sightline import Forecaster, Translator

for optimizer in ("adamw", "muon"):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    with tempfile.TemporaryDirectory() as folder:
        fit(
            model,
            batches=lambda epoch: [torch.ones(3, 2)],
            loss=lambda model, batch: Loss(model(batch).square().sum(), 3),
            validate=lambda model: {"loss": 0.0},
            settings=TrainSettings(max_updates=2, optimizer=optimizer),
            folder=folder,
        )
print(*(name for name in ("torch._dynamo", "sympy", "matplotlib", "pandas", "tensorboard") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
