"""Sentences about a run's repetitions: while some are unfinished, and how many would be needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.betting import TWO_GROUPS
from alcore.statistics.comparison import Question, watched_advantages
from alcore.statistics.estimands import AnyEvidence
from alcore.statistics.frames import each_row
from alcore.statistics.planning import MOST
from alcore.wording import clock, plural

WHAT_IS_VALID = (
    "The fixed interval contains the truth in 95 of 100 experiments whose size was fixed in advance; "
    "anyone who looks after every repetition and stops at a lucky one is wrong far more often. The "
    "interval that is valid at any moment allows for such looks; it has finite bounds from the sixth "
    "repetition on, and assumes independent, roughly normal differences. The one without a distribution "
    "assumes only that repetitions are independent; it is wide, and decides if repetitions fall into two "
    "groups, for example because a strategy collapses in some of them."
)


def bounds_at_any_moment(low: float, high: float) -> str:
    """An interval of a difference of metrics, which lies between -1 and 1 whatever it is."""
    if low <= -1 and high >= 1:
        return "unbounded so far"
    return f"{max(low, -1):+.3f} to {min(high, 1):+.3f}"


def so_far(evidence: AnyEvidence, question: Question, planned: int) -> list[str]:
    """For each strategy, both intervals and the verdict while repetitions are unfinished.

    Args:
        evidence: of two repetitions or more.
        planned: repetitions there will be.
    """
    baseline, sentences = question.baseline, []
    last = watched_advantages(evidence, question).groupby("strategy", sort=False).tail(1)
    for row in each_row(last):
        lead = f"**{display_name(row.strategy)}** minus {baseline}: "
        if np.isnan(row.low):
            sentences.append(f"{lead}not defined in every repetition, so there is no interval.")
            continue
        always = bounds_at_any_moment(row.anytime_low, row.anytime_high)
        free = bounds_at_any_moment(row.free_low, row.free_high)
        verdict = verdict_so_far(row)
        if row.groups < TWO_GROUPS:
            verdict += (
                ", by the last one alone, since repetitions fall "
                f"into two groups (p = {row.groups:.4f}) and the others assume one"
            )
        sentences.append(
            f"{lead}{row.difference:+.3f} AUBC after {row.repetitions} of {plural(planned, 'repetition')}, "
            f"fixed interval {row.low:+.3f} to {row.high:+.3f}, valid at any moment {always}, without a "
            f"distribution {free}: {verdict}."
        )
    return sentences


def verdict_so_far(row: Any) -> str:  # noqa: ANN401  a `WatchedRow`
    """What may be said of a strategy at any moment, by the interval that is to be trusted there."""
    is_free = row.groups < TWO_GROUPS
    low, high = (row.free_low, row.free_high) if is_free else (row.anytime_low, row.anytime_high)
    if low <= -1 and high >= 1:
        return "too early to say which is better"
    if low > 0:
        return "ahead, and you may stop here"
    return "behind, and you may stop here" if high < 0 else "not distinguishable so far"


def first_repetition(summary: pd.DataFrame, baseline: str) -> list[str]:
    """The same while no second repetition is finished: of these models alone, and no verdict."""
    return [
        f"**{display_name(row.strategy)}** minus {baseline}: {row.advantage:+.3f} AUBC so far, "
        f"{row.advantage_low:+.3f} to {row.advantage_high:+.3f} over resampled test patches. That holds "
        "for these models only; repetitions are needed to say which strategy is better."
        for row in each_row(summary.dropna(subset=["advantage", "advantage_low"]))
    ]


def plan_table(planned: pd.DataFrame, baseline: str, seconds: float | None) -> pd.DataFrame:
    """A plan to be read: a row per strategy, with its bounds in brackets.

    Args:
        planned: `PlanRow`s.
        seconds: per repetition; None where that is not known, and then no time is given.
    """
    needed = [*zip(planned["needed"], planned["needed_low"], planned["needed_high"], strict=True)]
    spread = zip(planned["spread"], planned["spread_low"], planned["spread_high"], strict=True)
    table = pd.DataFrame(
        {
            "strategy": [*map(display_name, planned["strategy"])],
            f"AUBC minus {baseline}'s": planned["difference"].map("{:+.3f}".format),
            "standard deviation": [f"{own:.3f} ({low:.3f} to {high:.3f})" for own, low, high in spread],
            "planned with": planned["spread_planned"].map("{:.3f}".format),
            "repetitions": [needed_in_words(*one) for one in needed],
        }
    )
    if seconds is not None:
        table["time"] = [time_in_words(*one, seconds) for one in needed]
    return table


def needed_in_words(needed: float, low: float, high: float) -> str:
    """Repetitions with their bounds, such as '12 (5 to 140)'."""
    if np.isnan(needed):
        return "not known"
    return f"{_count(needed)} ({_count(low)} to {_count(high)})"


def _count(needed: float) -> str:
    return f"{needed:.0f}" if np.isfinite(needed) else f"over {MOST}"


def time_in_words(needed: float, low: float, high: float, seconds: float | None) -> str:
    """How long they take at the measured pace, with the same bounds; '' where that is not known."""
    if seconds is None or not np.isfinite(needed):
        return ""
    ends = [clock(count * seconds) if np.isfinite(count) else "no end" for count in (low, high)]
    return f"{clock(needed * seconds)} ({ends[0]} to {ends[1]})"


def limits_of_a_plan(plan: pd.DataFrame, pilot: int, difference: float) -> list[str]:
    """What the numbers of a plan rest on, and which differences no number of repetitions would detect."""
    said = [
        f"From {plural(pilot, 'repetition')}: a true difference of {difference:.3f} is then found with a "
        "probability of 80 % or more (paired t-test at 5 %) in four of five such plans, because they are "
        "made with a larger standard deviation than the pilot's own. In brackets: the same at the bounds of "
        "the 95 % "
        "interval of the standard deviation, which so few repetitions cannot pin down further. Choose the "
        "difference that matters to you; do not plan with the one the pilot found, which is partly luck."
    ]
    floors = plan[plan["floor"] > 0.0005]
    if len(floors):
        sizes = ", ".join(f"{display_name(row.strategy)} {row.floor:.3f}" for row in each_row(floors))
        said.append(
            "Repetitions share test patches, and no number of repetitions compensates for too few of those: "
            f"differences below {sizes} need more test patches."
        )
    return said
