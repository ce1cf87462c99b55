"""What remedies regain of a shift's loss: one figure, and what it says, on Compare and on Study."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alcore.presentation.figures.by_threshold import recovery_forest
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.threshold_sentences import REMEDY_WARNING, recovery_claims, remedies_in_words
from alcore.ui.downloads import show_figure
from alcore.wording import percent


def show_recovery(
    claims: pd.DataFrame,
    metric: str,
    pool_prevalence: float,
    prevalence: float,
    *,
    name: str,
    area: bool = True,
) -> None:
    """The share of the loss that each rule saves at both ends, where each helps and where it hurts.

    Args:
        claims: `alcore.statistics.operating.recovered`; name: of the figure's files; area: whether the rows
            are about areas under the budget curve.
    """
    what = f"AUBC ({METRIC_TITLES[metric]})" if area else METRIC_TITLES[metric]
    st.markdown(
        f"**Only a threshold?** The share of the loss of {what} at ½ from π₀ = {percent(pool_prevalence)} to "
        f"π₁ = {percent(prevalence)}, that is avoided if each rule chooses the threshold at both ends; 95 "
        "% intervals."
    )
    if claims["gain"].notna().any():
        show_figure(recovery_forest(claims, title=what), name)
    st.markdown("  \n".join(remedies_in_words(claims)))
    st.markdown("  \n".join(recovery_claims(claims, metric, pool_prevalence, prevalence)))
    st.caption(REMEDY_WARNING)
