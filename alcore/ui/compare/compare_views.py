"""The Compare page's views, one per tab; only the open one is computed."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from alcore.presentation.figures import budgets as figures
from alcore.presentation.figures import shift as shift_figures
from alcore.presentation.labels import METRIC_TITLES, PREVALENCES, display_name
from alcore.presentation.repetition_sentences import first_repetition, so_far
from alcore.presentation.sentences import advantages, detectable, where_gain_vanishes
from alcore.statistics.comparison import advantage_over_prevalence, defects_found
from alcore.statistics.frames import each_row
from alcore.statistics.multiplicity import penalty_matrix
from alcore.ui.compare.compare_view import View
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.compare.costs_view import show_costs
from alcore.ui.compare.curves_view import show_learning_curves
from alcore.ui.compare.detection_view import show_inspection
from alcore.ui.compare.protocol_view import show_protocol
from alcore.ui.compare.repetitions_view import show_repetitions
from alcore.ui.compare.stopping_view import show_stopping
from alcore.ui.compare.takeaways import offer_interactive, offer_log, show_methods, show_tables
from alcore.ui.compare.threshold_view import show_thresholds
from alcore.ui.downloads import show_figure
from alcore.ui.session import run_evidence
from alcore.wording import percent


def _show_gain(view: View) -> None:
    baseline = view.question.baseline
    if view.summary["advantage"].notna().any():
        title = f"AUBC minus {baseline}'s, {view.title}"
        show_figure(figures.advantage_forest(view.summary, title=title), "advantage")
    else:
        st.info(_why_no_advantage(view))
    for run in view.runs:
        rows = view.summary[view.summary["run"] == run.name]
        _sentences(view, run, [*_claims(view, run, rows), detectable(run.evidence, rows, baseline)])
    st.dataframe(
        view.summary[["name", "final", "labels", "saved", "saved_bound", "enrichment", "attained"]],
        column_config=_columns(view),
        hide_index=True,
    )
    st.caption(
        "Labels saved: labels that the baseline needs to reach the target (its own final value, unless "
        "another is given) minus the strategy's own. Where one of the two never reaches it, the number is a "
        "bound. Enrichment: defective share of the queries after the first, over π₀; within reach: the share "
        "of the defects that these queries could have found."
    )
    _show_found(view)


def _claims(view: View, run: ComparedRun, rows: pd.DataFrame) -> list[str]:
    """Who is better by how much; while repetitions are still to come, only what holds at any moment."""
    baseline = view.question.baseline
    if run.is_whole:
        return advantages(rows, baseline)
    if run.evidence.repetitions == 1:
        return first_repetition(rows, baseline)
    return so_far(run.evidence, view.question, run.config.repetitions)


def _show_found(view: View) -> None:
    runs = [(run.name, defects_found(run.evidence)) for run in view.runs]
    runs = [(name, frame) for name, frame in runs if len(frame)]
    if runs:
        st.markdown("**Defects found**: the share of all defects in the pool that is labelled.")
        show_figure(figures.defects_found(runs), "defects-found")


def _why_no_advantage(view: View) -> str:
    metric, baseline = METRIC_TITLES[view.question.metric], view.question.baseline
    if all(len(run.evidence.labelled) < 2 for run in view.runs):
        return "An area under the curve needs at least two finished cycles."
    if all(len(run.evidence.strategies) < 2 for run in view.runs):
        return f"There is no other strategy to compare with {baseline} in the same run."
    return (
        f"{metric} is undefined at some budget of every strategy here, so there is no area under its curve."
    )


def _columns(view: View) -> dict[str, object]:
    number, metric = st.column_config.NumberColumn, METRIC_TITLES[view.question.metric]
    return {
        "name": "strategy",
        "final": number(f"final {metric}", format="%.3f"),
        "labels": number("labels to target", format="%.0f"),
        "saved": number("labels saved", format="%.0f"),
        "saved_bound": "exact or bound",
        "enrichment": number("enrichment (×)", format="%.2f"),
        "attained": number("within reach", format="percent"),
    }


def _only(frame: pd.DataFrame, run: ComparedRun) -> pd.DataFrame:
    """The rows of the strategies that the reader wants to see."""
    return frame[frame["strategy"].isin(run.evidence.strategies)]


def _advantages_of(run: ComparedRun, metric: str, baseline: str) -> pd.DataFrame:
    if not run.has_counts:
        return advantage_over_prevalence(run.evidence, metric, baseline, tuple(run.evidence.prevalences))
    return _advantages(run.id, run.records, metric, baseline)


@st.cache_data(max_entries=64, show_spinner=False)
def _advantages(run_id: str, records: int, metric: str, baseline: str) -> pd.DataFrame:
    """Advantages at all prevalences: they do not depend on where the slider stands."""
    return advantage_over_prevalence(run_evidence(run_id, records), metric, baseline, PREVALENCES)


def _show_shift(view: View) -> None:
    baseline, metric = view.question.baseline, METRIC_TITLES[view.question.metric]
    frames = [_only(_advantages_of(run, view.question.metric, baseline), run) for run in view.runs]
    if any(frame["advantage"].notna().any() for frame in frames):
        marks = {"π₁ =": view.question.test_prevalence}
        if len(view.runs) == 1:
            marks["π₀ ="] = view.runs[0].evidence.pool_prevalence
        named = list(zip((run.name for run in view.runs), frames, strict=True))
        title = f"AUBC ({metric}) minus {baseline}'s"
        figure = shift_figures.advantage_over_prevalence(named, title=title, marks=marks)
        show_figure(figure, "advantage-over-prevalence")
        for run, frame in zip(view.runs, frames, strict=True):
            _sentences(view, run, where_gain_vanishes(frame, baseline))
    else:
        st.info(_why_no_advantage(view))
    figure = shift_figures.shift_losses(
        view.summary,
        title=f"AUBC ({metric})",
        pool="at π₀, as in the pool",
        use=f"at π₁ = {percent(view.question.test_prevalence)}",
    )
    show_figure(figure, "shift")
    losses = [
        f"**{row.name}** {row.shift:+.3f} ({row.shift_low:+.3f} to {row.shift_high:+.3f})"
        for row in each_row(view.summary.dropna(subset=["shift"]))
    ]
    if losses:
        st.markdown(f"AUBC at π₁ minus AUBC at π₀, of the same models: {'; '.join(losses)}.")
    show_protocol(view.runs, view.question, view.name)


def _show_significance(view: View) -> None:
    baseline = view.question.baseline
    if any(rows["difference"].notna().any() for rows in view.budgets):
        title = f"{METRIC_TITLES[view.question.metric]} minus {baseline}'s"
        show_figure(figures.budget_differences(view.curves, align=view.align, title=title), "differences")
        st.caption(
            "Filled markers: the difference is significant at 5 % after Holm's correction over all "
            "strategies and budgets. All strategies share the first budget."
        )
    else:
        st.info(_why_no_advantage(view))
    for run in view.runs:
        rows = view.summary[view.summary["run"] == run.name]
        _sentences(view, run, [detectable(run.evidence, rows, baseline)])
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


def _sentences(view: View, run: ComparedRun, sentences: list[str]) -> None:
    baseline = view.question.baseline
    told = [sentence for sentence in sentences if sentence]
    if baseline not in run.evidence.strategies:
        told = [f"This run has no {baseline} baseline to compare with."]
    if told:
        lead = "" if len(view.runs) == 1 else f"**Run {run.name}.** "
        st.markdown(lead + "  \n".join(told))


def _show_inspection(view: View) -> None:
    runs = [run for run in view.runs if run.has_counts]
    if not runs:
        st.info("Logs do not say how sure a model was of each patch, so there is nothing to inspect.")
        return
    show_inspection(runs, view.question.test_prevalence, view.name)


def _show_tables(view: View) -> None:
    budgets = pd.concat(view.budgets, keys=[run.name for run in view.runs], names=["run", None])
    show_tables(view.summary.drop(columns="name"), budgets.reset_index("run"))
    for run in view.runs:
        if run.can_resume:
            offer_log(run, several=len(view.runs) > 1)
            offer_interactive(run, view.question, several=len(view.runs) > 1)


def _show_methods(view: View) -> None:
    show_methods(view.runs, view.question)


VIEWS: dict[str, Callable[[View], None]] = {
    "Curves": show_learning_curves,
    "Gain": _show_gain,
    "Label shift": _show_shift,
    "Thresholds": lambda view: show_thresholds(view.runs, view.question),
    "Significance": _show_significance,
    "Repetitions": lambda view: show_repetitions(view.runs, view.question),
    "Costs": lambda view: show_costs(view.runs, view.question),
    "Stopping": lambda view: show_stopping(view.runs, view.question),
    "Image inspection": _show_inspection,
    "Tables": _show_tables,
    "Methods text": _show_methods,
}
