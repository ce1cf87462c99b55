"""Which strategies, and which cycle, the Samples page shows: at first where two strategies differ most."""

from __future__ import annotations

import streamlit as st

from alcore.config import RunConfig
from alcore.ui.session import record_count, run_config, run_records, run_selections


def choose_pair(run_id: str, config: RunConfig, prefix: str) -> tuple[str, str | None, int]:
    """Let the reader choose a strategy, and one to put beside it or none.

    Args:
        prefix: of the widgets' keys.
    Returns:
        Both, and the query in which the two that are offered first differ most.
    """
    most, least, cycle = _largest_contrast(run_id) or (config.strategies[0], None, 2)
    first = st.selectbox(
        "Strategy",
        config.strategies,
        config.strategies.index(most),
        key=f"{prefix}_first-{run_id}",
        persist_state="page",
    )
    others = [None, *(name for name in config.strategies if name != first)]
    second = st.selectbox(
        "Side by side with",
        others,
        others.index(least) if least in others else 0,
        format_func=lambda name: name or "none",
        key=f"{prefix}_second-{run_id}",
        persist_state="page",
    )
    return first, second, cycle


def _largest_contrast(run_id: str) -> tuple[str, str, int] | None:
    """The strategies with most and fewest defects in one query of the first repetition, and which one it is.

    Of all queries after the first it is the one where they differ most; None with nothing to compare.
    """
    chosen = run_selections(run_id, record_count(run_id))
    chosen = chosen[(chosen["repetition"] == 1) & (chosen["cycle"] > 1)]
    defects = chosen.groupby(["cycle", "strategy"], sort=False)["defective"].sum().unstack().dropna()
    if defects.shape[0] == 0 or defects.shape[1] < 2:
        return None
    cycle = (defects.max(axis=1) - defects.min(axis=1)).idxmax()
    return str(defects.loc[cycle].idxmax()), str(defects.loc[cycle].idxmin()), int(cycle)


def cycle_slider(label: str, run_id: str, widget: str, strategy: str, repetition: int, *, start: int) -> int:
    """Let the reader choose a cycle; at first `start`, or the last that is done."""
    done = [key.cycle for key in run_records(run_id).committed_of(strategy, repetition)]
    last = run_config(run_id).cycles  # not of those done: a slider whose range grows forgets its value
    if last == 1:
        st.caption(f"{label}: 1")
        return 1
    first = min(start, max(done, default=1))
    return st.slider(label, 1, last, first, key=widget, help="Query 1 is random.", persist_state="page")
