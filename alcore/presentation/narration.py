"""A run in one sentence: what its latest query contained, and what the curves support so far.

Counts are stated as they are. What is said about the curves depends on the evidence:

- One repetition: these models on these test patches, "best on these test patches". It is no claim about
  strategies.
- Several, and some still to come: "ahead", by intervals over repetitions that hold at any moment.
- All that were planned: "ahead", by Student's intervals over repetitions.

Each claim is made for any user who watches all cycles, as in a film, so its level is shared among all cycles
and strategies of the run.

A strategy is mentioned only where its difference to *every* other lies above zero, at that budget and at all
budgets since, and its IoU is large enough.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from alcore.config import RunConfig
from alcore.presentation.labels import display_name
from alcore.presentation.repetition_sentences import bounds_at_any_moment
from alcore.statistics.anytime import anytime_interval
from alcore.statistics.estimands import Curves, Evidence
from alcore.statistics.resampling import LEVEL
from alcore.statistics.sample import Sample
from alcore.wording import joined, plural

WORTH_SAYING = 0.01
"""IoU below which no strategy is called ahead: such models see next to nothing."""

MEANING = (
    "“Ahead” means that over repetitions the interval of a strategy's IoU minus every other strategy's "
    "lies above 0, there and in all later cycles; 95 % is shared among all cycles and strategies, since "
    "you look at them all. While repetitions are unfinished, the interval is one that is valid at any "
    "moment. “Best on these test patches” is about the models of one repetition only; with another pool "
    "the order might differ."
)
"""The meaning of the sentence's strongest words, for a caption."""


def narrate(evidence: Evidence, config: RunConfig, *, prevalence: float, cycle: int) -> str:
    """The sentence after a cycle, from the records up to it.

    Args:
        config: the run's, which says how much there is still to come.
        prevalence: π₁, at which strategies are compared by IoU.
        cycle: 1 to the last of the evidence.
    Returns:
        A sentence or two; '' where the evidence holds no selections.
    """
    if evidence.found is None:
        return ""
    parts = [_query(evidence, cycle)]
    if cycle > 1:
        lead = _lead(evidence, config, prevalence, cycle)
        parts.append(_all_found(evidence, cycle, is_news_only=bool(lead)) or lead or _search(evidence, cycle))
    return " · ".join(part for part in parts if part)


def defects_in_query(evidence: Evidence, cycle: int) -> np.ndarray:
    """(S,) defective patches in the query of that cycle, added up over repetitions."""
    assert evidence.found is not None
    total = evidence.found.sum(axis=0)
    return total[:, cycle - 1] - (total[:, cycle - 2] if cycle > 1 else 0)


def watched(evidence: Evidence, config: RunConfig, *, prevalence: float) -> str:
    """Where repetitions are still to come: the best strategy minus the first one, with both intervals.

    The strategy is the best of several, so the interval that is valid at any moment holds for all of them.

    Returns:
        '' for a run of one repetition, and where there is nothing to compare.
    """
    if config.repetitions == 1 or len(evidence.strategies) < 2:
        return ""
    planned = plural(config.repetitions, "repetition")
    curves, base = evidence.curves_with_shared_error("iou", prevalence), _baseline(evidence)
    if evidence.repetitions == 1 or np.isnan(curves.mean[:, -1]).any():
        return f"IoU minus {display_name(base)}: intervals over repetitions start with the second one"
    sample = _last(curves.minus(base))
    row = int(np.nanargmax(np.delete(sample.mean, curves.row(base))))
    row += row >= curves.row(base)
    low, high = (float(bound[row]) for bound in sample.interval())
    said = f"{display_name(curves.strategies[row])} minus {display_name(base)}: {sample.mean[row]:+.3f} IoU"
    said += f", fixed interval {low:+.3f} to {high:+.3f}"
    if evidence.repetitions == config.repetitions:
        return f"{said}, all {planned}"
    level = 1 - (1 - LEVEL) / (len(evidence.strategies) - 1)
    low, high = (float(bound[row]) for bound in anytime_interval(sample, level))
    return (
        f"{said}, valid at any moment {bounds_at_any_moment(low, high)} ({evidence.repetitions} of {planned})"
    )


def _baseline(evidence: Evidence) -> str:
    return "random" if "random" in evidence.strategies else evidence.strategies[0]


def _last(curves: Curves) -> Sample:
    """Values at the last budget, (S,)."""
    whole = curves.at_budgets()
    common = None if whole.common is None else whole.common[..., -1]
    return Sample(whole.values[..., -1], whole.replicates[..., -1], common)


def ahead_since(
    evidence: Evidence, config: RunConfig, prevalence: float, cycle: int
) -> tuple[str, int] | None:
    """The strategy that is ahead after a cycle, and the first cycle since which it is; None where none is."""
    if len(evidence.strategies) < 2:
        return None
    curves = evidence.curves_with_shared_error("iou", prevalence)
    values = curves.mean[:, :cycle]
    if np.isnan(values[:, -1]).any():
        return None
    row = int(values[:, -1].argmax())  # nobody else can be above all others
    bounds = [_lower_bounds(curves, config, row, other) for other in range(len(values)) if other != row]
    # NaN, where a difference is undefined, is not above zero
    is_ahead = np.all(np.array(bounds)[:, :cycle] > 0, axis=0) & (values[row] >= WORTH_SAYING)
    if not is_ahead[-1]:
        return None
    behind = np.flatnonzero(~is_ahead)
    return evidence.strategies[row], int(behind[-1]) + 2 if behind.size else 1


def _lower_bounds(curves: Curves, config: RunConfig, row: int, other: int) -> np.ndarray:
    """(C,) lower bounds of one strategy's value minus another's, with the evidence so far."""
    difference = Sample(
        curves.values[:, row] - curves.values[:, other],
        curves.replicates[:, row] - curves.replicates[:, other],
        None if curves.common is None else curves.common[:, row] - curves.common[:, other],
    )
    looks = max(config.cycles - 1, 1)  # the first cycle is the same for all
    miss = (1 - LEVEL) / len(curves.strategies) / looks
    if len(curves.values) == 1:
        return difference.mean + ndtri(miss) * difference.error
    if len(curves.values) == config.repetitions:
        return difference.interval(1 - 2 * miss)[0]
    return anytime_interval(difference, 1 - 2 * miss)[0]


def _query(evidence: Evidence, cycle: int) -> str:
    counts = defects_in_query(evidence, cycle)
    drawn = int(np.diff(evidence.labelled, prepend=0)[cycle - 1]) * evidence.repetitions
    over = f" over {evidence.repetitions} repetitions" if evidence.repetitions > 1 else ""
    if cycle == 1:
        return f"Query 1 is random and the same for all: {counts[0]} of {drawn} defective{over}"
    order = np.argsort(-counts, kind="stable")
    named = [f"{display_name(evidence.strategies[row])} {counts[row]}" for row in order]
    if len(named) == 1 or counts.max() == counts.min():
        who = display_name(evidence.strategies[0]) if len(named) == 1 else "every strategy"
        return f"Query {cycle}: {who} {counts[0]} of {drawn} defective{over}"
    return f"Query {cycle}: {named[0]} of {drawn} defective, {', '.join(named[1:])}{over}"


def _lead(evidence: Evidence, config: RunConfig, prevalence: float, cycle: int) -> str:
    found = ahead_since(evidence, config, prevalence, cycle)
    if found is None:
        return ""
    strategy, since = found
    name, labels = display_name(strategy), plural(int(evidence.labelled[since - 1]), "label")
    if evidence.repetitions == 1:
        return f"{name}: best on these test patches{'' if since == cycle else f' from {labels} on'}"
    return f"{name} is ahead" if since == cycle else f"{name} has been ahead from {labels} on"


def _all_found(evidence: Evidence, cycle: int, *, is_news_only: bool) -> str:
    """Who has found every defect of every pool, so that later queries hold none; '' where nobody has.

    Args:
        is_news_only: whether only those are named that were not there two queries ago.
    """
    assert evidence.found is not None
    there = _defects(evidence)
    has_all = evidence.found.sum(axis=0) == there  # (S, C)
    is_named = has_all[:, cycle - 1]
    if is_news_only and cycle > 2:
        is_named = is_named & ~has_all[:, cycle - 3]
    names = [display_name(evidence.strategies[row]) for row in np.flatnonzero(is_named)]
    if not names or there == 0:
        return ""
    who = f"{joined(names)} {'has' if len(names) == 1 else 'have'} found all {plural(there, 'defect')}"
    return f"{who}: only clean patches are left to query"


def _defects(evidence: Evidence) -> int:
    """In the pools of all repetitions."""
    return round(evidence.pool_size * evidence.pool_prevalence) * evidence.repetitions


def _search(evidence: Evidence, cycle: int) -> str:
    """How many of the pool's defects the least lucky strategy has found."""
    assert evidence.found is not None
    found = evidence.found.sum(axis=0)[:, cycle - 1]
    least = int(np.argmin(found))
    there = _defects(evidence)
    where = "the pool" if evidence.repetitions == 1 else f"the pools of {evidence.repetitions} repetitions"
    return (
        f"{display_name(evidence.strategies[least])} has found {found[least]} of "
        f"{plural(there, 'defect')} in {where}"
    )
