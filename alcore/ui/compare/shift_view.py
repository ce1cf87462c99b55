"""The Compare page's views of label shift: where an advantage is left, and what the same models lose."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alcore.presentation.figures import shift as shift_figures
from alcore.presentation.labels import METRIC_TITLES, PREVALENCES
from alcore.presentation.sentences import where_gain_vanishes
from alcore.statistics.comparison import advantage_over_prevalence
from alcore.statistics.frames import each_row
from alcore.ui.compare.compare_view import View, tell, why_no_advantage
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.downloads import show_figure
from alcore.ui.session import run_evidence
from alcore.wording import percent


def show_shift(view: View) -> None:
    """Each strategy's advantage over the baseline at every π₁, and where it is clear of zero."""
    baseline, metric = view.question.baseline, METRIC_TITLES[view.question.metric]
    frames = [_only(_advantages_of(run, view.question.metric, baseline), run) for run in view.runs]
    if not any(frame["advantage"].notna().any() for frame in frames):
        st.info(why_no_advantage(view))
        return
    marks = {"π₁ =": view.question.test_prevalence}
    if len(view.runs) == 1:
        marks["π₀ ="] = view.runs[0].evidence.pool_prevalence
    named = list(zip((run.name for run in view.runs), frames, strict=True))
    title = f"AUBC ({metric}) minus {baseline}'s"
    figure = shift_figures.advantage_over_prevalence(named, title=title, marks=marks)
    show_figure(figure, "advantage-over-prevalence")
    for run, frame in zip(view.runs, frames, strict=True):
        tell(view, run, where_gain_vanishes(frame, baseline))


def show_losses(view: View) -> None:
    """The same models' areas at π₀ and at π₁, one row per strategy."""
    figure = shift_figures.shift_losses(
        view.summary,
        title=f"AUBC ({METRIC_TITLES[view.question.metric]})",
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
