"""The Compare page's view of significance: at which budgets, and between which strategies."""

from __future__ import annotations

import streamlit as st

from alcore.presentation.figures import budgets as figures
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.sentences import NO_BUDGET_WON, detectable
from alcore.statistics.multiplicity import penalty_matrix
from alcore.ui.compare.compare_view import View, tell, why_no_advantage
from alcore.ui.downloads import show_figure


def show_significance(view: View) -> None:
    """Differences from the baseline at each budget, corrected, and who beats whom."""
    baseline = view.question.baseline
    if any(rows["difference"].notna().any() for rows in view.budgets):
        title = f"{METRIC_TITLES[view.question.metric]} minus {baseline}'s"
        show_figure(figures.budget_differences(view.curves, align=view.align, title=title), "differences")
        st.caption(
            "Filled markers: the difference is significant at 5 % after Holm's correction over all "
            "strategies and budgets. All strategies share the first budget."
        )
    else:
        st.info(why_no_advantage(view))
    for run in view.runs:
        tell(view, run, [detectable(run.evidence, view.rows_of(run), baseline)])
    _show_penalties(view)


def _show_penalties(view: View) -> None:
    shared = [
        n for n in view.runs[0].evidence.strategies if all(n in run.evidence.strategies for run in view.runs)
    ]
    if len(shared) < 2:
        st.info("A penalty matrix needs two strategies that all chosen runs have.")
        return
    metric, prevalence = view.question.metric, view.question.test_prevalence
    total = penalty_matrix(
        *(run.evidence.curves_with_shared_error(metric, prevalence).only(shared) for run in view.runs)
    )
    st.markdown(
        "**Who beats whom.** Share of budgets at which the row's strategy is significantly above the column's"
        + (f", added up over {len(view.runs)} runs." if len(view.runs) > 1 else ".")
        + " A good strategy has a dark row and a pale column. All pairs and budgets are one family: where no "
        "strategy differs from another, any win at all is shown in 5 % of cases."
    )
    show_figure(
        figures.penalty_heatmap(total, [*map(display_name, shared)], runs=len(view.runs)), "penalty-matrix"
    )
    if not total.any():
        st.caption(NO_BUDGET_WON)
