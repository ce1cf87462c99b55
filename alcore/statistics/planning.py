"""From a pilot run: how many repetitions are needed to detect a difference of a given size.

The test is Student's paired t-test over repetitions at 5 %, as comparisons make it, and "to see" means with a
probability of 80 %. The spread of the differences is known only from the pilot, and with few repetitions only
roughly: planned with the pilot's own standard deviation, three repetitions promise 80 % and give
60 to 70 on average, and less than 50 in every third case. So a plan takes the deviation that the true one
stays below in four of five pilots (assurance), and comes with the bounds that the 95 % interval of the
deviation gives (`make bench-planning`). The error of test patches that repetitions share does not fall with
repetitions: below some size, no number of them is enough.

Source: noncentral t, Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2, chapter 31;
interval of a standard deviation, from the χ² distribution of a normal sample's variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri

from alcore.statistics.decision_frames import DetectableRow, PlanRow
from alcore.statistics.estimands import Curves
from alcore.statistics.frames import frame_of
from alcore.statistics.multiplicity import detectable
from alcore.statistics.resampling import LEVEL

ASSURANCE = 0.8
"""Share of pilots whose plan has the power that it promises, or more."""
MOST = 10_000
"""The most repetitions that are planned; also a config's bound."""


@dataclass(frozen=True)
class Pilot:
    """What a pilot run knows of one strategy's paired differences.

    spread: their standard deviation, NaN with fewer than two repetitions, and where they do not differ at
    all, as with models that find nothing; spread_low, spread_high: bounds of
    its 95 % interval; spread_planned: its upper bound with the assurance, which plans are made
    with. common: standard error from test patches that repetitions share.
    """

    strategy: str
    repetitions: int
    difference: float
    spread: float
    spread_low: float
    spread_high: float
    spread_planned: float
    common: float


def pilots(curves: Curves, baseline: str) -> list[Pilot]:
    """Of every strategy but the baseline: its AUBC minus the baseline's; none where there is no baseline."""
    if baseline not in curves.strategies:
        return []
    areas = curves.minus(baseline).areas()
    count = len(areas.values)
    spread = areas.values.std(axis=0, ddof=1) if count > 1 else np.full(len(curves.strategies), np.nan)
    spread = np.where(spread > 0, spread, np.nan)
    common = np.zeros(len(spread)) if areas.common is None else areas.common.std(axis=0)
    low, high = spread_bounds(count)
    return [
        Pilot(
            strategy,
            count,
            float(areas.mean[row]),
            float(spread[row]),
            float(spread[row] * low),
            float(spread[row] * high),
            float(spread[row] * assured(count)),
            float(common[row]),
        )
        for row, strategy in enumerate(curves.strategies)
        if strategy != baseline
    ]


def spread_bounds(repetitions: int, level: float = LEVEL) -> tuple[float, float]:
    """Factors that lead from a standard deviation of so many repetitions to its interval's bounds."""
    freedom = repetitions - 1
    if freedom < 1:
        return np.nan, np.nan
    low, high = (
        float(np.sqrt(freedom / chdtri(freedom, tail))) for tail in ((1 - level) / 2, (1 + level) / 2)
    )
    return low, high


def assured(repetitions: int) -> float:
    """Factor from a pilot's deviation to one that the true one stays below in four of five pilots."""
    freedom = repetitions - 1
    return float(np.sqrt(freedom / chdtri(freedom, ASSURANCE))) if freedom > 0 else np.nan


def seen_with(spread: float, common: float, repetitions: int) -> float:
    """The smallest true difference that so many repetitions see with a probability of 80 %."""
    error = np.hypot(spread / np.sqrt(repetitions), common)
    return float(detectable(np.asarray(error), repetitions))


def repetitions_needed(spread: float, difference: float, *, common: float = 0.0) -> float:
    """The fewest repetitions, 2 or more, that see a difference with a probability of 80 %.

    Args:
        spread: standard deviation of the paired differences; common: the error that repetitions share.
    Returns:
        A whole number; inf where 10,000 are not enough; NaN where the spread is not known.
    Source: noncentral t, Johnson, Kotz & Balakrishnan 1995, Continuous Univariate Distributions 2.
    """
    if np.isnan(spread) or np.isnan(common):
        return np.nan
    wanted = abs(difference)
    if seen_with(spread, common, MOST) > wanted:
        return np.inf
    fewest, enough = 1, MOST  # what is seen falls with the repetitions, so halving finds the first
    while enough - fewest > 1:
        middle = (fewest + enough) // 2
        if seen_with(spread, common, middle) <= wanted:
            enough = middle
        else:
            fewest = middle
    return float(enough)


def plan(pilots_of_run: list[Pilot], difference: float) -> pd.DataFrame:
    """`PlanRow`s: what it takes to see a difference, for every strategy."""
    rows = []
    for one in pilots_of_run:
        spreads = (one.spread_planned, one.spread_low, one.spread_high)
        needed, low, high = (repetitions_needed(own, difference, common=one.common) for own in spreads)
        floor = seen_with(0.0, one.common, MOST)
        rows.append(
            PlanRow(
                one.strategy,
                one.difference,
                one.spread,
                one.spread_low,
                one.spread_high,
                one.spread_planned,
                needed,
                low,
                high,
                floor,
            )
        )
    return pd.DataFrame(rows, columns=PlanRow._fields)


def along_repetitions(one: Pilot, most: int) -> pd.DataFrame:
    """`DetectableRow`s: what 2 to `most` repetitions see, with the bounds of the pilot's uncertainty."""
    counts = np.unique(np.geomspace(2, max(most, 3), 40).round().astype(int))
    columns: dict[str, object] = {"strategy": one.strategy, "repetitions": counts}
    columns |= {
        name: [seen_with(spread, one.common, int(count)) for count in counts]
        for name, spread in (
            ("detectable", one.spread_planned),
            ("low", one.spread_low),
            ("high", one.spread_high),
        )
    }
    return frame_of(DetectableRow, columns)
