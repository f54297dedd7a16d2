"""A model of a few hundred weights with dropout, batches of uneven size, and a `fit` over both."""

import torch
from torch import Tensor, nn

from sightline.training import FitResult, Loss, TrainSettings, cross_entropy, fit

SIZE = 11
DEFAULTS = {"max_updates": 12, "validate_every": 5, "accumulate": 2, "warmup": 3, "learning_rate": 0.01}


class Toy(nn.Module):
    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SIZE, 7)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(7, 7)
        self.norm = nn.LayerNorm(7)
        self.output = nn.Linear(7, SIZE)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(self.dropout(torch.relu(self.hidden(self.dropout(self.embedding(tokens))))))


def build(seed: int = 5, dropout: float = 0.3) -> Toy:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Toy(dropout)


def batches(epoch: int) -> list[Tensor]:
    """Seven batches of 2 to 5 rows, some of them padded."""
    generator = torch.Generator().manual_seed(epoch)
    sizes = torch.randint(2, 6, (7,), generator=generator).tolist()
    return [torch.randint(0, SIZE, (rows, 3), generator=generator) for rows in sizes]


def loss(model: Toy, batch: Tensor) -> Loss:
    return cross_entropy(model(batch), model.output.weight, model.output.bias, batch, label_smoothing=0.1)


def validate(model: Toy) -> dict[str, float]:
    total, count = loss(model, torch.arange(SIZE)[None])
    return {"loss": total.item() / count, "draw": torch.rand(()).item()}


def train(folder, *, model=None, resume=False, on_event=(), **changes) -> tuple[Toy, FitResult]:
    """One call of `fit` with the toy's parts; keyword arguments replace those parts or go to the settings."""
    parts = {"batches": batches, "loss": loss, "validate": validate}
    parts |= {name: changes.pop(name) for name in list(changes) if name in parts}
    model = build() if model is None else model
    settings = TrainSettings(**(DEFAULTS | changes))
    return model, fit(model, **parts, settings=settings, folder=folder, resume=resume, on_event=on_event)
