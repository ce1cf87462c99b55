"""Numbers -> the sentences that go with them, so that no p-value or interval is shown without its context."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from alcore.config import RunConfig
from alcore.metrics import PATCH_IOU, metric_at
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.statistics.betting import TWO_GROUPS, two_groups
from alcore.statistics.comparison import NOTHING
from alcore.statistics.estimands import AnyEvidence, Evidence, aubc
from alcore.statistics.frames import each_row, grouped
from alcore.statistics.multiplicity import ENOUGH_TO_SIGN
from alcore.statistics.shared_tests import effective_size
from alcore.statistics.unseen_alarms import OF_THREE, unseen_alarms
from alcore.wording import percent, plural

_NEARLY_ONE = 0.9
"""Share of a pool's defective patches above which another pool has the same ones."""
_RARE = 0.02
"""π₁ up to which rare false alarms on clean patches decide the IoU."""


def basis(evidence: AnyEvidence) -> str:
    """What the intervals of comparisons cover, and what they do not."""
    if evidence.repetitions == 1:
        return (
            "One repetition: 95 % intervals over resampled test patches (stratified bootstrap). They hold "
            "for these trained models and this pool, not for the strategies in general; for that, "
            "repetitions are needed."
        )
    return (
        f"95 % intervals over {evidence.repetitions} repetitions, each with its own draw of pool, first "
        f"query and initial weights, paired between strategies{_of_tests(evidence)}. {_of_pools(evidence)}; "
        f"no interval covers another one. {_of_normality(evidence)}"
    )


def _of_normality(evidence: AnyEvidence) -> str:
    """What intervals over few repetitions take for granted, and what speaks against it in these."""
    count = evidence.repetitions
    said = [f"Intervals assume that {count} numbers are normally distributed"]
    if count < ENOUGH_TO_SIGN:
        said[0] += f", and no exact sign-flip test of so few has a p-value below {2.0 ** (1 - count):.4g}"
    if isinstance(evidence, Evidence):
        values = metric_at(evidence.means, "iou", evidence.pool_prevalence)  # (R, S, C)
        areas = aubc(values, evidence.labelled) if len(evidence.labelled) > 1 else values[..., 0]
        names = [display_name(strategy) for strategy in evidence.strategies]
        learned = (areas >= NOTHING).sum(axis=0)
        few = [f"{name} in {n} of {count}" for name, n in zip(names, learned, strict=True) if n < count]
        if few:
            said.append(f"models learned to find anything at all only for {', '.join(few)} repetitions")
        split = [name for name, own in zip(names, areas.T, strict=True) if two_groups(own) < TWO_GROUPS]
        if split:
            said.append(
                f"repetitions of {', '.join(split)} fall into two groups, for example because some "
                "collapse: a normal interval is then too narrow"
            )
    return f"{'; '.join(said)}."


def basis_of_bands(evidence: AnyEvidence) -> str:
    """What the bands of live curves cover: `basis` without the test patches that repetitions share."""
    if evidence.repetitions == 1 or _overlap(evidence) == 0:
        return basis(evidence)
    return (
        f"95 % intervals over {evidence.repetitions} repetitions for these test patches, of which any two "
        f"repetitions share {percent(_overlap(evidence))}: Compare's numbers include how other test "
        "patches would move all curves together; these bands do not."
    )


def _overlap(evidence: AnyEvidence) -> float:
    return evidence.shared.overlap if isinstance(evidence, Evidence) and evidence.shared else 0.0


def _of_tests(evidence: AnyEvidence) -> str:
    if not isinstance(evidence, Evidence):
        return "; whether they share test patches is not known, and is not covered"
    share = _overlap(evidence)
    if share == 0:
        return ", and with test patches of its own"
    if share > 0.999:
        return "; all have the same test patches, and the error of that one draw is included"
    return f"; any two share {percent(share)} of their test patches, and the error from that is included"


def _of_pools(evidence: AnyEvidence) -> str:
    share = evidence.pool_overlap if isinstance(evidence, Evidence) else None
    if share is None:
        return "Pools come from one data set"
    said = f"Pools come from one data set, and any two share {percent(round(share, 3))} of their patches"
    if isinstance(evidence, Evidence) and evidence.pool_overlap_by_class is not None:
        clean, defective = evidence.pool_overlap_by_class
        kinds = [
            f"{percent(round(part, 2))} of the {kind} ones"
            for kind, part in (("clean", clean), ("defective", defective))
            if not np.isnan(part)
        ]
        said += f" ({', '.join(kinds)})"
        if defective > _NEARLY_ONE:
            said += ", so that in what defects look like repetitions are nearly one"
    return said


def effective_patches(evidence: AnyEvidence, prevalence: float) -> str:
    """How many test patches a figure at a prevalence rests on; '' where that is not known."""
    if not isinstance(evidence, Evidence) or evidence.test_sizes is None:
        return ""
    clean, defective = evidence.test_sizes
    size = effective_size(clean, defective, prevalence)
    return (
        f"At π₁ = {percent(prevalence)} the {clean + defective} test patches ({defective} defective) of a "
        f"repetition count as {size:.0f}."
    )


def alarms_unseen(evidence: AnyEvidence, prevalence: float) -> str:
    """What clean test patches cannot show where defects are rare, and how much it matters; '' elsewhere."""
    if not isinstance(evidence, Evidence) or prevalence > _RARE:
        return ""
    doubt = unseen_alarms(evidence, prevalence)
    if doubt is None or evidence.test_sizes is None:
        return ""
    clean = evidence.test_sizes[0]
    each = [
        f"{display_name(name)} {alarmed:.3g} of {clean}, IoU {iou:.3f} or down to {low:.3f}"
        for name, alarmed, iou, low in zip(evidence.strategies, *doubt, strict=True)
        if not np.isnan(iou)
    ]
    return (
        f"At π₁ = {percent(_RARE)} and below, IoU hangs on false alarms that are too rare to be seen: a kind "
        f"that fewer than {percent(round(OF_THREE / clean, 3))} of clean patches raise may well show in none "
        f"of the {clean} clean test patches (rule of three), and no interval here knows of it. Clean patches "
        "that alarmed after the last cycle, and the IoU if such alarms came on top, each as large as a mark "
        f"on a defect: {'; '.join(each)}. More clean test patches help: set *Clean test patches* to all."
    )


def cycles_finished(config: RunConfig, records: int) -> str:
    """How far a run is, such as '8 of 8 cycles finished (3 strategies)'.

    Args:
        records: how many are committed; a cycle is finished when all strategies have come through it.
    """
    who = plural(len(config.strategies), "strategy")
    if config.repetitions > 1:
        who += f", {config.repetitions} repetitions"
    done, of = (count // len(config.strategies) for count in (records, config.records))
    return f"{done} of {plural(of, 'cycle')} finished ({who})"


def queries_in_short(config: RunConfig) -> str:
    """'8 × 24', or '48 + 7 × 24' where the first query has another size."""
    if config.first_count == config.query_count:
        return f"{config.cycles} × {config.query_count}"
    return f"{config.first_count} + {config.cycles - 1} × {config.query_count}"


def settings_in_short(config: RunConfig) -> str:
    """What a run was, in a line: for a slide's subtitle."""
    repetitions = f" · {plural(config.repetitions, 'repetition')}" if config.repetitions > 1 else ""
    return (
        f"{config.dataset} · pool of {config.pool_size}, π₀ = {percent(config.pool_prevalence)} · "
        f"{queries_in_short(config)} labels{repetitions} · {config.model.architecture} · "
        f"seed {config.seed}"
    )


def shares_in_words(selections: pd.DataFrame, config: RunConfig) -> str:
    """What share of each strategy's last query was defective, in a sentence.

    Args:
        selections: columns strategy, cycle, defective.
    """
    shares = selections.groupby(["strategy", "cycle"], sort=False)["defective"].mean()
    title = f"Share of defective patches in each query; π₀ is {percent(config.pool_prevalence)}"
    if shares.empty:
        return f"{title}: no query yet."
    known = [name for name in config.strategies if name in shares.index.get_level_values("strategy")]
    parts = [f"{name} {percent(shares[name].iloc[-1])} in query {shares[name].index[-1]}" for name in known]
    return f"{title}: {', '.join(parts)}."


def detectable(evidence: AnyEvidence, summary: pd.DataFrame, baseline: str) -> str:
    """For each strategy, how large a true advantage must be to be found in four of five such runs."""
    known = summary.dropna(subset=["detectable"])
    if known.empty:
        return ""
    sizes = ", ".join(f"{display_name(row.strategy)} {row.detectable:.3f}" for row in each_row(known))
    return (
        f"With {plural(evidence.repetitions, 'repetition')}, a true difference in AUBC from {baseline} is "
        f"found with a probability of 80 % if it is at least: {sizes}."
    )


def advantages(summary: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, whether it beats the baseline, by how much, and how sure that is."""
    sentences = []
    silent = set(summary.loc[summary["aubc"] < NOTHING, "strategy"])
    for row in each_row(summary.dropna(subset=["advantage"])):
        name, difference = display_name(row.strategy), f"{row.advantage:+.3f} AUBC"
        verdict = verdict_on(row, baseline, silent)
        if np.isnan(row.advantage_low):
            sentences.append(
                f"**{name}** differs from {baseline} by {difference} where both are defined; "
                "that is not so in every repetition, so there is no interval."
            )
            continue
        if verdict.startswith("collapsed"):
            sentences.append(f"**{name}** {verdict}: the models of neither find anything.")
            continue
        bounds = f"95 % interval {row.advantage_low:+.3f} to {row.advantage_high:+.3f}"
        sentences.append(f"**{name}** is {verdict} on average over the budget ({difference}, {bounds}).")
    return sentences


NO_BUDGET_WON = (
    "No strategy is significantly above another at any single budget. That is stricter than an area over the "
    "whole budget, which may be clear of zero all the same."
)
"""Beside a matrix of who beats whom that is empty, where areas are not."""


def verdict_on(row: Any, baseline: str, silent: Collection[str]) -> str:  # noqa: ANN401  a row of `summarise`
    """What a strategy is, compared with the baseline: 'above random', 'not distinguishable from random'.

    Args:
        row: of `alcore.statistics.comparison.summarise`, with an advantage.
        silent: strategies whose models find nothing.
    """
    if np.isnan(row.advantage_low):
        return f"without an interval against {baseline}"
    if row.strategy in silent and baseline in silent:
        return f"collapsed together with {baseline}"
    if row.advantage_low > 0:
        return f"above {baseline}"
    return f"below {baseline}" if row.advantage_high < 0 else f"not distinguishable from {baseline}"


def where_gain_vanishes(frame: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, the prevalences at which its advantage is clear, of `advantage_over_prevalence`."""
    sentences = []
    for strategy, rows in grouped(frame, "strategy", str):
        above, below = (_spans(rows["prevalence"], is_so) for is_so in (rows["low"] > 0, rows["high"] < 0))
        clear = [f"{word} at π {spans}" for word, spans in (("above", above), ("below", below)) if spans]
        if rows["is_collapsed"].all():
            text = f"collapsed together with {baseline}: the models of neither find anything at any π"
        elif not clear:
            text = f"is not distinguishable from {baseline} at any π"
        elif (rows["low"] > 0).all():
            text = f"is above {baseline} at every π {above}"
        else:
            text = (
                f"against {baseline}: {'; '.join(clear)}; elsewhere it is not distinguishable from {baseline}"
            )
        sentences.append(f"**{display_name(strategy)}** {text}.")
    return sentences


def _spans(prevalences: pd.Series, is_so: pd.Series) -> str:
    """The stretches of rising prevalences where something is so, such as "from 1 % to 5 %"; '' for none."""
    stretch = (is_so != is_so.shift()).cumsum()[is_so]
    parts = [
        f"from {percent(part.min())} to {percent(part.max())}"
        if len(part) > 1
        else f"= {percent(part.min())}"
        for _, part in prevalences[is_so].groupby(stretch)
    ]
    return " and ".join(parts)


def judged_at(metric: str, prevalence: float) -> str:
    """A metric and the prevalence that it is taken at, for titles; patch IoU is the same at all of them."""
    return f"{METRIC_TITLES[metric]} at π₁ = {percent(prevalence)}" if metric != PATCH_IOU else "Patch IoU"
