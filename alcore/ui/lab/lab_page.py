"""The Lab: what is shown and what comes next, kept apart; charts, and what was just picked."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.errors import AlcoreError
from alcore.experiment.repetition import RepetitionSplit
from alcore.runs.index import RunRow
from alcore.ui import address, problems
from alcore.ui.lab import charts, next_run, preview, run_controls
from alcore.ui.lab.sidebar import KEYS, sidebar
from alcore.ui.session import manager, readable, shown_run


def show() -> None:
    """The page."""
    said = address.take_prevalences(KEYS["pool_prevalence"], KEYS["test_prevalence"])
    config, pool, problem = _settings()
    row = _shown()
    next_run.show(row, config if pool is not None else None)
    run_controls.show(row)
    if problem is not None:
        preview.show_problem(config, problem)
    if row is not None:
        with problems.contained():
            charts.show(row, test_prevalence=st.session_state[KEYS["test_prevalence"]])
            charts.open_clicked_query(row.id)
    if config is not None and pool is not None:
        preview.show_pool(config, pool, is_folded=row is not None)
    if row is not None:
        with problems.contained():
            charts.tell(row)
    address.settle("", {"run": [row.id]} if row is not None else {}, prevalences=said)


def _settings() -> tuple[RunConfig | None, RepetitionSplit | None, AlcoreError | None]:
    """What the sliders would start, the pool that it would draw, and what is wrong with either."""
    config = None
    try:
        config = sidebar()
        return config, preview.draw(config), None
    except AlcoreError as error:
        return config, None, error


def _shown() -> RunRow | None:
    run_id = shown_run()
    row = manager().index.get(run_id) if run_id else None
    if row is not None and (problem := readable(row.id)):
        st.warning(f"The run {row.id} cannot be shown: {problem}")
        return None
    return row
