"""Do 95 % intervals hold the truth in 95 % of cases? Simulated learning curves, both sources of doubt.

    python -m tests.benchmarks.coverage [--trials 4000]

Over repetitions: curves whose true means are known, with noise that is correlated along the curve (a good
pool stays good), equal or skewed; or a strategy that collapses in a fifth of its repetitions. Over test
patches: test sets drawn from a population of patches whose counts, and so whose IoU, are known. Over both:
repetitions of models, judged on the same test patches, on some that are the same, or on other ones. Prints a
Markdown table; each cell should be 93 to 97 %.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from alcore.metrics import class_means, metric_at
from alcore.statistics.estimands import Curves, Evidence, aubc
from alcore.statistics.resampling import interval, patch_replicates, repetition_replicates
from alcore.statistics.shared_tests import SharedTests

_LABELLED = np.arange(1, 9) * 24
_TRUE = np.stack([0.5 * (1 - np.exp(-_LABELLED / scale)) for scale in (120, 70)])  # (S, C): random, other
_PREVALENCE = 0.02
_SHARING = (
    ("the same for all", 100, 100),
    ("the same for all", 135, 135),
    ("the same for all", 320, 320),
    ("drawn from 400", 200, 400),
    ("no two the same", 200, 100_000),
)
"""In words; test patches of a repetition; patches of the split that they are drawn from."""


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=4000)
    trials = parser.parse_args().trials
    print("| intervals over | point of a curve | AUBC | AUBC advantage |")
    print("| --- | --- | --- | --- |")
    for repetitions in (2, 3, 5, 15):
        for name, noise in NOISES.items():
            held = _over_repetitions(repetitions, noise, trials)
            _print(f"{repetitions} repetitions, {name}", held)
    for size in (100, 320, 1000):
        _print(f"{size} test patches, one repetition", _over_patches(size, trials // 4))
    for name, size, pool in _SHARING:
        held = _over_both(size, pool, trials // 4)
        _print(f"5 repetitions, {size} test patches, {name}", held)
    ignored = _over_both(135, 135, trials // 4, is_common_ignored=True)
    _print("the same 135 for all, over repetitions alone (not used here)", ignored)
    naive = _over_repetitions(3, _normal, trials, replicates=_resampled_repetitions)
    _print("3 repetitions, resampled whole (not used here)", naive)


def _print(name: str, held: np.ndarray) -> None:
    print(f"| {name} | {' | '.join(f'{100 * share:.1f} %' for share in held)} |", flush=True)


def _over_repetitions(repetitions, noise, trials, replicates=repetition_replicates) -> np.ndarray:
    rng = np.random.default_rng(0)
    truth = np.array([_TRUE[1, 4], aubc(_TRUE[1], _LABELLED), np.diff(aubc(_TRUE, _LABELLED))[0]])
    held = np.zeros(3)
    for _ in range(trials):
        values = _TRUE + noise(rng, (repetitions, *_TRUE.shape))
        drawn = replicates(values)
        areas = aubc(drawn, _LABELLED)
        quantities = np.stack([drawn[:, 1, 4], areas[:, 1], areas[:, 1] - areas[:, 0]], axis=1)
        low, high = interval(quantities)
        held += (low <= truth) & (truth <= high)
    return held / trials


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    steps = rng.normal(0, 0.03, size=shape)
    return np.cumsum(steps, axis=-1) / 2 + rng.normal(0, 0.02, size=(*shape[:-2], 1, 1))


def _skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Mostly small gains, now and then a big loss: a repetition that never catches on."""
    return 0.04 * (1 - rng.gamma(2.0, 0.5, size=(*shape[:-1], 1))) + rng.normal(0, 0.02, size=shape)


def _collapsing(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """One strategy, the last, collapses in a fifth of the repetitions: two groups about a mean of 0."""
    noise, gone = rng.normal(0, 0.02, size=(*shape[:-1], 1)), rng.random(shape[0]) < 0.2
    noise[:, -1] += 0.2 * (0.2 - gone)[:, None]
    return np.broadcast_to(noise, shape)


NOISES = {"normal noise": _normal, "skewed noise": _skewed, "collapse in 20 %": _collapsing}


def _resampled_repetitions(values: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    picks = rng.integers(0, len(values), size=(1000, len(values)))
    return values[picks].mean(axis=1)


def _over_patches(size: int, trials: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    population, defective = _population(rng, 20_000)
    means = np.array([[class_means(cell, defective) for cell in row] for row in population])
    curves = metric_at(means, "iou", _PREVALENCE)
    truth = np.array([curves[1, 4], aubc(curves[1], _LABELLED), np.diff(aubc(curves, _LABELLED))[0]])
    clean, faulty = np.flatnonzero(~defective), np.flatnonzero(defective)
    held = np.zeros(3)
    for _ in range(trials):
        items = np.concatenate([rng.choice(clean, size // 2), rng.choice(faulty, size // 2)])
        counts = population[:, :, items].reshape(-1, size, 4)
        drawn = patch_replicates(counts, defective[items]).reshape(-1, *_TRUE.shape, 2, 5)
        values = metric_at(drawn, "iou", _PREVALENCE)
        areas = aubc(values, _LABELLED)
        quantities = np.stack([values[:, 1, 4], areas[:, 1], areas[:, 1] - areas[:, 0]], axis=1)
        low, high = interval(quantities)
        held += (low <= truth) & (truth <= high)
    return held / trials


def _over_both(size: int, split: int, trials: int, *, is_common_ignored: bool = False) -> np.ndarray:
    """Repetitions are models whose skill on every patch differs; they draw test sets from a common split."""
    rng = np.random.default_rng(3)
    truth, held = _truth_of_both(np.random.default_rng(4)), np.zeros(3)
    for _ in range(trials):
        patches = _patches(rng, min(split, 5 * size))
        defective = patches[0]
        items = np.array(
            [_test_set(rng, defective, size, is_new=split > 5 * size, number=r) for r in range(5)]
        )
        counts = np.stack([_judge(rng, *(part[own] for part in patches)) for own in items])
        curves = _curves_of(counts, items, defective[items], is_common_ignored)
        areas = curves.areas()
        ends = [curves.at_budgets().interval(), areas.interval(), curves.minus("random").areas().interval()]
        bounds = [(one[1, 4], other[1, 4]) for one, other in ends[:1]]
        bounds += [(low[1], high[1]) for low, high in ends[1:]]
        held += [low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)]
    return held / trials


def _curves_of(counts, items, defective, is_common_ignored: bool) -> Curves:
    means = [
        [[class_means(c, own) for c in row] for row in block]
        for block, own in zip(counts, defective, strict=True)
    ]
    shared = None if is_common_ignored else SharedTests.of(counts, items, defective)
    cycles = np.arange(1, 9)
    evidence = Evidence(
        ("random", "other"), cycles, _LABELLED, 600, 0.1, np.array(means), None, np.zeros((5, 2))
    )
    return replace(evidence, shared=shared).curves_with_shared_error("iou", _PREVALENCE)


def _test_set(rng, defective: np.ndarray, size: int, *, is_new: bool, number: int) -> np.ndarray:
    """Ids, half of them defective: drawn from the split, or the next ones that nobody had."""
    if is_new:
        return np.arange(number * size, (number + 1) * size)
    halves = [np.flatnonzero(members) for members in (~defective, defective)]
    return np.sort(np.concatenate([rng.choice(half, size // 2, replace=False) for half in halves]))


def _patches(rng, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which are defective, their defects' areas, and how hard they are for every model."""
    defective = np.arange(size) % 2 == 0
    return defective, rng.lognormal(4, 0.7, size).clip(4, 2000) * defective, rng.normal(0, 0.25, size)


def _judge(rng, defective, area, difficulty) -> np.ndarray:
    """(S, C, T, 4) counts of one repetition's models: good or bad as a whole, and on each patch."""
    own = rng.normal(0, 0.05, size=(2, 1, 1)) + rng.normal(0, 0.15, size=(2, 1, len(area)))
    recall = (1.6 * _TRUE[..., None] + difficulty + own).clip(0, 1)
    tp = np.round(area * recall)
    fp = rng.poisson(3 * (1.2 - recall)) * (rng.random(recall.shape) < 0.15)
    return np.stack([tp, fp, area - tp, 4096 - tp - fp - (area - tp)], axis=-1)


def _truth_of_both(rng) -> tuple[float, float, float]:
    """The expectation over models and test patches, from many models on many patches."""
    values = []
    for _ in range(60):
        patches = _patches(rng, 20_000)
        counts = _judge(rng, *patches)
        means = np.array([[class_means(cell, patches[0]) for cell in row] for row in counts])
        values.append(metric_at(means, "iou", _PREVALENCE))
    curves = np.mean(values, axis=0)
    areas = aubc(curves, _LABELLED)
    return curves[1, 4], areas[1], areas[1] - areas[0]


def _population(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(S, C, M, 4) counts of M patches, half defective, under models that find ever more of each defect."""
    defective = np.arange(size) % 2 == 0
    area = rng.lognormal(4, 0.7, size=size).clip(4, 2000) * defective
    difficulty = rng.normal(0, 0.25, size=size)  # of a patch, for every model
    recall = (1.6 * _TRUE[..., None] + difficulty).clip(0, 1)
    tp = np.round(area * recall)
    fp = rng.poisson(3 * (1.2 - recall)) * (rng.random(recall.shape) < 0.15)
    fn = area - tp
    return np.stack([tp, fp, fn, 4096 - tp - fp - fn], axis=-1), defective


if __name__ == "__main__":
    main()
