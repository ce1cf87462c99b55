"""How far a study is: a filling map, a line of words, and the buttons that pause, resume and extend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from alcore.access.roles import Action
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures.study_maps import progress_map
from alcore.study.launch import is_starting, last_outcome
from alcore.study.ledger import CellProgress, number_noted
from alcore.study.plan import Cell
from alcore.study.reader import POOL_AXIS, StudyReader, describe_axis, describe_slice
from alcore.study.study_store import StudyStore
from alcore.ui import acting, problems
from alcore.ui.choices import widget_bounds
from alcore.ui.permitted import permission
from alcore.ui.rerun import rerun_when_changed
from alcore.wording import clock, plural

_TICK = 2.0
_PROBLEM = "study"
_MOST_ROWS, _MOST_COLUMNS = 40, 40


@dataclass(frozen=True)
class _State:
    """The study at a glance. Compared by what the rest of the page is drawn from.

    results: changes with the results of the cells shown.
    """

    is_live: bool
    is_starting: bool
    is_stopping: bool
    results: int
    cells: dict[str, CellProgress] = field(compare=False)
    finished: int = field(compare=False)
    failed: int = field(compare=False)
    left: float | None = field(compare=False)
    is_rehearsal: bool = field(compare=False)


def _state(reader: StudyReader, cells_shown: Sequence[Cell] = ()) -> _State:
    store = StudyStore(reader.directory)
    ledger = store.ledger()
    cells, notes = ledger.by_cell(), ledger.notes()
    is_live = store.is_being_run()
    return _State(
        is_live=is_live,
        is_starting=not is_live and is_starting(reader.directory),
        is_stopping=is_live and store.is_asked_to_stop,
        results=reader.version(cells_shown),
        cells=cells,
        finished=sum(progress.finished for progress in cells.values()),
        failed=sum(progress.failed for progress in cells.values()),
        left=number_noted(notes, "left") if is_live and notes.get("left") else None,
        is_rehearsal=bool(notes.get("rehearsal")),
    )


def show_line(reader: StudyReader, cells: list[Cell]) -> None:
    """Where the study is, in a live line; the page is redrawn when the cells have new results."""
    if not reader.can_resume:
        return

    def show_words(now: _State) -> None:
        if now.finished < reader.plan.runs or now.is_live:
            st.caption(_words(reader, now))

    drawn = _state(reader, cells)
    rerun_when_changed(
        lambda: _state(reader, cells),
        every=_seconds_between_looks(reader, drawn),
        drawn=drawn,
        show=show_words,
    )


def show(reader: StudyReader) -> None:
    """Draw the Progress tab."""
    if not reader.can_resume:
        how = "recorded" if reader.is_recorded else "imported"
        st.markdown(f"All {plural(reader.plan.runs, 'repetition')} are there: the study is {how}.")
        return
    drawn = _state(reader)
    rerun_when_changed(
        lambda: _state(reader),
        every=_seconds_between_looks(reader, drawn),
        drawn=drawn,
        show=lambda now: _show_progress(reader, now),
    )
    _show_buttons(reader, drawn)


def _seconds_between_looks(reader: StudyReader, drawn: _State) -> float | None:
    """None for a study that is done."""
    return None if drawn.finished == reader.plan.runs and not drawn.is_live else _TICK


def _show_progress(reader: StudyReader, now: _State) -> None:
    st.markdown(_words(reader, now))
    st.progress(min(1.0, now.finished / reader.plan.runs))  # the plan may have shrunk
    figure = _figure(reader, now)
    st.plotly_chart(figure, key="study-progress", config=chart_config())
    st.caption("Cells fill cycle by cycle. Numbers: finished share of a cell's repetitions.")
    for cell, repetition, message in StudyStore(reader.directory).ledger().failures():
        problems.tell(f"Repetition {repetition} of cell {cell} failed: {message.splitlines()[0]}")


def _words(reader: StudyReader, now: _State) -> str:
    words = f"**{now.finished} of {plural(reader.plan.runs, 'repetition')}** finished"
    if now.failed:
        words += f", {now.failed} failed"
    if now.is_rehearsal:
        words += " in a rehearsal: nothing was trained"
    if now.is_starting:
        return f"{words} · starting"
    if now.is_stopping:
        return f"{words} · pausing: the current cycles are finished first"
    if now.is_live:
        return f"{words} · running" + (f", about {clock(now.left)} left" if now.left is not None else "")
    return words if now.finished == reader.plan.runs else f"{words} · paused"


def _figure(reader: StudyReader, now: _State) -> go.Figure:
    """Rows are the grid's other keys, columns π₀; the first forty of each."""
    slices = list(reader.slices.items())[:_MOST_ROWS]
    pools = reader.plan.grid.get(POOL_AXIS) or (reader.plan.cells[0].config.pool_prevalence,)
    done = np.full((len(slices), min(len(pools), _MOST_COLUMNS)), np.nan)
    for row, (_, cells) in enumerate(slices):
        for column, cell in enumerate(cells[:_MOST_COLUMNS]):
            progress = now.cells.get(cell.id, CellProgress(waiting=cell.config.repetitions))
            records = cell.config.records / cell.config.repetitions
            done[row, column] = (progress.finished + progress.records / records) / max(progress.tasks, 1)
    rows = [describe_slice(slice_) or "π₀" for slice_, _ in slices]
    names = [describe_axis(POOL_AXIS, pool) for pool in pools[:_MOST_COLUMNS]]
    return progress_map(done, rows, names, axis="defects in the pool π₀")


def _show_buttons(reader: StudyReader, now: _State) -> None:
    repetitions, is_busy = _planned(reader), now.is_live or now.is_starting
    may = partial(permission, Action.COMMAND_STUDY, acting.owner_of_study(reader.directory))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Pause",
            icon=":material/pause:",
            on_click=problems.attempt,
            args=(_PROBLEM, acting.pause_study, reader.directory),
            **may(
                help="The current cycles are finished, then the machine is free. Nothing is lost.",
                disabled=not now.is_live or now.is_stopping,
            ),
        )
        st.button(
            "Resume",
            icon=":material/play_arrow:",
            on_click=problems.attempt,
            args=(_PROBLEM, _go_on, reader, repetitions),
            **may(disabled=is_busy or (now.finished == reader.plan.runs and not now.is_rehearsal)),
        )
        wanted = st.number_input(
            "Repetitions per cell",
            repetitions,
            widget_bounds("repetitions").high,
            repetitions,
            key="study_repetitions",
            width=160,
            **may(help="More repetitions narrow the intervals. Finished ones stay as they are."),
        )
        st.button(
            "Add repetitions",
            icon=":material/add:",
            on_click=problems.attempt,
            args=(_PROBLEM, _go_on, reader, wanted),
            **may(disabled=is_busy or wanted <= repetitions),
        )
    if problems.is_noted(_PROBLEM):
        problems.show(_PROBLEM)
    elif not is_busy and now.finished < reader.plan.runs:
        ended = last_outcome(reader.directory)
        if ended is not None and ended.status == "failed":
            st.warning(ended.message)


def _go_on(reader: StudyReader, repetitions: int) -> None:
    plan = reader.plan if repetitions == _planned(reader) else reader.plan.with_repetitions(repetitions)
    acting.go_on_with_study(reader.directory, plan)


def _planned(reader: StudyReader) -> int:
    return max(cell.config.repetitions for cell in reader.plan.cells)
