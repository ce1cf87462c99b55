"""The Compare page's views of what a strategy gains: in area under the curve, and in labels."""

from __future__ import annotations

import streamlit as st

from alcore.presentation.figures import budgets as figures
from alcore.presentation.labels import METRIC_TITLES
from alcore.presentation.repetition_sentences import first_repetition, so_far
from alcore.presentation.sentences import advantages, detectable
from alcore.statistics.comparison import defects_found
from alcore.ui.compare.compare_view import View, tell, why_no_advantage
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.downloads import show_figure


def show_gain(view: View) -> None:
    """Who is better by how much, on average over the budget."""
    baseline = view.question.baseline
    if view.summary["advantage"].notna().any():
        title = f"AUBC minus {baseline}'s, {view.title}"
        show_figure(figures.advantage_forest(view.summary, title=title), "advantage")
    else:
        st.info(why_no_advantage(view))
    for run in view.runs:
        tell(view, run, [*_claims(view, run), detectable(run.evidence, view.rows_of(run), baseline)])


def _claims(view: View, run: ComparedRun) -> list[str]:
    """Who is better by how much; while repetitions are still to come, only what holds at any moment."""
    baseline = view.question.baseline
    if run.is_whole:
        return advantages(view.rows_of(run), baseline)
    if run.evidence.repetitions == 1:
        return first_repetition(view.rows_of(run), baseline)
    return so_far(run.evidence, view.question, run.config.repetitions)


def show_labels_saved(view: View) -> None:
    """Labels to a target, how rich the queries were, and the defects found with them."""
    columns = ["name", "final", "learned", "labels", "saved", "saved_bound", "enrichment", "attained"]
    st.dataframe(view.summary[columns], column_config=_columns(view), hide_index=True)
    st.caption(
        "Labels saved: labels that the baseline needs to reach the target (its own final value, unless "
        "another is given) minus the strategy's own. If one of the two never reaches it, the number is a "
        "bound. Enrichment: defective share of the queries after the first, over π₀; within reach: the "
        "share "
        "of the defects that these queries could have found."
    )
    runs = [(run.name, defects_found(run.evidence)) for run in view.runs]
    runs = [(name, frame) for name, frame in runs if len(frame)]
    if runs:
        st.markdown("**Defects found**: the share of all defects in the pool that is labelled.")
        show_figure(figures.defects_found(runs), "defects-found")


def _columns(view: View) -> dict[str, object]:
    number, metric = st.column_config.NumberColumn, METRIC_TITLES[view.question.metric]
    return {
        "name": "strategy",
        "final": number(f"final {metric}", format="%.3f"),
        "learned": number(
            "learned",
            format="percent",
            help="Share of the repetitions whose models find anything; below 100 % a mean is of two kinds.",
        ),
        "labels": number("labels to target", format="%.0f"),
        "saved": number("labels saved", format="%.0f"),
        "saved_bound": "exact or bound",
        "enrichment": number("enrichment (×)", format="%.2f"),
        "attained": number("within reach", format="percent"),
    }
