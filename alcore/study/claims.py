"""The study's frames -> sentences: what holds where, and how sure that is."""

from __future__ import annotations

import pandas as pd

from alcore.formatting import display_name, percent


def gain_claims(gain: pd.DataFrame, baseline: str) -> list[str]:
    """For each strategy, at which π₀ it is above, below, or not to be told from the baseline.

    Args:
        gain: `alcore.study.answers.gain_without_shift` rows.
    """
    sentences = []
    for strategy, rows in gain.dropna(subset=["advantage"]).groupby("strategy", sort=False):
        parts = [
            f"{verdict} {baseline} at π₀ = {_listing(rows[holds])}"
            for verdict, holds in (
                ("above", rows["low"] > 0),
                ("below", rows["high"] < 0),
                ("not to be told from", ~rows["is_clear"] & rows["low"].notna()),
                ("without an interval against", rows["low"].isna()),
            )
            if holds.any()
        ]
        sentences.append(f"**{display_name(strategy)}** is {'; '.join(parts)} (used where π₁ = π₀).")
    return sentences


def loss_claims(loss: pd.DataFrame, prevalence: float) -> list[str]:
    """For each strategy, where the shift from π₀ to π₁ takes from its advantage, and where it adds.

    Args:
        loss: `alcore.study.answers.loss_under_shift` rows; prevalence: π₁.
    """
    sentences = []
    for strategy, rows in loss.dropna(subset=["loss"]).groupby("strategy", sort=False):
        rows = rows.dropna(subset=["low"])
        if rows.empty:
            sentences.append(f"**{display_name(strategy)}**: no interval is known.")
            continue
        worst = rows.loc[rows["loss"].idxmin()]
        parts = [
            f"{verdict} at π₀ = {_listing(rows[holds])}"
            for verdict, holds in (("smaller", rows["high"] < 0), ("larger", rows["low"] > 0))
            if holds.any()
        ]
        said = f"is clearly {'; '.join(parts)}" if parts else "cannot be told to change at any π₀"
        sentences.append(
            f"**{display_name(strategy)}**: used at π₁ = {percent(prevalence)} instead of π₀, its advantage "
            f"{said}. The largest loss is at π₀ = {percent(worst.pool_prevalence)}: {worst.loss:+.3f} "
            f"({worst.low:+.3f} to {worst.high:+.3f})."
        )
    return sentences


def _listing(rows: pd.DataFrame) -> str:
    return ", ".join(percent(pool) for pool in rows["pool_prevalence"])
