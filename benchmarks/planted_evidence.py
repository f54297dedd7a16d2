"""How often attention over variables and lags finds evidence that was planted, and how much weight it gives to it.

    python benchmarks/planted_evidence.py [--plants 100] [--evidence 1] [--heads 8] [--scaling none]

Each plant is a series that copies one of four covariates, all of them noise, from a lag that the look-back of 12 covers
for each of 3 steps ahead: y(t) = 2 x_c(t - lag) + 0.1 e(t); with more evidence, -1.5 times another covariate from
another lag joins it, and so on. Found is a plant whose numbers have the largest weights, on average over all windows,
at each step ahead.
"""

import argparse
from typing import NamedTuple

import torch
from torch import Tensor

from sightline.models.forecast import Ahead, ForecastNetwork, PointHead, VariableCore, Window

LOOK_BACK, HORIZON, COVARIATES = 12, 3, 4
FACTORS = (2.0, -1.5, 1.0, -1.0)


class Plant(NamedTuple):
    """Windows of a series, what came of them, and where in variables and lags the evidence is at each step ahead."""

    window: Window
    ahead: Ahead
    places: list[list[int]]


def plant(seed: int, evidence: int, length: int = 600) -> Plant:
    generator = torch.Generator().manual_seed(seed)
    covariates = torch.randperm(COVARIATES, generator=generator)[:evidence].tolist()
    lags = (HORIZON + torch.randperm(LOOK_BACK - HORIZON + 1, generator=generator)[:evidence]).tolist()
    x = torch.randn(length, COVARIATES, generator=generator)
    y = 0.1 * torch.randn(length, generator=generator)
    for factor, c, lag in zip(FACTORS, covariates, lags, strict=False):
        y += factor * x[:, c].roll(lag)
    x, y = x[LOOK_BACK:], y[LOOK_BACK:]  # before that there was nothing to copy
    cutoffs = torch.arange(LOOK_BACK, len(y) - HORIZON + 1).unsqueeze(1)
    back, ahead = cutoffs + torch.arange(-LOOK_BACK, 0), cutoffs + torch.arange(HORIZON)
    window = Window.of_values(y[back], HORIZON)._replace(past_covariates=x[back])
    places = [
        [(1 + c) * LOOK_BACK + LOOK_BACK + h - lag for c, lag in zip(covariates, lags, strict=True)]
        for h in range(HORIZON)
    ]
    return Plant(window, Ahead(y[ahead], torch.ones_like(ahead, dtype=torch.bool)), places)


def trained(found: Plant, *, heads: int, scaling: str, updates: int = 200) -> ForecastNetwork:
    """A network that has learned from all windows of a plant."""
    core = VariableCore(
        look_back=LOOK_BACK, horizon=HORIZON, numbers=1, past_covariates=COVARIATES, width=32, heads=heads
    )
    network = ForecastNetwork(
        core, PointHead(), look_back=LOOK_BACK, horizon=HORIZON, scaling=scaling, line=scaling != "none"
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
    for _ in range(updates):
        chosen = torch.randint(len(found.ahead.target), (64,))
        window, ahead = Window(*(x[chosen] for x in found.window)), Ahead(*(x[chosen] for x in found.ahead))
        total, count = network.loss(network(window, ahead), ahead)
        (total / count).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return network


def weights(network: ForecastNetwork, found: Plant) -> tuple[Tensor, float]:
    """The weights that a network has, on average over windows, `[H, V, L]`, and its mean squared error."""
    with torch.no_grad():
        forecast = network(found.window, need_weights=True)
    error = (network.point(forecast) - found.ahead.target).square().mean()
    return forecast.maps["variables"].mean(0), float(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", type=int, default=100)
    parser.add_argument("--evidence", type=int, default=1, choices=range(1, COVARIATES + 1))
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--scaling", default="none")
    options = parser.parse_args()
    hits, shares, errors = 0, [], []
    for seed in range(options.plants):
        torch.manual_seed(seed)
        found = plant(seed, options.evidence)
        map_, error = weights(trained(found, heads=options.heads, scaling=options.scaling), found)
        steps = list(zip(map_.flatten(1), found.places, strict=True))
        hits += all(set(step.topk(len(places)).indices.tolist()) == set(places) for step, places in steps)
        shares += [float(step[places].sum()) for step, places in steps]
        errors.append(error)
    share, wrong = torch.tensor(shares), torch.tensor(errors)
    print(f"found {hits} of {options.plants}; weight of the evidence: mean {share.mean():.3f}, least {share.min():.3f}")
    print(f"mean squared error: median {wrong.median():.4f}, most {wrong.max():.4f}, where noise alone has 0.01")


if __name__ == "__main__":
    main()
