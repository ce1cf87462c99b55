"""Numbers -> the sentences that go with them, so that no p-value or interval is shown without its context."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.config import RunConfig
from alcore.metrics import PATCH_IOU, metric_at
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.statistics.betting import TWO_GROUPS, two_groups
from alcore.statistics.comparison import NOTHING
from alcore.statistics.estimands import AnyEvidence, Evidence, aubc
from alcore.statistics.shared_tests import effective_size
from alcore.wording import percent, plural

_ENOUGH_TO_SIGN = 6
"""Repetitions from which an exact two-sided sign-flip test can have a p-value below 5 %."""
_RARE = 0.02
"""π₁ up to which rare false alarms on clean patches decide the IoU."""


def basis(evidence: AnyEvidence) -> str:
    """What the intervals of comparisons cover, and what they do not."""
    if evidence.repetitions == 1:
        return (
            "One repetition: 95 % intervals over resampled test patches (stratified bootstrap). They hold "
            "for these trained models and this pool, not for the strategies in general; that takes "
            "repetitions."
        )
    return (
        f"95 % intervals over {evidence.repetitions} repetitions, each with its own draw of pool, first "
        f"query and initial weights, paired between strategies{_of_tests(evidence)}. {_of_pools(evidence)}; "
        f"no interval covers another one. {_of_normality(evidence)}"
    )


def _of_normality(evidence: AnyEvidence) -> str:
    """What intervals over few repetitions take for granted, and what speaks against it in these."""
    count = evidence.repetitions
    said = [f"Intervals rest on the normality of {count} numbers"]
    if count < _ENOUGH_TO_SIGN:
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
                f"repetitions of {', '.join(split)} fall into two groups, as where some collapse: "
                "a normal interval is then too narrow"
            )
    return f"{'; '.join(said)}."


def basis_of_bands(evidence: AnyEvidence) -> str:
    """What the bands of live curves cover: `basis` without the test patches that repetitions share."""
    if evidence.repetitions == 1 or _overlap(evidence) == 0:
        return basis(evidence)
    return (
        f"95 % intervals over {evidence.repetitions} repetitions for these test patches, of which any two "
        f"repetitions share {percent(_overlap(evidence))}: how other test patches would move all curves "
        "together is in Compare's numbers, not in these bands."
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
    return f"Pools come from one data set, and any two share {percent(round(share, 3))} of their patches"


def effective_patches(evidence: AnyEvidence, prevalence: float) -> str:
    """How many test patches a figure at a prevalence rests on; '' where that is not known."""
    if not isinstance(evidence, Evidence) or evidence.test_sizes is None:
        return ""
    clean, defective = evidence.test_sizes
    size = effective_size(clean, defective, prevalence)
    return (
        f"At π₁ = {percent(prevalence)} the {clean + defective} test patches ({defective} defective) of a "
        f"repetition count as {size:.0f}.{_of_alarms(clean, prevalence)}"
    )


def _of_alarms(clean: int, prevalence: float) -> str:
    """What clean test patches cannot show where defects are rare, by the rule of three; '' elsewhere."""
    if prevalence > _RARE:
        return ""
    return (
        f" False alarms that fewer than {percent(round(3 / clean, 3))} of clean patches raise may well show "
        f"in none of the {clean} clean ones (rule of three), and at this π₁ each weighs as "
        f"{(1 - prevalence) / prevalence:.0f} times a defective one: IoU may look better than it is."
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
    sizes = ", ".join(f"{display_name(row.strategy)} {row.detectable:.3f}" for row in known.itertuples())
    return (
        f"With {plural(evidence.repetitions, 'repetition')}, a true difference in AUBC from {baseline} is "
        f"found with a probability of 80 % if it is at least: {sizes}."
    )


def advantages(summary: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, whether it beats the baseline, by how much, and how sure that is."""
    sentences = []
    silent = set(summary.loc[summary["aubc"] < NOTHING, "strategy"])
    for row in summary.dropna(subset=["advantage"]).itertuples():
        name, difference = display_name(row.strategy), f"{row.advantage:+.3f} AUBC"
        if np.isnan(row.advantage_low):
            sentences.append(
                f"**{name}** differs from {baseline} by {difference} where both are defined; "
                "that is not so in every repetition, so there is no interval."
            )
            continue
        if row.strategy in silent and baseline in silent:
            sentences.append(
                f"**{name}** collapsed together with {baseline}: the models of neither find anything."
            )
            continue
        verdict = "is not distinguishable from"
        if row.advantage_low > 0:
            verdict = "is above"
        elif row.advantage_high < 0:
            verdict = "is below"
        bounds = f"95 % interval {row.advantage_low:+.3f} to {row.advantage_high:+.3f}"
        sentences.append(
            f"**{name}** {verdict} {baseline} on average over the budget ({difference}, {bounds})."
        )
    return sentences


def where_gain_vanishes(frame: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, the prevalences at which its advantage is clear, of `advantage_over_prevalence`."""
    sentences = []
    for strategy, rows in frame.groupby("strategy", sort=False):
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


def gain_claims(gain: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, at which π₀ it is above, below, or not distinguishable from the baseline.

    Args:
        gain: `alcore.study.analysis.gain_without_shift` rows, judged after their correction.
    """
    sentences = []
    for strategy, rows in gain.dropna(subset=["advantage"]).groupby("strategy", sort=False):
        is_open = ~rows["is_clear"] & rows["low"].notna()
        parts = [
            f"{verdict} {baseline} at π₀ = {_pools(rows[holds])}"
            for verdict, holds in (
                ("above", rows["is_clear"] & (rows["advantage"] > 0)),
                ("below", rows["is_clear"] & (rows["advantage"] < 0)),
                ("not distinguishable from", is_open & ~rows["is_collapsed"]),
                ("collapsed together with", is_open & rows["is_collapsed"]),
                ("without an interval against", rows["low"].isna()),
            )
            if holds.any()
        ]
        sentences.append(
            f"**{display_name(strategy)}** is {'; '.join(parts)} "
            "(on average over the budget, deployed where π₁ = π₀)."
        )
    return sentences


def loss_claims(loss: pd.DataFrame, prevalence: float) -> list[str]:
    """For each strategy, where the shift from π₀ to π₁ takes from its advantage, and where it adds.

    Args:
        loss: `alcore.study.analysis.loss_under_shift` rows; prevalence: π₁.
    """
    sentences = []
    for strategy, rows in loss.dropna(subset=["loss"]).groupby("strategy", sort=False):
        known = rows.dropna(subset=["low"])
        if known.empty:
            sentences.append(f"**{display_name(strategy)}**: no interval is known.")
            continue
        worst = known.loc[known["loss"].idxmin()]
        parts = [
            f"{verdict} at π₀ = {_pools(known[holds])}"
            for verdict, holds in (
                ("smaller", known["is_clear"] & (known["loss"] < 0)),
                ("larger", known["is_clear"] & (known["loss"] > 0)),
            )
            if holds.any()
        ]
        said = f"is clearly {'; '.join(parts)}" if parts else "does not change distinguishably at any π₀"
        sentences.append(
            f"**{display_name(strategy)}**: deployed at π₁ = {percent(prevalence)} instead of π₀, its "
            f"advantage {said}. "
            f"The largest loss is at π₀ = {percent(worst.pool_prevalence)}: {worst.loss:+.3f} "
            f"({worst.low:+.3f} to {worst.high:+.3f}){_ratio_words(worst)}."
        )
    return sentences


def _ratio_words(row: pd.Series) -> str:
    if np.isnan(row.factor):
        return "; no factor is given, as an area is not clear of zero"
    dropped = ""
    if row.factor_dropped > 0:
        dropped = f", without the {percent(row.factor_dropped)} of replicates that have no ratio"
    return (
        f"; relative to the baseline's, its AUBC is ×{row.factor:.2f} (×{row.factor_low:.2f} to "
        f"×{row.factor_high:.2f}{dropped})"
    )


def counterfactual_claims(frame: pd.DataFrame, prevalence: float) -> list[str]:
    """For each strategy, which pool gives the best model at π₁, and what a pool at π₁ gives.

    Args:
        frame: `alcore.study.analysis.counterfactual` rows; prevalence: π₁.
    """
    sentences = []
    for strategy, rows in frame.dropna(subset=["aubc"]).groupby("strategy", sort=False):
        best = rows.loc[rows["aubc"].idxmax()]
        own = rows[np.isclose(rows["pool_prevalence"], prevalence)]
        text = (
            f"**{display_name(strategy)}**: of all pools, π₀ = {percent(best.pool_prevalence)} gives the "
            f"largest AUBC at π₁ = {percent(prevalence)}, {best.aubc:.3f} ({best.low:.3f} to {best.high:.3f})"
        )
        if len(own):
            text += f"; a pool at π₀ = π₁ gives {own['aubc'].iloc[0]:.3f}"
            better, worse = (rows["is_clear"] & (sign * rows["difference"] > 0) for sign in (1, -1))
            words = [
                f"clearly {verdict} at π₀ = {_pools(rows[holds])}"
                for verdict, holds in (("better", better), ("worse", worse))
                if holds.any()
            ]
            text += f", and others are {'; '.join(words)}" if words else ", and no other is clearly better"
        sentences.append(text + ".")
    return sentences


def _pools(rows: pd.DataFrame) -> str:
    return ", ".join(percent(pool) for pool in rows["pool_prevalence"])
