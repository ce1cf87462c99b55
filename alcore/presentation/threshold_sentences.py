"""Frames about thresholds -> the sentences that go with them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.statistics.frames import grouped
from alcore.statistics.operating import CORRECTED, HERE, HOME
from alcore.wording import percent, plural

REMEDY_WARNING = (
    "Correcting the prior needs π₁ but no tuning. However, it assumes calibrated logits, and a training "
    "set that is a random sample of each class. Neither holds here: the Dice part of the loss does not "
    "reward calibrated logits, and what a strategy queried is not a random sample (random's is). A "
    "temperature can at best repair the first. The correction also shifts pixel odds by the same factor "
    "as image odds, which is wrong for clean pixels that occur only beside defects: they get rarer with "
    "the defects, so ½ remains right there and the correction gives the defects up (a set made this way "
    "loses all of its IoU). Tuning on validation assumes none of this, but needs π₁ and labelled validation "
    "patches; the best threshold on the test patches cheats."
)


def remedies_in_words(rows: pd.DataFrame) -> list[str]:
    """For each remedy, for which strategies it helps or hurts, clear of zero each by itself.

    Args:
        rows: `alcore.statistics.operating.recovered`.
    """
    sentences = []
    for rule, own in grouped(rows.dropna(subset=["gain"]), "rule", str):
        helped = own.loc[own["gain_low"] > 0, "strategy"]
        hurt = own.loc[own["gain_high"] < 0, "strategy"]
        parts = [
            f"{verb} {', '.join(map(display_name, names))}"
            for verb, names in (("helps", helped), ("hurts", hurt))
            if len(names)
        ]
        unclear = len(own) - len(helped) - len(hurt)
        if parts and unclear:
            parts.append(f"is not clear for {plural(unclear, 'other')}")
        verdict = " and ".join(parts) or "neither helps nor hurts any strategy clearly"
        sentences.append(f"**{rule}** {verdict}.")
    return sentences


def recovery_claims(rows: pd.DataFrame, metric: str, pool_prevalence: float, prevalence: float) -> list[str]:
    """For each strategy, how much of the loss from π₀ to π₁ is only a threshold.

    Args:
        rows: `alcore.statistics.operating.recovered`; metric: what it is of; pool_prevalence: π₀;
            prevalence: π₁.
    """
    sentences = []
    for strategy, own in grouped(rows, "strategy", str):
        here, home, corrected = (own[own["rule"] == rule].iloc[0] for rule in (HERE, HOME, CORRECTED))
        if np.isnan(here["gain"]):
            sentences.append(f"**{display_name(strategy)}**: {METRIC_TITLES[metric]} is undefined somewhere.")
            continue
        sentences.append(
            f"**{display_name(strategy)}** at ½ loses {_signed(here, 'loss', '')} {METRIC_TITLES[metric]} "
            f"from π₀ = {percent(pool_prevalence)} to π₁ = {percent(prevalence)}; with thresholds tuned on "
            f"validation at both, {_signed(here, 'tuned_loss', '')}{_share(here)}. At π₁ the tuned threshold "
            f"gives {_signed(here, 'gain')}; one tuned at π₀, {_signed(home, 'gain')}; correcting the prior, "
            f"{_signed(corrected, 'gain')}."
        )
    return sentences


def _signed(row: pd.Series, name: str, sign: str = "+") -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if np.isnan(low):
        return f"{value:{sign}.3f}"
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def _share(row: pd.Series) -> str:
    if np.isnan(row["share"]):
        return " (the loss is not clear of zero, so no share of it is given)"
    low, high = (f"{100 * row[name]:.0f}" for name in ("share_low", "share_high"))
    bounds = "" if np.isnan(row["share_low"]) else f" ({low} to {high} %)"
    mark = "**" if row["share_low"] > 0 else ""
    return f", so {mark}{100 * row['share']:.0f} %{mark}{bounds} of the loss is only a threshold"
