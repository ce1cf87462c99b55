"""The Lab: the shown run and the next run, kept apart; charts, and the latest picks."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alcore.config import RunConfig
from alcore.errors import AlcoreError
from alcore.experiment.repetition import RepetitionSplit
from alcore.server.index import RunRow
from alcore.server.live_runs import is_live
from alcore.ui import address, kept_settings, presenter, problems
from alcore.ui.lab import charts, film, game, live_play, next_run, preview, run_controls, scene_panel
from alcore.ui.lab.sidebar import sidebar
from alcore.ui.session import is_recorded, is_replayed, readable, run_config, run_row, tell_gone
from alcore.ui.setting_words import KEYS, differences


def show() -> None:
    """Draw the Lab."""
    if st.query_params.get(game.SEAT) == "1":
        game.show_seat()
        return
    scene = scene_panel.enter()
    said = address.take_prevalences(KEYS["pool_prevalence"], KEYS["test_prevalence"])
    said |= address.take_former_names(KEYS["strategies"])
    live_play.arrive()
    plays_on_stage = presenter.is_presenting() and scene is None and live_play.is_wanted()
    on_stage = st.container(key="live_stage") if plays_on_stage else None
    config, pool, problem = _settings(on_stage)
    runnable = config if pool is not None else None
    test_prevalence = st.session_state[KEYS["test_prevalence"]]
    presenter.listen_to_keys()
    if scene is not None:
        live_play.note(runnable)
        scene_panel.show(scene, test_prevalence=test_prevalence)
        charts.open_clicked_query(scene_panel.run_of(scene))
        address.settle("", {}, said=said)
        return
    live_play.follow(runnable)
    row = _shown(config)
    next_run.show(row, runnable)
    run_controls.show(row)
    if problem is not None:
        preview.show_problem(config, problem)
    if row is not None:
        _show_results(row, test_prevalence)
    if config is not None and pool is not None:
        preview.show_pool(config, pool, is_folded=row is not None)
    if row is not None:
        with problems.contained():
            charts.tell(row, test_prevalence=test_prevalence)
    address.settle("", kept_settings.for_address() | _run_in_address(row), said=said)


def _show_results(row: RunRow, test_prevalence: float) -> None:
    """The shown run: as it grows, with the game where it asks people; or played again."""
    if not is_replayed(row):
        with problems.contained():
            game.show(row)
    with problems.contained():
        if is_replayed(row):
            film.show(row.id, test_prevalence=test_prevalence)
        else:
            charts.show(row, test_prevalence=test_prevalence)
        charts.open_clicked_query(row.id)


def _run_in_address(row: RunRow | None) -> dict[str, list[str]]:
    """A run that others can open: a recorded one needs no name, and a live one has none."""
    if row is None or is_recorded(row.id):
        return {}
    return {"run": [] if is_live(row.id) else [row.id]}


def _settings(
    on_stage: DeltaGenerator | None,
) -> tuple[RunConfig | None, RepetitionSplit | None, AlcoreError | None]:
    """What the sliders would start, the pool that it would draw, and what is wrong with either."""
    config = None
    try:
        config = sidebar(on_stage)
        return config, preview.draw(config), None
    except AlcoreError as error:
        return config, None, error


def _shown(config: RunConfig | None) -> RunRow | None:
    """The run that this tab shows: where there is no other, the recorded demo until a control is touched."""
    run_id = live_play.shown()
    row = run_row(run_id) if run_id else None
    tell_gone(run_id)
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
