"""Columns of the frames behind decisions: to go on or to stop, how many repetitions, which budget."""

from __future__ import annotations

from typing import NamedTuple


class WatchedRow(NamedTuple):
    """One row per strategy and number of repetitions: its mean difference from a baseline by then.

    low, high: of the fixed interval, for a number of repetitions that was settled before; anytime_low,
    anytime_high: of the one that holds at every moment, infinite where nothing can be said yet. free_low,
    free_high: of the one that holds at every moment whatever the distribution. groups: p-value of "no two
    groups of repetitions", see `alcore.statistics.betting.two_groups`.
    """

    strategy: str
    repetitions: int
    difference: float
    low: float
    high: float
    anytime_low: float
    anytime_high: float
    free_low: float
    free_high: float
    groups: float


class PlanRow(NamedTuple):
    """One row per strategy: the repetitions that a difference takes, as a pilot run lets one expect.

    difference, spread: mean and standard deviation of the pilot's paired differences, with bounds.
    spread_planned: the deviation that the plan is made with, see `alcore.statistics.planning.ASSURANCE`.
    needed: repetitions, with the bounds that those of the spread give; inf where there are never enough.
    floor: what no number of repetitions sees, because they share test patches.
    """

    strategy: str
    difference: float
    spread: float
    spread_low: float
    spread_high: float
    spread_planned: float
    needed: float
    needed_low: float
    needed_high: float
    floor: float


class DetectableRow(NamedTuple):
    """One row per strategy and number of repetitions: the smallest difference seen, with bounds."""

    strategy: str
    repetitions: int
    detectable: float
    low: float
    high: float


class SpentRow(NamedTuple):
    """One row per strategy and point: the mean over repetitions once so much was spent, with its interval."""

    strategy: str
    spent: float
    value: float
    low: float
    high: float


class FlipRow(NamedTuple):
    """One row per pair of strategies whose order depends on what the budget is counted in.

    per_label, in_unit: the one that leads per label minus the other, averaged over the budgets that both
    reach, with bounds.
    """

    leads: str
    trails: str
    per_label: float
    per_label_low: float
    per_label_high: float
    in_unit: float
    in_unit_low: float
    in_unit_high: float
    is_clear: bool


class CostRow(NamedTuple):
    """One row per strategy and budget: errors in use per 1,000 parts, and their cost, with bounds.

    threshold: on the surest pixel, the median over repetitions; above 1 everything passes. worth: the
    baseline's cost after as many labels minus the strategy's own; NaN for the baseline itself.
    """

    strategy: str
    labelled: int
    threshold: float
    escapes: float
    escapes_low: float
    escapes_high: float
    false_rejects: float
    false_rejects_low: float
    false_rejects_high: float
    cost: float
    cost_low: float
    cost_high: float
    worth: float
    worth_low: float
    worth_high: float


class StopRow(NamedTuple):
    """One row per strategy and rule: when it stops, and what that loses against stopping with hindsight.

    labels, metric, regret: means over repetitions, with 95 % intervals of the latter two, NaN with a single
    repetition. earliest, latest: labels. open_share: of repetitions in which it never said stop.
    """

    strategy: str
    rule: str
    labels: float
    earliest: int
    latest: int
    metric: float
    metric_low: float
    metric_high: float
    regret: float
    regret_low: float
    regret_high: float
    open_share: float
