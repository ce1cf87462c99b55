"""Pages that follow changes of the state behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from alcore.ui import entrance

Seen = TypeVar("Seen")


def rerun_when_changed(
    look: Callable[[], Seen],
    *,
    every: float | None,
    drawn: Seen | None = None,
    show: Callable[[Seen], object] | None = None,
) -> None:
    """Look again and again, and redraw the whole page when the state has changed.

    The rerun takes the place of a click that has not been handled yet, so a button that `show` draws must act
    in its callback: that runs before anything here.

    Args:
        look: says what is to be seen; compared with ==, so it may carry more than it compares.
        every: seconds between looks; None for none after the first.
        drawn: what the page was drawn from; by default what is seen now.
        show: draws what is seen, at each look, in the place of the call.
    """
    known = look() if drawn is None else drawn

    @entrance.fragment(run_every=every)
    def watch() -> None:
        seen = look()
        if show is not None:
            show(seen)
        if seen != known:
            st.rerun()

    watch()
