"""Numbers -> the sentences that go with them, so that no p-value or interval is shown without its context."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.config import RunConfig
from alcore.metrics import PATCH_IOU
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.statistics.estimands import AnyEvidence
from alcore.wording import percent, plural


def basis(evidence: AnyEvidence) -> str:
    """What the intervals cover."""
    if evidence.repetitions > 1:
        return (
            f"95 % intervals over {evidence.repetitions} repetitions, each with its own pool, first query, "
            "test set and initial weights (multiplier bootstrap, paired between strategies)."
        )
    return (
        "One repetition: 95 % intervals over resampled test patches (stratified bootstrap). They hold for "
        "these trained models and this pool, not for the strategies in general; that takes repetitions."
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
    """How small an advantage could have been distinguished from zero."""
    half_width = ((summary["advantage_high"] - summary["advantage_low"]) / 2).max()
    if np.isnan(half_width):
        return ""
    return (
        f"With {plural(evidence.repetitions, 'repetition')}, a strategy whose AUBC differs by less than "
        f"{half_width:.3f} is not distinguishable from {baseline} here."
    )


def advantages(summary: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, whether it beats the baseline, by how much, and how sure that is."""
    sentences = []
    for row in summary.dropna(subset=["advantage"]).itertuples():
        name, difference = display_name(row.strategy), f"{row.advantage:+.3f} AUBC"
        if np.isnan(row.advantage_low):
            sentences.append(
                f"**{name}** differs from {baseline} by {difference} where both are defined; "
                "that is not so in every repetition, so there is no interval."
            )
            continue
        verdict = "is not distinguishable from"
        if row.advantage_low > 0:
            verdict = "is above"
        elif row.advantage_high < 0:
            verdict = "is below"
        bounds = f"95 % interval {row.advantage_low:+.3f} to {row.advantage_high:+.3f}"
        sentences.append(f"**{name}** {verdict} {baseline} ({difference}, {bounds}).")
    return sentences


def where_gain_vanishes(frame: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, the prevalences at which its advantage is clear, of `advantage_over_prevalence`."""
    sentences = []
    for strategy, rows in frame.groupby("strategy", sort=False):
        above, below = (_spans(rows["prevalence"], is_so) for is_so in (rows["low"] > 0, rows["high"] < 0))
        clear = [f"{word} at π {spans}" for word, spans in (("above", above), ("below", below)) if spans]
        if not clear:
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
        gain: `alcore.study.analysis.gain_without_shift` rows.
    """
    sentences = []
    for strategy, rows in gain.dropna(subset=["advantage"]).groupby("strategy", sort=False):
        parts = [
            f"{verdict} {baseline} at π₀ = {_pools(rows[holds])}"
            for verdict, holds in (
                ("above", rows["low"] > 0),
                ("below", rows["high"] < 0),
                ("not distinguishable from", ~rows["is_clear"] & rows["low"].notna()),
                ("without an interval against", rows["low"].isna()),
            )
            if holds.any()
        ]
        sentences.append(f"**{display_name(strategy)}** is {'; '.join(parts)} (deployed where π₁ = π₀).")
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
            for verdict, holds in (("smaller", known["high"] < 0), ("larger", known["low"] > 0))
            if holds.any()
        ]
        said = f"is clearly {'; '.join(parts)}" if parts else "does not change distinguishably at any π₀"
        sentences.append(
            f"**{display_name(strategy)}**: deployed at π₁ = {percent(prevalence)} instead of π₀, its "
            f"advantage {said}. "
            f"The largest loss is at π₀ = {percent(worst.pool_prevalence)}: {worst.loss:+.3f} "
            f"({worst.low:+.3f} to {worst.high:+.3f})."
        )
    return sentences


def _pools(rows: pd.DataFrame) -> str:
    return ", ".join(percent(pool) for pool in rows["pool_prevalence"])
