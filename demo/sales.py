"""Daily sales of four shops over three years, with promotions and temperatures: data for the demo, from no file.

    python demo/sales.py OUTPUT_DIR --seed 1

writes known.csv, what is known when the forecast is made, with empty cells and days without a row as such tables have
them; ahead.csv, the promotions planned for the 28 days after; and later.csv, the whole table 84 days later.

    sold = size weekday(shop) (1 + 0.2 year) (1 + 0.5 promotion) (1 + 0.02 warmth of the day before), noise around it
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HEADER = ("shop", "date", "sold", "promotion", "temperature")
BEGIN, DAYS, LATER, HORIZON = np.datetime64("2021-01-01"), 1_095, 84, 28
SHOPS = {
    "Harbour": (40, (0.7, 0.8, 0.9, 1.0, 1.3, 1.5, 0.8)),
    "Market": (120, (0.9, 0.9, 1.0, 1.0, 1.2, 1.4, 0.6)),
    "Station": (200, (1.2, 1.2, 1.2, 1.2, 1.3, 0.5, 0.4)),
    "University": (80, (1.2, 1.3, 1.3, 1.2, 1.0, 0.6, 0.4)),
}


def rows(seed: int) -> Iterator[tuple[str, str, str, str, str]]:
    """The whole table, shop after shop."""
    chance = np.random.default_rng(seed)
    days = np.arange(DAYS + LATER)
    year = np.sin(2 * np.pi * (days - 110) / 365.25)  # highest in July
    warmth = np.zeros(len(days))
    for day in days[1:]:
        warmth[day] = 0.8 * warmth[day - 1] + 2 * chance.normal()
    temperature = np.round(12 + 10 * year + warmth, 1)
    weekday = (days + 4) % 7  # 0: Monday; it begins on a Friday
    for shop, (size, factors) in SHOPS.items():
        promotion = np.repeat(chance.random(-(-len(days) // 7)) < 0.15, 7)[: len(days)].astype(int)
        mean = size * np.array(factors)[weekday] * (1 + 0.2 * year) * (1 + 0.5 * promotion)
        sold = chance.poisson(mean * (1 + 0.02 * np.roll(warmth, 1)).clip(0.1))
        missing = chance.random(len(days)) < 0.01
        for day in days[(chance.random(len(days)) > 0.003) | (days >= DAYS)]:
            answer = "" if missing[day] else str(sold[day])
            yield shop, str(BEGIN + day), answer, str(promotion[day]), f"{temperature[day]:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    table, now = list(rows(options.seed)), str(BEGIN + DAYS)
    until = str(BEGIN + DAYS + HORIZON)
    ahead = [(row[0], row[1], row[3]) for row in table if now <= row[1] < until]
    for name, header, content in (
        ("known.csv", HEADER, [row for row in table if row[1] < now]),
        ("ahead.csv", ("shop", "date", "promotion"), ahead),
        ("later.csv", HEADER, table),
    ):
        with (options.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *content])


if __name__ == "__main__":
    main()
