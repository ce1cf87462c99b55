"""The list of runs: found, sorted, compared, deleted and brought back."""

from __future__ import annotations

import streamlit as st

from alcore.access.roles import Action
from alcore.server.index import Status
from alcore.server.notebook import ORDERS, Entry, Notebook, chosen
from alcore.ui import acting, entrance, problems
from alcore.ui.permitted import is_permitted, permission
from alcore.ui.runs import run_card
from alcore.ui.session import manager
from alcore.wording import as_plain_markdown, plural

_ROWS = 20
_SECONDS_TO_FILL = 0.15
_MOST_COMPARED = 6
_DELETED, _PROBLEM = "deleted_runs", "runs"


@st.cache_resource(show_spinner=False)
def _notebook() -> Notebook:
    return Notebook(manager().index)


@entrance.fragment(run_every=2.0)
def show() -> None:
    """All runs, a sheet at a time; looks again every two seconds."""
    with problems.contained():
        _show()


def _show() -> None:
    aside = manager().index.set_aside
    if aside is not None:
        st.warning(
            "The list of runs was damaged and has been made again from the runs themselves, without the "
            f"names that you gave them. The damaged one is in {as_plain_markdown(str(aside))}."
        )
    _offer_undo()
    problems.show(_PROBLEM)
    entries = _notebook().entries()
    if not entries:
        st.info("No run yet: start one in the Lab.")
        return
    found = chosen(entries, **_ask())
    _offer_for_chosen(entries)
    sheet = _sheet(found)
    if not found:
        st.info("No run matches.")
    for entry in sheet:
        run_card.show(entry, on_delete=delete)
    unknown = [entry for entry in entries if entry.merits is None]
    _notebook().fill([*sheet, *unknown], seconds=_SECONDS_TO_FILL)


def _ask() -> dict:
    """Which runs, in which order: arguments of `chosen`."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Find", key="runs_find", placeholder="name, tag, note, data set", width=280, persist_state="page"
        )
        statuses = st.multiselect(
            "Status", [str(status) for status in Status], key="runs_status", width=260, persist_state="page"
        )
        order = st.selectbox("Sort by", list(ORDERS), key="runs_order", width=160, persist_state="page")
    return {"words": words, "statuses": statuses, "order": order}


def _sheet(found: list[Entry]) -> list[Entry]:
    pages = max(1, -(-len(found) // _ROWS))
    page = 1
    if pages > 1:
        title = f"{plural(len(found), 'run')}, sheet of {pages}"
        page = st.number_input(title, 1, pages, key="runs_page", width=200)
    return found[(page - 1) * _ROWS :][:_ROWS]


def _offer_for_chosen(entries: list[Entry]) -> None:
    """The actions on the runs whose boxes are ticked, on any sheet."""
    boxes = [str(key) for key in st.session_state if str(key).startswith(run_card.CHOSEN)]
    ticked = {key.removeprefix(run_card.CHOSEN) for key in boxes if st.session_state[key]}
    rows = [entry.row for entry in entries if entry.row.id in ticked]
    ids = [row.id for row in rows]
    if not ids:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs_chosen"):
        st.markdown(f"**{plural(len(ids), 'run')} chosen**", width="content")
        if st.button("Compare", key="compare_chosen", disabled=len(ids) > _MOST_COMPARED):
            st.switch_page("pages/compare.py", query_params={"runs": ids})
        not_theirs = [row.owner for row in rows if not is_permitted(Action.DELETE_RUN, row.owner)]
        may = permission(Action.DELETE_RUN, not_theirs[0] if not_theirs else rows[0].owner)
        st.button("Delete", key="delete_chosen", on_click=delete, args=(ids,), **may)


def delete(ids: list[str]) -> None:
    """Delete runs; a callback. All that this tab has deleted can be brought back together."""
    gone = [run_id for run_id in ids if problems.attempt(run_card.slot(run_id), acting.delete_run, run_id)]
    for run_id in gone:
        st.session_state.pop(f"{run_card.CHOSEN}{run_id}", None)
    if gone:
        st.session_state[_DELETED] = [*st.session_state.get(_DELETED, []), *gone]


def _offer_undo() -> None:
    gone = st.session_state.get(_DELETED)
    if gone:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{plural(len(gone), 'run')} deleted.", width="content")
            st.button("Undo", key="undo_delete", icon=":material/undo:", on_click=_undo)


def _undo() -> None:
    for run_id in st.session_state.pop(_DELETED, []):
        problems.attempt(_PROBLEM, acting.undo_delete, run_id)
