"""Which point of a chart was clicked.

A chart forgets its selection when it is redrawn, and a live one is drawn often: the point must be copied
inside the chart's `on_select` callback, before the page is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st


def selected_points(chart: str) -> list[tuple[Any, ...]]:
    """`customdata` of the points selected in the chart with that key; points without it are left out.

    For the chart's `on_select` callback, or what is drawn right after the chart.
    """
    state = st.session_state.get(chart)
    points = state["selection"]["points"] if state else []
    return [tuple(point["customdata"]) for point in points if point.get("customdata")]


@dataclass(frozen=True)
class Click:
    """The last click on a point, kept in the session under `slot` until it is forgotten."""

    slot: str

    @property
    def point(self) -> tuple[Any, ...] | None:
        """`customdata` of the point, or None."""
        return st.session_state.get(self._key)

    def take(self, chart: str) -> bool:
        """Keep the point that was clicked in the chart with that key; an `on_select` callback.

        Returns:
            Whether it is another point than the one kept: a redrawn chart may report its old one.
        """
        points = selected_points(chart)
        if not points or points[0] == self.point:
            return False
        self.keep(points[0])
        return True

    def keep(self, point: tuple[Any, ...]) -> None:
        """Keep a point, as `take` does; for charts that tell which one was clicked."""
        st.session_state[self._key] = point

    def forget(self) -> None:
        """Keep no point, so that the same one can be clicked again."""
        st.session_state.pop(self._key, None)

    @property
    def _key(self) -> str:
        return f"click:{self.slot}"
