"""A page's answer to the question that a tab asks: one sentence, before any picture."""

from __future__ import annotations

import pandas as pd

from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.repetition_sentences import verdict_so_far
from alcore.presentation.sentences import judged_at, verdict_on
from alcore.statistics.comparison import NOTHING, Question, watched_advantages
from alcore.statistics.estimands import AnyEvidence
from alcore.statistics.frames import each_row
from alcore.wording import joined, percent, plural

_FEW = 3
"""Strategies up to which each number comes with its interval, so that the sentence stays short."""


def who_is_ahead(summary: pd.DataFrame, question: Question, repetitions: int) -> str:
    """Which strategies are above the baseline, which below, and which are not distinguishable; '' for none.

    Args:
        summary: `alcore.statistics.comparison.summarise` rows of one run; repetitions: that it has.
    """
    rows = summary.dropna(subset=["advantage"])
    silent = set(summary.loc[summary["aubc"] < NOTHING, "strategy"])
    groups: dict[str, list[str]] = {}
    for row in each_row(rows):
        name = _with_number(row.strategy, row.advantage, row.advantage_low, row.advantage_high, of=len(rows))
        groups.setdefault(verdict_on(row, question.baseline, silent), []).append(name)
    where = judged_at(question.metric, question.test_prevalence)
    said = "; ".join(
        f"{joined(names)} {'is' if len(names) == 1 else 'are'} {verdict}" for verdict, names in groups.items()
    )
    of_one = ", of these models alone" if repetitions == 1 else ""
    return f"{said}: {where}, on average over the budget{of_one}." if said else ""


def ahead_so_far(evidence: AnyEvidence, question: Question, planned: int) -> str:
    """The same while repetitions are unfinished: only what holds however often you look.

    Args:
        planned: repetitions there will be.
    """
    if evidence.repetitions == 1:
        return (
            f"1 of {plural(planned, 'repetition')} is finished. That holds for these models alone: "
            "repetitions are needed to say which strategy is better."
        )
    last = watched_advantages(evidence, question).groupby("strategy", sort=False).tail(1)
    groups: dict[str, list[str]] = {}
    for row in each_row(last.dropna(subset=["low"])):
        name = _with_number(row.strategy, row.difference, row.low, row.high, of=len(last))
        groups.setdefault(verdict_so_far(row), []).append(name)
    where = judged_at(question.metric, question.test_prevalence)
    lead = f"{where}, minus {question.baseline}'s, after {evidence.repetitions} of {planned} repetitions."
    said = "; ".join(f"{joined(names)}: {verdict}" for verdict, names in groups.items())
    return f"{lead} {said}." if said else ""


def what_shift_costs(summary: pd.DataFrame, question: Question, pool_prevalence: float) -> str:
    """How the same models do where defects are π₁ instead of π₀; '' where that is not known.

    Args:
        summary: `alcore.statistics.comparison.summarise` rows of one run.
    """
    at, pool = percent(question.test_prevalence), percent(pool_prevalence)
    if at == pool:
        return f"π₁ = π₀ = {pool}: there is no shift. Move π₁ to where the models will be used."
    rows = summary.dropna(subset=["shift"])
    changes = [
        _with_number(row.strategy, row.shift, row.shift_low, row.shift_high, of=len(rows))
        for row in each_row(rows)
    ]
    if not changes:
        return ""
    return (
        f"Where {at} are defective instead of the pool's {pool}, the AUBC ({METRIC_TITLES[question.metric]}) "
        f"of the same models differs by: {joined(changes)}."
    )


def what_is_saved(summary: pd.DataFrame, question: Question) -> str:
    """How many labels each strategy needs to reach the target, and saves against the baseline; '' for none.

    Args:
        summary: `alcore.statistics.comparison.summarise` rows of one run.
    """
    rows = summary[(summary["strategy"] != question.baseline) & summary["saved"].notna()]
    if rows.empty:
        return ""
    metric, at = METRIC_TITLES[question.metric], percent(question.test_prevalence)
    final = summary.loc[summary["strategy"] == question.baseline, "final"]
    goal = f"{metric} {question.target:g}" if question.target is not None else _final(metric, question, final)
    saved = [f"**{display_name(row.strategy)}** {_saved(row)}" for row in each_row(rows)]
    return f"To reach {goal} at π₁ = {at}, against {question.baseline}: {joined(saved)}."


def _final(metric: str, question: Question, final: pd.Series) -> str:
    return f"{question.baseline}'s final {metric}" + (f" of {final.iloc[0]:.3f}" if len(final) else "")


def _saved(row: pd.Series) -> str:
    count, bound = round(abs(row.saved)), f"{row.saved_bound} " if row.saved_bound else ""
    if count == 0 and not bound:
        return "needs as many labels"
    if row.saved < 0:
        bound = {"at least ": "at most ", "at most ": "at least "}.get(bound, bound)
        return f"needs {bound}{plural(count, 'label')} more"
    return f"saves {bound}{plural(count, 'label')}"


def _with_number(strategy: str, value: float, low: float, high: float, *, of: int) -> str:
    bounds = f", {low:+.3f} to {high:+.3f}" if of <= _FEW and pd.notna(low) else ""
    return f"**{display_name(strategy)}** ({value:+.3f}{bounds})"
