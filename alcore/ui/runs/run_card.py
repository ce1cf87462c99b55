"""One run in the list: its name, state and figures, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from alcore.access.roles import Action
from alcore.errors import AlcoreError
from alcore.presentation.labels import display_name
from alcore.presentation.sentences import cycles_finished
from alcore.server.index import RunRow
from alcore.server.notebook import Entry, Merits
from alcore.ui import acting, problems
from alcore.ui.lab_link import link_of
from alcore.ui.permitted import permission
from alcore.ui.session import manager, record_count, run_config
from alcore.wording import as_plain_markdown, clock, size_in_words

CHOSEN = "chosen-"
"""Begins the keys of the boxes that choose runs; the run's id follows."""
_NOTHING = 0.0005
"""An IoU that reads 0.000."""
_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_circle:",
    "paused": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
    "interrupted": ":material/warning:",
}


def show(entry: Entry, *, on_delete: Callable[[list[str]], None]) -> None:
    """A run's row.

    Args:
        on_delete: called with ids, in a callback.
    """
    row = entry.row
    with st.container(border=True):
        name, state, actions = st.columns([5, 5, 4], vertical_alignment="center")
        with name, st.container(horizontal=True, vertical_alignment="center"):
            st.checkbox("Choose", key=f"{CHOSEN}{row.id}", label_visibility="collapsed", persist_state="page")
            st.text_input(
                "Name",
                row.name,
                key=f"name-{row.id}",
                label_visibility="collapsed",
                on_change=_rename,
                args=(row.id,),
                max_chars=120,
                **permission(Action.ANNOTATE_RUN, row.owner),
            )
        with state:
            created = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
            tags = f" · {as_plain_markdown(row.tags)}" if row.tags else ""
            now = "stopping…" if manager().is_stopping(row.id) else row.status
            st.markdown(f"{_ICONS[row.status]} {now} · {_done(row)}  \n{created}{tags}")
            if entry.merits is not None and entry.merits.best:
                st.caption(_in_words(entry.merits))
        with actions, st.container(horizontal=True):
            _actions(row, on_delete)
        if row.note:
            st.caption(as_plain_markdown(row.note))
        if row.message:
            st.caption(as_plain_markdown(row.message))
        problems.show(slot(row.id))


def slot(run_id: str) -> str:
    """Where what goes wrong with a run is said."""
    return f"run-{run_id}"


def _actions(row: RunRow, on_delete: Callable[[list[str]], None]) -> None:
    if st.button("Open", key=f"open-{row.id}", help="Show it in the Lab"):
        st.switch_page("pages/lab.py", query_params={"run": row.id})
    if row.is_resumable:
        _button("Resume", f"resume-{row.id}", row, acting.resume_run, row.id)
    if row.is_active and not manager().is_stopping(row.id):
        _button("Stop", f"stop-{row.id}", row, acting.command_run, row.id, "stop")
    # By the run, or the browser would leave it open over the run that takes a deleted one's place.
    with st.popover("More", key=f"more-{row.id}", on_change="rerun"):
        if st.button("Run again with …", key=f"again-{row.id}", help="Its settings, in the Lab"):
            _run_again(row.id)
        may = permission(Action.ANNOTATE_RUN, row.owner)
        st.text_area("Note", row.note, key=f"note-{row.id}", max_chars=2000, height=80, **may)
        st.text_input(
            "Tags", row.tags, key=f"tags-{row.id}", max_chars=200, placeholder="to find it by", **may
        )
        st.button("Keep note and tags", key=f"annotate-{row.id}", on_click=_annotate, args=(row.id,), **may)
        if not row.is_active:
            may = permission(Action.DELETE_RUN, row.owner)
            st.button("Delete it", key=f"delete-{row.id}", on_click=on_delete, args=([row.id],), **may)


def _run_again(run_id: str) -> None:
    with problems.contained():
        st.switch_page("pages/lab.py", query_params=link_of(run_config(run_id)))


def _button(label: str, key: str, row: RunRow, action: Callable[..., object], *arguments: str) -> None:
    """A button that does something to a run; what goes wrong is said in the run's row."""
    st.button(
        label,
        key=key,
        on_click=problems.attempt,
        args=(slot(row.id), action, *arguments),
        **permission(Action.COMMAND_RUN, row.owner),
    )


def _in_words(merits: Merits) -> str:
    parts = [_best_in_words(merits), f"IoU {merits.final_iou:.3f}"]
    if merits.aubc == merits.aubc:  # not NaN
        parts.append(f"AUBC {merits.aubc:.3f}")
    if merits.best != "random" and merits.advantage == merits.advantage:
        parts.append(f"{merits.advantage:+.3f} over random")
    return " · ".join([*parts, clock(merits.seconds), size_in_words(merits.bytes)])


def _best_in_words(merits: Merits) -> str:
    """Who is best at the end; where the best is as good as nothing, nobody is."""
    names = merits.best.split(",")
    if merits.final_iou < _NOTHING:
        return "no strategy finds defects at the end"
    if len(names) > 1:
        return f"equal at the end: {', '.join(map(display_name, names))}"
    return f"best at the end: {display_name(merits.best)}"


def _done(row: RunRow) -> str:
    try:
        return cycles_finished(run_config(row.id), record_count(row.id))
    except AlcoreError as error:
        return as_plain_markdown(str(error))


def _rename(run_id: str) -> None:
    problems.attempt(slot(run_id), acting.rename_run, run_id, st.session_state[f"name-{run_id}"])


def _annotate(run_id: str) -> None:
    note, tags = (st.session_state[f"{kind}-{run_id}"] for kind in ("note", "tags"))
    problems.attempt(slot(run_id), acting.annotate_run, run_id, note, tags)
