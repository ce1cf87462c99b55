"""A study's results in sentences, one per strategy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.frames import grouped
from alcore.wording import percent


def gain_claims(gain: pd.DataFrame, baseline: str, *, where: str = "π₁ = π₀") -> list[str]:
    """For each strategy, at which π₀ it is above, below, or not distinguishable from the baseline.

    Args:
        gain: `alcore.study.analysis.gain_without_shift` rows, or those of `advantage_grid` at one π₁, judged
            after their correction.
        where: the models are deployed.
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
            f"(on average over the budget, deployed where {where})."
        )
    return sentences


def loss_claims(loss: pd.DataFrame, prevalence: float) -> list[str]:
    """For each strategy, where the shift from π₀ to π₁ takes from its advantage, where it adds, and how much
    it takes at most.

    Args:
        loss: `alcore.study.analysis.loss_under_shift` rows; prevalence: π₁.
    """
    worst = worst_losses(loss)
    return [
        f"{said} {worst[strategy]}" if strategy in worst else said
        for strategy, said in loss_in_short(loss, prevalence).items()
    ]


def loss_in_short(loss: pd.DataFrame, prevalence: float) -> dict[str, str]:
    """The first half of each of `loss_claims`, by strategy: where its advantage changes clearly."""
    said = {}
    for strategy, rows in grouped(loss.dropna(subset=["loss"]), "strategy", str):
        name, known = f"**{display_name(strategy)}**", rows.dropna(subset=["low"])
        if known.empty:
            said[strategy] = f"{name}: no interval is known."
            continue
        parts = [
            f"{verdict} at π₀ = {_pools(known[holds])}"
            for verdict, holds in (
                ("smaller", known["is_clear"] & (known["loss"] < 0)),
                ("larger", known["is_clear"] & (known["loss"] > 0)),
            )
            if holds.any()
        ]
        change = f"is clearly {'; '.join(parts)}" if parts else "does not change distinguishably at any π₀"
        at = f"deployed at π₁ = {percent(prevalence)} instead of π₀"
        said[strategy] = f"{name}: {at}, its advantage {change}."
    return said


def worst_losses(loss: pd.DataFrame) -> dict[str, str]:
    """The second half: where the loss is largest, and how large, by strategy with an interval."""
    said = {}
    for strategy, rows in grouped(loss.dropna(subset=["loss", "low"]), "strategy", str):
        worst = rows.sort_values("loss", kind="stable").iloc[0]
        said[strategy] = (
            f"The largest loss is at π₀ = {percent(worst.pool_prevalence)}: {worst.loss:+.3f} "
            f"({worst.low:+.3f} to {worst.high:+.3f}){_ratio_words(worst)}."
        )
    return said


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
