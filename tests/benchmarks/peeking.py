"""How often an interval ever leaves out the truth when someone looks after every repetition.

    make bench-peeking

4,000 null runs a row: the true difference is 0, and one looks after each repetition up to 100. Noise: normal;
skewed (now and then a repetition that never catches on); heavy tails (Student's t, 3 degrees of freedom); and
differences as the recorded studies have them: two repetitions of the same strategy against each other, where
each run takes one cell and strategy; or a strategy minus random, where the differences of all cells and
strategies are drawn from alike, each group's mean taken off and its standard deviation made 1.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import permutations

import numpy as np
from scipy.special import stdtrit

from alcore.statistics.anytime import multiplier
from alcore.statistics.betting import betting_interval
from alcore.statistics.resampling import LEVEL
from alcore.study.reader import RECORDED
from alcore.study.results import CellResults

LOOKS = 100
UNTIL = (5, 15, 30, LOOKS)
"""Repetitions after which the share of false alarms is reported."""

Noise = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4000)
    runs = parser.parse_args().runs
    titles = [f"{kind}, by {count}" for kind in ("fixed", "anytime") for count in UNTIL]
    print(f"| differences | {' | '.join(titles)} |\n|{' --- |' * (1 + len(titles))}")
    for name, noise in {**NOISES, **recorded_noises()}.items():
        values = noise(np.random.default_rng(0), (runs, LOOKS))
        cells = [alarms[:, : count - 1].any(axis=1).mean() for alarms in both(values) for count in UNTIL]
        print(f"| {name} | {' | '.join(f'{100 * share:.1f} %' for share in cells)} |", flush=True)
    print("\n| bounded differences | bets, by 30 | width of bets after 5, 15, 30 |\n| --- | --- | --- |")
    for share in (0.1, 0.2):
        values = collapsing(np.random.default_rng(2), (500, 30), share=share)
        widths = [np.subtract(*betting_interval(values[:, :count].T)[::-1]).mean() for count in (5, 15, 30)]
        listed = ", ".join(f"{width:.2f}" for width in widths)
        print(f"| collapse in {share:.0%} | {100 * bets(values).mean():.1f} % | {listed} |", flush=True)
    print(
        "\n| true difference, in standard deviations | found by 15 | found by 100 | median of repetitions |"
    )
    print("| --- | --- | --- | --- |")
    for size in (0.5, 1.0, 2.0, 3.0):
        values = size + np.random.default_rng(1).normal(size=(runs, LOOKS))
        found = both(values)[1]
        first = np.where(found.any(axis=1), found.argmax(axis=1) + 2, np.inf)
        shares = " | ".join(f"{100 * (first <= count).mean():.0f} %" for count in (15, LOOKS))
        print(f"| {size:g} | {shares} | {np.median(first):.0f} |")


def both(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(runs, looks) differences -> (runs, looks - 1) whether each interval leaves out 0, from 2 on."""
    counts = np.arange(1, values.shape[1] + 1)
    sums, squares = values.cumsum(axis=1), (values**2).cumsum(axis=1)
    mean = (sums / counts)[:, 1:]
    spread = np.maximum(squares[:, 1:] - counts[1:] * mean**2, 0) / (counts[1:] - 1)
    errors = np.sqrt(spread / counts[1:])
    fixed = stdtrit(counts[1:] - 1, (1 + LEVEL) / 2)
    anytime = np.array([multiplier(int(count)) for count in counts[1:]])
    size = np.divide(np.abs(mean), errors, out=np.full(mean.shape, np.inf), where=errors > 0)
    return size > fixed, (size > anytime) & np.isfinite(anytime)


def collapsing(
    rng: np.random.Generator, shape: tuple[int, int], *, share: float, gap: float = 0.2
) -> np.ndarray:
    """Differences of mean 0 of a strategy that collapses in a share of repetitions."""
    return rng.normal(0, 0.02, shape) + gap * (share - (rng.random(shape) < share))


def autoregressive(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Normal numbers, each of which keeps half of the last one."""
    values = rng.normal(size=shape)
    for place in range(1, shape[1]):
        values[:, place] = 0.5 * values[:, place - 1] + np.sqrt(0.75) * values[:, place]
    return values


def bets(values: np.ndarray) -> np.ndarray:
    """(runs, looks) differences within -1..1 -> (runs,) whether bets ever leave out 0."""
    wrong = np.zeros(len(values), dtype=bool)
    for count in range(2, values.shape[1] + 1):
        low, high = betting_interval(values[:, :count].T)
        wrong |= (low > 0) | (high < 0)
    return wrong


NOISES: dict[str, Noise] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "skewed": lambda rng, shape: 1 - rng.gamma(2.0, 0.5, size=shape),
    "heavy tails": lambda rng, shape: rng.standard_t(3, size=shape),
    "exponential": lambda rng, shape: 1 - rng.exponential(size=shape),
    "lognormal": lambda rng, shape: np.exp(0.5) - rng.lognormal(size=shape),
    "collapse in 20 %": lambda rng, shape: collapsing(rng, shape, share=0.2),
    "collapse in 10 %": lambda rng, shape: collapsing(rng, shape, share=0.1),
    "each half the last (AR 0.5)": autoregressive,
}


def recorded_noises() -> dict[str, Noise]:
    """Differences of AUBCs (IoU at the pool's prevalence) of the recorded studies."""
    cells = [CellResults.load(file) for file in sorted(RECORDED.glob("*/results/*.npz"))]
    areas = [one.evidence.curves("iou", one.config.pool_prevalence).areas().values for one in cells]
    columns = [area[:, column] for area in areas for column in range(area.shape[1])]
    pairs = [np.array([a - b for a, b in permutations(own, 2)]) for own in columns]
    gains = [area[:, [column]] - area[:, [0]] for area in areas for column in range(1, area.shape[1])]
    spread = [np.ravel(gain) for gain in gains if gain.any()]
    residuals = np.concatenate([(gain - gain.mean()) / gain.std(ddof=1) for gain in spread])
    return {
        "recorded: a strategy against itself": _drawn_from([own for own in pairs if own.any()]),
        "recorded: a strategy minus random": _drawn_from([residuals]),
    }


def _drawn_from(groups: list[np.ndarray]) -> Noise:
    """Each run draws from one of the groups."""

    def draw(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        own = rng.integers(len(groups), size=shape[0])
        return np.array([rng.choice(groups[group], size=shape[1]) for group in own])

    return draw


if __name__ == "__main__":
    main()
