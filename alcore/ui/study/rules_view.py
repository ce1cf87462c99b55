"""The Study page's view of thresholds: what shift costs at ½, and how much of it is only a threshold."""

from __future__ import annotations

import streamlit as st

from alcore.presentation.figures.by_threshold import rules_forest
from alcore.presentation.figures.study_maps import over_pool
from alcore.statistics.operating import HERE
from alcore.study.threshold_table import METRIC
from alcore.ui.downloads import show_figure
from alcore.ui.recovery import show_recovery
from alcore.ui.study.study_view import StudyView
from alcore.wording import percent


def show_rules(view: StudyView) -> None:
    """What each operating rule gives, pool by pool; from the study's thresholds.csv."""
    prevalence = view.question.test_prevalence
    rows = view.reader.thresholds_of(view.cells, prevalence)
    if rows.empty:
        st.info(
            "No cell has all its repetitions with counts at thresholds other than ½: the study is older "
            "than that, or has not progressed far enough."
        )
        return
    at = f"π₁ = {percent(prevalence)}"
    pools = sorted(rows["pool_prevalence"].unique())
    pool = pools[-1]
    if len(pools) > 1:
        pool = st.segmented_control(
            "Pool π₀", pools, default=pool, required=True, format_func=percent, key="rules_of_pool"
        )
    own = rows[rows["pool_prevalence"] == pool]
    show_recovery(own.dropna(subset=["gain"]), METRIC, pool, prevalence, name="study-recovered")
    st.markdown(
        f"**What is a threshold worth?** AUBC (IoU) at {at} of models from pools at π₀ = {percent(pool)}."
    )
    show_figure(rules_forest(own, "aubc", title=f"AUBC (IoU) at {at}"), "study-rules")
    if len(pools) > 1:
        st.markdown("**Regained by a threshold tuned on validation at π₁**, over π₀.")
        tuned = rows[rows["rule"] == HERE].rename(columns={"gain_low": "low", "gain_high": "high"})
        show_figure(over_pool(tuned, "gain", title=f"AUBC (IoU) gained at {at}"), "study-regained")
    elif len(pools) < len(view.by_pool):
        st.caption(f"Of these pools only π₀ = {percent(pool)} has counts at thresholds other than ½.")
    st.caption(
        "Rules choose, for each model, the threshold with the highest IoU on validation patches reweighted "
        "to π₁ or to π₀; all are evaluated on the test patches, with intervals as in *Shift*. The best on "
        "the "
        "test patches themselves cheats. Always IoU, whatever the metric."
    )
