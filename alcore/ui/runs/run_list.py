"""The list of runs."""

from __future__ import annotations

import time

import streamlit as st

from alcore.errors import AlcoreError
from alcore.runs.index import RunRow
from alcore.ui.session import manager, record_count, run_config
from alcore.wording import plural

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
            if row.status in ("stopped", "failed", "interrupted"):
                st.button("Resume", key=f"resume-{row.id}", on_click=_try, args=(manager().resume, row.id))
            if row.is_active:
                st.button(
                    "Stop", key=f"stop-{row.id}", on_click=_try, args=(manager().command, row.id, "stop")
                )
            else:
                with st.popover("Delete"):
                    st.markdown("This removes its records and tables for good.")
                    st.button(
                        "Delete it", key=f"delete-{row.id}", on_click=_try, args=(manager().delete, row.id)
                    )
        if row.message:
            st.caption(row.message)
        if problem := st.session_state.pop(f"problem-{row.id}", None):
            st.error(problem)


def _done(row: RunRow) -> str:
    try:
        config, records = run_config(row.id), record_count(row.id)
    except AlcoreError as error:
        return str(error)
    total = config.records
    return f"{records} of {plural(total, 'cycle')}"


def _rename(run_id: str) -> None:
    _try(manager().index.rename, run_id, st.session_state[f"name-{run_id}"])


def _try(action, run_id: str, *arguments: str) -> None:
    """Do it; what went wrong is shown in the run's row."""
    try:
        action(run_id, *arguments)
    except AlcoreError as error:
        st.session_state[f"problem-{run_id}"] = str(error)
