"""From costs of errors to sentences for a reader who has to decide."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.decision_frames import CostRow
from alcore.statistics.error_costs import PARTS, Belief, Prices
from alcore.statistics.frames import rows_of
from alcore.wording import percent, plural

MODEL = (
    "A part is rejected where the largest pixel probability of its image is at least the threshold. Each "
    "model's threshold is the one with the lowest cost on validation patches, reweighted to π₁; its errors "
    "are those on the test patches, which took no part in choosing it. 95 % intervals hold the doubt about "
    "π₁, the draw of the test patches and, with several repetitions, how much these differ. A part is one "
    "patch of the data set, and parts in use are taken to look like those of their class there."
)


def money(amount: float) -> str:
    """An amount to be read, such as '12,400' or '0.37': three significant digits, no unit."""
    if amount == 0 or not np.isfinite(amount):
        return "0" if amount == 0 else "unknown"
    digits = int(np.floor(np.log10(abs(amount))))
    rounded = round(amount, 2 - digits)
    return f"{rounded:,.{max(0, min(2 - digits, 4))}f}"


def belief_in_words(belief: Belief) -> str:
    """'π₁ = 4.1 % (2.2 % to 6.5 %)'; without bounds where it is certain."""
    if belief.low == belief.high:
        return f"π₁ = {_share(belief.value)}"
    return f"π₁ = {_share(belief.value)} ({_share(belief.low)} to {_share(belief.high)})"


def _share(share: float) -> str:
    return percent(round(share, 4 if share < 0.01 else 3))


def without_a_model(belief: Belief, prices: Prices) -> dict[str, float]:
    """Costs per 1,000 parts of letting all of them pass, and of rejecting all."""
    return {
        "pass all parts": PARTS * belief.mean * prices.escape,
        "reject all parts": PARTS * (1 - belief.mean) * prices.false_reject,
    }


def errors_in_words(rows: pd.DataFrame, scale: float, period: str) -> list[str]:
    """For each strategy after some labels: its threshold, its errors, and what they cost.

    Args:
        rows: `CostRow`s with one budget; scale: from a cost per 1,000 parts to one of the period.
    """
    sentences = []
    for row in rows_of(rows, CostRow):
        limit = f"from {row.threshold:.3g} on" if row.threshold <= 1 else "nothing"
        sentences.append(
            f"**{display_name(row.strategy)}** after {plural(row.labelled, 'label')} rejects {limit}: "
            f"{_bounded(row.escapes, row.escapes_low, row.escapes_high)} escapes and "
            f"{_bounded(row.false_rejects, row.false_rejects_low, row.false_rejects_high)} false rejects per "
            f"1,000 parts, {money(scale * row.cost)} {period} "
            f"({money(scale * row.cost_low)} to {money(scale * row.cost_high)})."
        )
    return sentences


def worth_in_words(rows: pd.DataFrame, baseline: str, scale: float, period: str) -> list[str]:
    """For each strategy but the baseline, what it is worth over that after as many labels."""
    sentences = []
    for row in rows_of(rows.dropna(subset=["worth"]), CostRow):
        verdict = "is worth" if row.worth >= 0 else "costs"
        clear = row.worth_low > 0 or row.worth_high < 0
        low, high = sorted(abs(scale * end) for end in (row.worth_low, row.worth_high))
        text = f"**{display_name(row.strategy)} at {plural(row.labelled, 'label')} {verdict} "
        than = "over" if row.worth >= 0 else "more than"
        text += f"{money(abs(scale * row.worth))} {period}** {than} {baseline}"
        if clear:
            text += f", between {money(low)} and {money(high)}."
        else:
            text += (
                f", but that is not distinguishable from nothing: between {money(scale * row.worth_low)} and "
                f"{money(scale * row.worth_high)}."
            )
        sentences.append(text)
    return sentences


def _bounded(value: float, low: float, high: float) -> str:
    return f"{value:.3g} ({low:.3g} to {high:.3g})"
