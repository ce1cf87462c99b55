"""The full-pool ceiling of a run that is compared: asked for here, trained like any run."""

from __future__ import annotations

import streamlit as st

from alcore.access.roles import Action
from alcore.ui import acting, problems
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.permitted import permission
from alcore.ui.session import is_recorded, run_row, run_store


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
