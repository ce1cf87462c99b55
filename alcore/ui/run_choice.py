"""Which run a page is about, where it is about one."""

from __future__ import annotations

import time

import streamlit as st

from alcore.server.index import RunRow
from alcore.ui import address
from alcore.ui.session import is_recorded, runs_with_records, show_run, tell_gone


def choose_run(preferred: str | None, page: str) -> str:
    """Let the reader choose among runs, recorded ones included, with at least one finished cycle.

    Args:
        page: the last part of the page's path.
    """
    rows = runs_with_records()
    ids = list(rows)
    index = ids.index(preferred) if preferred in rows else 0
    address.settle(page, {"run": [ids[index]]})
    tell_gone(ids[index])
    if preferred is not None and preferred not in rows:
        st.info("The run that this tab showed has no finished cycle yet. This is another one.")
    return st.sidebar.selectbox(
        "Run",
        ids,
        index,
        format_func=lambda run_id: _title(rows[run_id]),
        key=f"{page}_run-{ids[index]}",
        on_change=lambda: show_run(st.session_state[f"{page}_run-{ids[index]}"]),
    )


def _title(row: RunRow) -> str:
    if is_recorded(row.id):
        return row.name
    return f"{row.name} · {time.strftime('%Y-%m-%d %H:%M', time.localtime(row.created))}"
