"""Chance that depends on where a run stands, and on nothing before."""

import hashlib

import torch
from torch import nn

from sightline.training.runtime import cuda_devices

__all__ = ["seed_for"]


def seed_for(model: nn.Module, seed: int, update: int, part: str) -> None:
    """Seeds torch, on the CPU and where the model lies, for one part of an update.

    What that part draws depends on these numbers alone, so that a run that was interrupted goes on with the same
    chance, and no random state need be kept.

    Args:
        model: only its devices count.
        seed: of the run.
        update: the number of the update.
        part: which part of it, such as `"batch 0"`.
    """
    number = int.from_bytes(hashlib.blake2b(f"{seed} {update} {part}".encode(), digest_size=7).digest())
    torch.default_generator.manual_seed(number)
    for device in cuda_devices(model):
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
