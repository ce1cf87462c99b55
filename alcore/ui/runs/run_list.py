"""The list of runs."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from alcore.errors import AlcoreError
from alcore.presentation.sentences import cycles_finished
from alcore.runs.index import RunRow
from alcore.ui import problems
from alcore.ui.session import manager, record_count, run_config
from alcore.wording import as_plain_markdown

_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_circle:",
    "paused": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
    "interrupted": ":material/warning:",
}


@st.fragment(run_every=2.0)
def show() -> None:
    """All runs, the newest first; looks again every two seconds."""
    aside = manager().index.set_aside
    if aside is not None:
        st.warning(
            "The list of runs was damaged and has been made again from the runs themselves, without the "
            f"names that you gave them. The damaged one lies in {as_plain_markdown(str(aside))}."
        )
    rows = manager().index.rows()
    if not rows:
        st.info("No run yet: start one in the Lab.")
    for row in rows:
        _show_row(row)


def _show_row(row: RunRow) -> None:
    with st.container(border=True):
        name, state, actions = st.columns([5, 4, 4], vertical_alignment="center")
        with name:
            st.text_input(
                "Name",
                row.name,
                key=f"name-{row.id}",
                label_visibility="collapsed",
                on_change=_rename,
                args=(row.id,),
                max_chars=120,
            )
        with state:
            created = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
            st.markdown(f"{_ICONS[row.status]} {row.status} · {_done(row)}  \n{created}")
        with actions, st.container(horizontal=True):
            if st.button("Open", key=f"open-{row.id}", help="Show it in the Lab"):
                st.switch_page("pages/lab.py", query_params={"run": row.id})
            if row.is_resumable:
                _button("Resume", f"resume-{row.id}", row, manager().resume, row.id)
            if row.is_active:
                _button("Stop", f"stop-{row.id}", row, manager().command, row.id, "stop")
            else:
                with st.popover("Delete"):
                    st.markdown("This removes its records and tables for good.")
                    _button("Delete it", f"delete-{row.id}", row, manager().delete, row.id)
        if row.message:
            st.caption(row.message)
        problems.show(_slot(row.id))


def _button(label: str, key: str, row: RunRow, action: Callable[..., object], *arguments: str) -> None:
    """A button that does something to a run; what goes wrong is said in the run's row."""
    st.button(label, key=key, on_click=problems.attempt, args=(_slot(row.id), action, *arguments))


def _slot(run_id: str) -> str:
    return f"run-{run_id}"


def _done(row: RunRow) -> str:
    try:
        return cycles_finished(run_config(row.id), record_count(row.id))
    except AlcoreError as error:
        return str(error)


def _rename(run_id: str) -> None:
    new = st.session_state[f"name-{run_id}"]
    problems.attempt(_slot(run_id), manager().index.rename, run_id, new)
