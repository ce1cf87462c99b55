"""The Lab: what is shown and what comes next, kept apart; charts, and what was just picked."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.errors import AlcoreError
from alcore.experiment.repetition import RepetitionSplit
from alcore.server.index import RunRow
from alcore.ui import address, kept_settings, presenter, problems
from alcore.ui.lab import charts, film, game, next_run, preview, run_controls, scene_panel
from alcore.ui.lab.sidebar import sidebar
from alcore.ui.session import is_recorded, is_replayed, readable, run_config, run_row, shown_run
from alcore.ui.setting_words import KEYS, differences


def show() -> None:
    """The page."""
    if st.query_params.get(game.SEAT) == "1":
        game.show_seat()
        return
    scene = scene_panel.enter()
    said = address.take_prevalences(KEYS["pool_prevalence"], KEYS["test_prevalence"])
    said |= address.take_former_names(KEYS["strategies"])
    config, pool, problem = _settings()
    test_prevalence = st.session_state[KEYS["test_prevalence"]]
    presenter.listen_to_keys()
    if scene is not None:
        scene_panel.show(scene, test_prevalence=test_prevalence)
        charts.open_clicked_query(scene_panel.run_of(scene))
        address.settle("", {}, said=said)
        return
    row = _shown(config)
    next_run.show(row, config if pool is not None else None)
    run_controls.show(row)
    if problem is not None:
        preview.show_problem(config, problem)
    if row is not None and not is_replayed(row):
        with problems.contained():
            game.show(row)
    if row is not None:
        with problems.contained():
            if is_replayed(row):
                film.show(row.id, test_prevalence=test_prevalence)
            else:
                charts.show(row, test_prevalence=test_prevalence)
            charts.open_clicked_query(row.id)
    if config is not None and pool is not None:
        preview.show_pool(config, pool, is_folded=row is not None)
    if row is not None:
        with problems.contained():
            charts.tell(row, test_prevalence=test_prevalence)
    own = [row.id] if row is not None and not is_recorded(row.id) else []
    address.settle("", kept_settings.for_address() | ({"run": own} if own else {}), said=said)


def _settings() -> tuple[RunConfig | None, RepetitionSplit | None, AlcoreError | None]:
    """What the sliders would start, the pool that it would draw, and what is wrong with either."""
    config = None
    try:
        config = sidebar()
        return config, preview.draw(config), None
    except AlcoreError as error:
        return config, None, error


def _shown(config: RunConfig | None) -> RunRow | None:
    """The run that this tab shows: where there is no other, the recorded demo until a control is touched."""
    run_id = shown_run()
    row = run_row(run_id) if run_id else None
    if row is None:
        return None
    if problem := readable(row.id):
        st.warning(f"The run {row.id} cannot be shown: {problem}")
        return None
    is_asked_for = st.query_params.get("run") == row.id
    if (
        is_recorded(row.id)
        and not is_asked_for
        and (config is None or differences(run_config(row.id), config))
    ):
        return None  # the pool that the controls describe has its place
    return row
