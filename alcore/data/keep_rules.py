"""Which images of a line are kept, and the pool prevalence π₀ that results from each rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from alcore.data.production_line import ProductionLine
from alcore.errors import DataError, did_you_mean

_SIZES = ("small", "medium", "large")
"""Thirds of the defects of a data set by their area."""

Keep = Callable[[ProductionLine], np.ndarray]
"""The arrivals that are kept, ascending: positions in the line."""


class KeepRule(NamedTuple):
    """A rule.

    title, help: for people; keep: what it keeps; expected: the π₀ that follows from the line's settings;
    formula: that in signs; uses: the settings that only some rules have.
    """

    title: str
    help: str
    keep: Keep
    expected: Callable[[ProductionLine], float]
    formula: str
    uses: tuple[str, ...] = ()


class Kept(NamedTuple):
    """What a rule keeps of a line.

    positions: (n,) in the line; items: (n,) ids; prevalence: π₀ of what is kept, NaN of nothing; expected: by
    the formula; hours: until the storage was full, or the line's end.
    """

    rule: str
    positions: np.ndarray
    items: np.ndarray
    defective: int
    prevalence: float
    expected: float
    hours: float


def keep(line: ProductionLine, rule: str) -> Kept:
    """Let a line run, and keep what a rule keeps.

    Raises:
        DataError: an unknown rule.
    """
    if rule not in KEEP_RULES:
        raise DataError(
            f"unknown rule {rule!r}{did_you_mean(rule, KEEP_RULES)} (known: {', '.join(KEEP_RULES)})"
        )
    found = KEEP_RULES[rule].keep(line)
    defective = int(line.defective[found].sum())
    is_full = found.size >= line.settings.storage and rule not in _TO_THE_END
    hours = (int(found[-1]) + 1) / line.settings.images_per_hour if is_full else line.hours
    prevalence = defective / found.size if found.size else float("nan")
    expected = KEEP_RULES[rule].expected(line)
    return Kept(rule, found, line.items[found], defective, prevalence, expected, hours)


def represented(line: ProductionLine, kept: Kept) -> pd.DataFrame:
    """Which defects are over- and under-represented: one row per size class, and per kind if there are some.

    Columns: group; line, kept: its share of the defects of the line and of what is kept; factor: how many
    times more often it is met in what is kept, NaN where the line has none.
    """
    here = np.flatnonzero(line.defective)
    there = kept.positions[line.defective[kept.positions]]
    low, high = np.percentile(line.measured_areas, (100 / 3, 200 / 3))
    sizes = np.array(_SIZES)[np.digitize(line.areas, (low, high))]
    rows = [
        _row(f"{name} defects", sizes[here] == name, sizes[there] == name)
        for name in ("small", "medium", "large")
    ]
    kinds = np.array(line.kinds(line.items[here]))
    names = sorted(set(kinds.tolist()))
    if 1 < len(names) <= _MOST_KINDS:
        kept_kinds = kinds[np.isin(here, there)]
        rows += [_row(name or "top folder", kinds == name, kept_kinds == name) for name in names]
    return pd.DataFrame(rows)


def _row(group: str, line: np.ndarray, kept: np.ndarray) -> dict[str, object]:
    of_line = float(line.mean()) if line.size else float("nan")
    of_kept = float(kept.mean()) if kept.size else float("nan")
    factor = of_kept / of_line if of_line else float("nan")
    return {"group": group, "line": of_line, "kept": of_kept, "factor": factor}


def _all(line: ProductionLine) -> np.ndarray:
    return np.arange(min(line.settings.storage, line.items.size))


def _every(line: ProductionLine) -> np.ndarray:
    every = line.settings.every
    return np.arange(every - 1, line.items.size, every)[: line.settings.storage]


def _as_the_line(line: ProductionLine) -> float:
    return line.settings.defect_rate


def _anomalous(line: ProductionLine) -> np.ndarray:
    order = np.argsort(-line.scores, kind="stable")
    return np.sort(order[: line.settings.storage])


def _expected_anomalous(line: ProductionLine) -> float:
    """The score that so many exceed as are kept, and the shares of both classes that exceed it."""
    rate = line.settings.defect_rate
    share = min(line.settings.storage / line.items.size, 1.0)
    defective, clean = line.measured_scores
    scores = np.concatenate([defective, clean])
    weights = np.concatenate(
        [np.full(defective.size, rate / defective.size), np.full(clean.size, (1 - rate) / clean.size)]
    )
    order = np.argsort(-scores, kind="stable")
    above = np.cumsum(weights[order])
    of_defective = np.cumsum(np.where(order < defective.size, weights[order], 0.0))
    return float(np.interp(share, above, of_defective) / share)


def _operator(line: ProductionLine) -> np.ndarray:
    return np.flatnonzero(line.pressed)[: line.settings.storage]


def _chances(line: ProductionLine) -> tuple[float, float]:
    """That a defective image is taken for one, on average over sizes, and that a clean one is."""
    return float(line.chance_to_see(line.measured_areas).mean()), line.settings.false_press


def _expected_operator(line: ProductionLine) -> float:
    return _bayes(line.settings.defect_rate, *_chances(line))


def _ring(line: ProductionLine) -> np.ndarray:
    """An alarm keeps the images that the ring buffer still holds, its own, and those that come after."""
    settings, count = line.settings, line.items.size
    steps = np.zeros(count + 1, dtype=np.int64)
    alarms = np.flatnonzero(line.pressed)
    np.add.at(steps, np.maximum(alarms - settings.before, 0), 1)
    np.add.at(steps, np.minimum(alarms + settings.after + 1, count), -1)
    return np.flatnonzero(np.cumsum(steps[:-1]) > 0)[: settings.storage]


def _expected_ring(line: ProductionLine) -> float:
    """Kept is what raises an alarm, and what has one among its neighbours, whatever it shows itself."""
    rate, (sees, false) = line.settings.defect_rate, _chances(line)
    alarms = rate * sees + (1 - rate) * false
    nearby = 1 - (1 - alarms) ** (line.settings.before + line.settings.after)
    return _bayes(rate, sees + (1 - sees) * nearby, false + (1 - false) * nearby)


def _bayes(rate: float, defective: float, clean: float) -> float:
    kept = rate * defective + (1 - rate) * clean
    return rate * defective / kept if kept else float("nan")


def _balanced(line: ProductionLine) -> np.ndarray:
    half = line.settings.storage // 2
    bad, good = (np.flatnonzero(line.defective == kind) for kind in (True, False))
    return np.sort(np.concatenate([bad[:half], good[: line.settings.storage - half]]))


def _expected_balanced(line: ProductionLine) -> float:
    half, count, rate = line.settings.storage // 2, line.items.size, line.settings.defect_rate
    bad = min(half, rate * count)
    return bad / (bad + min(line.settings.storage - half, (1 - rate) * count))


_MOST_KINDS = 12
_TO_THE_END = ("anomalous", "balanced")
"""Rules under which images are still exchanged, or waited for, when the storage is full."""
_WATCHED = ("sees", "false_press")

KEEP_RULES = {
    "all": KeepRule(
        "all until full", "Keeps everything until the storage is full.", _all, _as_the_line, "π₀ = π₁"
    ),
    "every-nth": KeepRule(
        "every n-th",
        "Keeps every n-th image: the same share of defects, from a longer time.",
        _every,
        _as_the_line,
        "π₀ = π₁",
        ("every",),
    ),
    "anomalous": KeepRule(
        "most anomalous",
        "Keeps the most unusual images of the shift by a simple score: deviation, extremes, edges, blocks.",
        _anomalous,
        _expected_anomalous,
        "π₀ = π₁·P(score > t | defective) / P(score > t)",
    ),
    "operator": KeepRule(
        "operator presses",
        "Keeps the images for which an operator presses a button: more large defects than small ones, and "
        "some clean images.",
        _operator,
        _expected_operator,
        "π₀ = π₁·s / (π₁·s + (1 − π₁)·f)",
        _WATCHED,
    ),
    "ring-buffer": KeepRule(
        "around alarms",
        "A ring buffer: an alarm keeps the images before it and after it too.",
        _ring,
        _expected_ring,
        "π₀ = π₁·K₁ / (π₁·K₁ + (1 − π₁)·K₀), K = p + (1 − p)·(1 − (1 − q)ᵂ)",
        (*_WATCHED, "before", "after"),
    ),
    "balanced": KeepRule(
        "class-balanced",
        "Inspection sorts the images: half of the storage is for defective ones, half for clean ones.",
        _balanced,
        _expected_balanced,
        "π₀ = min(S/2, π₁·N) / (min(S/2, π₁·N) + min(S/2, (1 − π₁)·N))",
    ),
}
"""By name, in the order in which they are shown."""
