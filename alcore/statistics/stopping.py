"""When to stop labelling: rules replayed over a finished run, with their regret against hindsight.

After each cycle a rule looks at what a lab would know by then, and says whether to stop; if it never does,
the whole budget is spent. The test set serves only for evaluation. What a stop is worth is a utility

    metric on the test patches - price · labels,

and regret is the utility lost against the best cycle of the same strategy in the same repetition, which is
known only with the whole curve. Hindsight profits from luck as well, so that no rule has a regret of 0.

Rules:

- all of the budget, or half of it, whatever happens;
- no defect in the last two queries: the search seems to be over;
- plateau: the best metric on validation patches has risen by less than 0.01 in two cycles;
- stable predictions: Cohen's kappa between consecutive models, on whether validation patches hold a defect,
  is 0.99 or more on average over three pairs (Bloodgood & Vijay-Shanker, there with a stop set of unlabelled
  texts). Models that agree because they call everything clean do not count as stable;
- low score: the highest score of the query is at most half of that of the first scored one (after the maximum
  uncertainty of Zhu et al., there with a fixed threshold, which scores of different strategies cannot share).

Source: Bloodgood & Vijay-Shanker 2009, arXiv:1409.5165; Zhu, Wang, Hovy & Ma 2010, ACM Transactions on Speech
and Language Processing 6(3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alcore.statistics.decision_frames import StopRow
from alcore.statistics.sample import Sample
from alcore.wording import percent

WITHOUT_DEFECT = 2
"""Queries in a row without a defect."""
PATIENCE, RISE = 2, 0.01
"""Cycles in which the best validation metric has risen by less than this."""
PAIRS, AGREEMENT = 3, 0.99
"""Pairs of consecutive models, and their average kappa, as in the source."""
LOW = 0.5
"""Of the first scored query's highest score."""
HINDSIGHT = "hindsight (cheats)"
PLATEAU = "plateau on validation"
"""The one rule that needs labels of validation patches; stable predictions need none."""


@dataclass(frozen=True)
class Histories:
    """What a run's repetitions knew after each cycle: (R, S, C) each.

    labelled: (C,); budget: labels that were planned. defects: found in each query. score: the highest of each
    query, NaN without one. metric: on the test patches, for judging alone. validation: the metric on
    validation patches; kappa: between each model and the one before on them, NaN in cycle 1; both None in
    runs without validation patches. validation_labels: how many of these there are.
    """

    strategies: tuple[str, ...]
    labelled: np.ndarray
    budget: int
    defects: np.ndarray
    score: np.ndarray
    metric: np.ndarray
    validation: np.ndarray | None = None
    kappa: np.ndarray | None = None
    validation_labels: int = 0

    def until(self, cycle: int) -> Histories:
        """The histories as they stood after a cycle."""
        return replace(
            self,
            labelled=self.labelled[:cycle],
            defects=self.defects[..., :cycle],
            score=self.score[..., :cycle],
            metric=self.metric[..., :cycle],
            validation=None if self.validation is None else self.validation[..., :cycle],
            kappa=None if self.kappa is None else self.kappa[..., :cycle],
        )


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Cohen's kappa of two (V,) bool decisions; NaN where both call all of them the same.

    Source: Cohen 1960, Educational and Psychological Measurement 20.
    """
    same = np.mean(one == other)
    by_chance = one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())
    return float((same - by_chance) / (1 - by_chance)) if by_chance < 1 else np.nan


def _half(histories: Histories) -> np.ndarray:
    return np.broadcast_to(2 * histories.labelled >= histories.budget, histories.defects.shape)


def _never(histories: Histories) -> np.ndarray:
    return np.zeros(histories.defects.shape, dtype=bool)


def _no_defect(histories: Histories) -> np.ndarray:
    return _all_of_last(histories.defects == 0, WITHOUT_DEFECT)


def _plateau(histories: Histories) -> np.ndarray:
    if histories.validation is None:
        return _never(histories)
    best = np.maximum.accumulate(np.nan_to_num(histories.validation, nan=0.0), axis=-1)
    stops = np.zeros(best.shape, dtype=bool)
    stops[..., PATIENCE:] = best[..., PATIENCE:] - best[..., :-PATIENCE] < RISE
    return stops & (best > RISE)  # a model that finds nothing yet is on no plateau


def _stable(histories: Histories) -> np.ndarray:
    stops = np.zeros(histories.defects.shape, dtype=bool)
    if histories.kappa is None:
        return stops
    for cycle in range(PAIRS, histories.labelled.size):
        last = histories.kappa[..., cycle - PAIRS + 1 : cycle + 1]
        stops[..., cycle] = last.mean(axis=-1) >= AGREEMENT
    return stops


def _low_score(histories: Histories) -> np.ndarray:
    if histories.score.shape[-1] < 2:
        return _never(histories)
    stops = histories.score <= LOW * histories.score[..., 1:2]  # NaN, of strategies without a score, is not
    return stops & (np.arange(stops.shape[-1]) > 1)


def _all_of_last(happened: np.ndarray, count: int) -> np.ndarray:
    """(..., C) whether something happened in each of the last `count` cycles."""
    padded = np.concatenate([np.zeros((*happened.shape[:-1], count - 1), dtype=bool), happened], axis=-1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, count, axis=-1)
    return np.asarray(windows.all(axis=-1))


RULES: dict[str, Callable[[Histories], np.ndarray]] = {
    "all of the budget": _never,
    "half of the budget": _half,
    f"no defect in {WITHOUT_DEFECT} queries": _no_defect,
    PLATEAU: _plateau,
    "stable predictions": _stable,
    "low score": _low_score,
}
"""By name: histories -> (R, S, C) whether each cycle is one to stop after. A rule uses nothing of later
cycles, and nothing of the test patches.
"""

MEANINGS = {
    f"no defect in {WITHOUT_DEFECT} queries": "consecutive ones without any",
    "plateau on validation": f"the best value on validation patches rose by less than {RISE:g} in {PATIENCE} "
    "cycles",
    "stable predictions": "Cohen's kappa between consecutive models' verdicts on which validation patches "
    f"hold a defect is {AGREEMENT:g} or more on average over {PAIRS} pairs (Bloodgood & Vijay-Shanker 2009)",
    "low score": f"the query's highest score is at most {percent(LOW)} of that of the first scored query "
    "(after Zhu et al. 2010); random has no score",
}
"""What rules mean whose names do not say it, for captions."""


def stop_cycles(histories: Histories, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """(R, S) index of the cycle after which a rule stops, the last one where it never says so; and whether it
    did say so.
    """
    says = RULES[rule](histories)
    has_said = np.asarray(says.any(axis=-1))
    return np.where(has_said, says.argmax(axis=-1), says.shape[-1] - 1), has_said


def utilities(histories: Histories, price: float) -> np.ndarray:
    """(R, S, C) metric minus price (per label) times labels."""
    return histories.metric - price * histories.labelled


def replayed(histories: Histories, price: float, *, charged: bool = False) -> pd.DataFrame:
    """`StopRow`s of every strategy and rule, and of hindsight.

    Args:
        price: of one label, in units of the metric; 0 or more.
        charged: whether a rule that needs labelled validation patches pays for them.
    """
    worth = utilities(histories, price)
    is_known = ~np.isnan(worth).any(axis=(0, 2))  # of a strategy whose metric is defined at every budget
    best = np.where(np.isnan(worth), -np.inf, worth).argmax(axis=-1)
    stops = {name: stop_cycles(histories, name) for name in RULES}
    stops[HINDSIGHT] = best, np.ones(best.shape, dtype=bool)
    rows = []
    for row in np.flatnonzero(is_known):
        for name, (cycles, has_said) in stops.items():
            own = cycles[:, [row]]
            then = np.take_along_axis(histories.metric[:, row], own, axis=1)[:, 0]
            gained = np.take_along_axis(worth[:, row], own, axis=1)[:, 0]
            extra = histories.validation_labels if charged and name == PLATEAU else 0
            gained = gained - price * extra
            labels = histories.labelled[own[:, 0]] + extra
            rows.append(
                StopRow(
                    histories.strategies[row],
                    name,
                    float(labels.mean()),
                    int(labels.min()),
                    int(labels.max()),
                    *_mean(then, most=1.0),
                    *_mean(worth[:, row].max(axis=1) - gained),
                    float(1 - has_said[:, row].mean()),
                )
            )
    return pd.DataFrame(rows, columns=StopRow._fields)


def _mean(values: np.ndarray, most: float = np.inf) -> tuple[float, float, float]:
    """Mean of (R,) values with its 95 % interval within 0 and `most`."""
    if len(values) == 1:
        return float(values[0]), np.nan, np.nan
    low, high = np.clip(Sample(values[:, None], values[:0, None]).interval(), 0, most)
    return float(values.mean()), float(low[0]), float(high[0])
