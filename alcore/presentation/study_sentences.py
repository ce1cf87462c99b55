"""What a study's frames say, a sentence for each strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.frames import grouped
from alcore.wording import percent


def gain_claims(gain: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, at which π₀ it is above, below, or not distinguishable from the baseline.

    Args:
        gain: `alcore.study.analysis.gain_without_shift` rows, judged after their correction.
    """
    sentences = []
    for strategy, rows in grouped(gain.dropna(subset=["advantage"]), "strategy", str):
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
    for strategy, rows in grouped(loss.dropna(subset=["loss"]), "strategy", str):
        known = rows.dropna(subset=["low"])
        if known.empty:
            sentences.append(f"**{display_name(strategy)}**: no interval is known.")
            continue
        worst = known.sort_values("loss", kind="stable").iloc[0]
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
    for strategy, rows in grouped(frame.dropna(subset=["aubc"]), "strategy", str):
        best = rows.sort_values("aubc", ascending=False, kind="stable").iloc[0]
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
