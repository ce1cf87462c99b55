"""The Compare page's learning curves: live ones, or a plain figure where logs are among the runs."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alcore.access.roles import Action
from alcore.presentation.figures.budgets import budget_curves
from alcore.presentation.labels import METRIC_TITLES, PREVALENCES
from alcore.presentation.live_chart.curves import LiveRun, live_curves, live_run
from alcore.presentation.sentences import settings_in_short
from alcore.statistics.estimands import Evidence
from alcore.ui import acting, presenter, problems
from alcore.ui.click import Click
from alcore.ui.compare.compare_view import METRIC_KEY, PREVALENCE_KEY, View
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.downloads import show_curves_to_save, show_figure
from alcore.ui.gallery import show_query
from alcore.ui.permitted import permission
from alcore.ui.session import is_recorded, run_row, run_store, run_tables

_NAME = "learning-curves"
_CLICK = Click("compared")
"""On a point of a curve: strategy, repetition (0 for the mean), cycle, position of the run."""


def show_learning_curves(view: View) -> None:
    """The curves of all runs, and offers to train what no choice of labels can beat."""
    live = [
        _live(run, run.evidence, position, len(view.runs))
        for position, run in enumerate(view.runs)
        if isinstance(run.evidence, Evidence)
    ]
    if len(live) == len(view.runs):
        _show_live(view, live)
    else:
        whole = st.session_state.get("whole_scale", False)
        show_figure(
            budget_curves(view.curves, align=view.align, title=view.title, is_whole_scale=whole), _NAME
        )
        _tell_undefined(view)
    for run in view.runs:
        if run.can_resume:
            offer_ceiling(run, several=len(view.runs) > 1)


def _show_live(view: View, runs: list[LiveRun]) -> None:
    curves = live_curves(
        runs,
        test_prevalence=view.question.test_prevalence,
        steps=PREVALENCES,
        metric=view.question.metric,
        align=view.align,
    )
    # Where the sidebar is in sight, the page's style hides the chart's own choice of metric and π₁.
    with st.container(key="led" if presenter.shows_settings() else None):
        show_curves_to_save(
            curves,
            _NAME,
            settings=_settings(view),
            as_figure=lambda: budget_curves(view.curves, align=view.align, title=view.title),
            on_point=lambda point: _CLICK.keep(tuple(point)),
            on_prevalence=lambda prevalence: _choose(PREVALENCE_KEY, prevalence),
            on_metric=lambda metric: _choose(METRIC_KEY, metric),
        )
    _show_clicked_query(view)


def _live(run: ComparedRun, evidence: Evidence, position: int, runs: int) -> LiveRun:
    shown = evidence.strategies
    each = [record for record in run_tables(run.id).evaluations() if record.strategy in shown]
    return live_run(evidence, name=run.name, position=position, runs=runs, each=each, ceiling=run.ceiling)


def _settings(view: View) -> str:
    """The settings of the runs in short, for slides."""
    several = len(view.runs) > 1
    return "<br>".join(
        f"{run.name + ': ' if several else ''}{settings_in_short(run.config)}" for run in view.runs
    )


def _choose(key: str, value: object) -> None:
    """What was chosen in the chart holds for the page: its other views, and its address, say the same."""
    st.session_state[key] = value


def _show_clicked_query(view: View) -> None:
    if _CLICK.point:
        strategy, repetition, cycle, position = _CLICK.point
        if position < len(view.runs):
            run_id = view.runs[position].id
            show_query(run_id, strategy, max(repetition, 1), cycle, on_dismiss=_CLICK.forget)


def _tell_undefined(view: View) -> None:
    metric, prevalence = view.question.metric, view.question.test_prevalence
    values = [run.evidence.curves(metric, prevalence).values for run in view.runs]
    missing = sum(int(np.isnan(block).sum()) for block in values)
    if missing:
        st.caption(
            f"{METRIC_TITLES[metric]} is undefined (no defect predicted) in {missing} of "
            f"{sum(block.size for block in values)} points: left out of the means, never counted as 0. Where "
            "a repetition is left out there is no interval."
        )


def offer_ceiling(run: ComparedRun, *, several: bool) -> None:
    """A button that has a finished run's ceiling trained, or how far that is."""
    row, store = run_row(run.id), run_store(run.id)
    have, all_of_them = len(store.ceilings()), run.config.repetitions
    who, slot = f"run {run.name}" if several else "this run", f"ceiling-{run.id}"
    if have == all_of_them or is_recorded(run.id):
        return
    if store.wants_ceiling and row is not None and row.is_active:
        st.caption(f"The ceiling of {who} is being trained: {have} of {all_of_them} repetitions.")
        return
    st.button(
        f"Train the full-pool ceiling of {who}",
        key=f"ceiling-{run.id}",
        icon=":material/vertical_align_top:",
        on_click=problems.attempt,
        args=(slot, acting.request_ceiling, run.id),
        **permission(
            Action.REQUEST_CEILING,
            row.owner if row is not None else "",
            help="Trains the same network once per repetition on the whole pool, with as many steps as "
            "all cycles of a strategy together: roughly the level that no choice of labels can beat. "
            "Only for finished runs.",
            disabled=row is None or not row.is_finished,
        ),
    )
    problems.show(slot)
