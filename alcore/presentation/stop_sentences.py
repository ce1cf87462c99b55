"""What is said of rules that stop labelling, replayed over a run."""

from __future__ import annotations

import pandas as pd

from alcore.presentation.labels import display_name
from alcore.statistics.stopping import HINDSIGHT, MEANINGS
from alcore.wording import plural

HOW_RULES_WORK = " ".join(
    [
        *(f"{rule.capitalize()}: {meaning}." for rule, meaning in MEANINGS.items()),
        "A rule that never says stop spends the whole budget.",
        "No rule sees the test patches, on which all are judged.",
    ]
)


def best_rule(stops: pd.DataFrame, budget: int) -> str:
    """Which rule loses least against hindsight for a strategy, and when it stops.

    Args:
        stops: `StopRow`s of one strategy; budget: labels of the whole run.
    """
    rows = stops[stops["rule"] != HINDSIGHT]
    best = rows.sort_values("regret", kind="stable").iloc[0]
    tied = rows[(rows["regret"] - best.regret < 1e-9) & (rows["labels"] == best.labels)]
    names = " or ".join(f"“{rule}”" for rule in tied["rule"])
    sure = "" if pd.isna(best.regret_low) else f" ({best.regret_low:.3f} to {best.regret_high:.3f})"
    text = (
        f"**{display_name(best.strategy)}**: {names} loses least: it stops after "
        f"{best.labels:.0f} of {plural(budget, 'label')} on average, with a regret of {best.regret:.3f}{sure}"
    )
    close = rows[(rows["regret_low"] <= best.regret_high) & ~rows["rule"].isin(tied["rule"])]
    if len(close):
        text += f"; the intervals of {plural(len(close), 'other rule')} overlap with that"
    return f"{text}."
