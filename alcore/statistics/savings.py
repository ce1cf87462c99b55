"""The value of labels: how many reach a target, how many a strategy saves, and the defects it finds.

Arrays have the budget (C) as their last axis, as in `alcore.statistics.estimands`.
"""

from __future__ import annotations

import numpy as np


def labels_to_reach(values: np.ndarray, labelled: np.ndarray, target: np.ndarray | float) -> np.ndarray:
    """Labels at which a curve first reaches a target, interpolated linearly between budgets.

    Args:
        values: (..., C); labelled: (C,), increasing; target: (...) or one number.
    Returns:
        (...) labels; the first budget if the curve starts above the target; inf if it never reaches it; NaN
        if the target is NaN.
    """
    target = np.broadcast_to(np.asarray(target, dtype=float), values.shape[:-1])
    reached = values >= target[..., None]
    first = reached.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    high = np.take_along_axis(values, first[..., None], axis=-1)[..., 0]
    low = np.take_along_axis(values, before[..., None], axis=-1)[..., 0]
    rise = high - low
    part = np.divide(target - low, rise, out=np.ones(rise.shape), where=(rise > 0) & (first > 0))
    labels = labelled[before] + part * (labelled[first] - labelled[before])
    labels = np.where(reached.any(axis=-1), labels, np.inf)
    return np.where(np.isnan(target), np.nan, labels)


def labels_saved(
    own: np.ndarray, baseline: np.ndarray, labelled: np.ndarray, *, target: float | None = None
) -> np.ndarray:
    """Labels that a strategy saves: the labels the baseline needs to reach the target, minus its own.

    The target is the baseline's final value unless another is given; a final value of 0, which a model that
    finds nothing has, is no target. A strategy that never reaches the target enters with the whole budget, so
    that
    the number is then a bound: see `known_as`. If neither reaches it, NaN.

    Args:
        own, baseline: (..., C) curves; labelled: (C,) labels.
        target: a value of the metric, or None.
    Returns:
        (...) labels, negative where the baseline was faster.
    """
    mine, theirs = _labels_of_both(own, baseline, labelled, target)
    budget = labelled[-1]
    saved = np.minimum(theirs, budget) - np.minimum(mine, budget)
    return np.where(np.isinf(mine) & np.isinf(theirs), np.nan, saved)


def known_as(
    own: np.ndarray, baseline: np.ndarray, labelled: np.ndarray, *, target: float | None = None
) -> str:
    """What `labels_saved` of two (C,) curves is: "at least" where the baseline never reaches the target, "at
    most" where the strategy does not, "" where it is the number itself, or there is none.
    """
    mine, theirs = _labels_of_both(own, baseline, labelled, target)
    if np.isinf(mine) == np.isinf(theirs):
        return ""
    return "at least" if np.isinf(theirs) else "at most"


def saving_target(baseline: np.ndarray, target: float | None) -> np.ndarray:
    """(..., C) of the baseline -> (...) values at which labels saved are counted; NaN where there is none."""
    if target is not None:
        return np.full(baseline.shape[:-1], target)
    return np.where(baseline[..., -1] > 0, baseline[..., -1], np.nan)


def _labels_of_both(
    own: np.ndarray, baseline: np.ndarray, labelled: np.ndarray, target: float | None
) -> tuple[np.ndarray, np.ndarray]:
    goal = saving_target(baseline, target)
    return labels_to_reach(own, labelled, goal), labels_to_reach(baseline, labelled, goal)


def enrichment(query_share: np.ndarray, pool_prevalence: float) -> np.ndarray:
    """How many times more defective patches a strategy's queries contain than random queries would.

    The defective share of all its queries after the first (which is random for every strategy), divided by
    π₀. Random sampling has 1 on average. The largest possible value is less than 1/π₀ where the queries ask
    for more patches than there are defects left: see `attained`.

    Args:
        query_share: (...) defective shares; pool_prevalence: π₀.
    """
    return query_share / pool_prevalence


def attained(found: np.ndarray, labelled: np.ndarray, defects: int) -> np.ndarray:
    """Share of the defects within reach that a strategy's own queries found.

    Within reach of all queries after the first are the defects that the first one left, or as many as there
    are labels to be bought, whichever is less. Unlike enrichment it ends at 1 for every π₀.

    Args:
        found: (..., C) defective patches labelled by each budget, the first query's among them.
        labelled: (C,) labels; defects: defective patches in the pool.
    Returns:
        (...) 0 to 1; NaN where nothing was within reach.
    """
    first = found[..., 0]
    reach = np.minimum(defects - first, labelled[-1] - labelled[0])
    return np.divide(found[..., -1] - first, reach, out=np.full(first.shape, np.nan), where=reach > 0)


def most_found(found: np.ndarray, labelled: np.ndarray, defects: int) -> np.ndarray:
    """(..., C) the most defective patches that could be labelled by each budget, given the first query.

    Args:
        found, labelled, defects: as for `attained`.
    """
    return np.minimum(found[..., :1] + labelled - labelled[0], defects)
