"""Charts on a page: as high as the window leaves them, with their content in words for those who listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from alcore.presentation.chart_config import chart_config


def show_chart(
    figure: go.Figure,
    key: str,
    *,
    alt: str,
    on_point: Callable[[], object] | None = None,
    config: dict[str, Any] | None = None,
    fits_window: bool = True,
) -> None:
    """A chart.

    Args:
        key: of the chart, in the session and in the page.
        alt: one sentence that says what it shows.
        on_point: called, as a callback, when a point was clicked; the key's state holds the selection.
        config: of plotly; without a toolbar by default.
        fits_window: take the height that the page's style gives to the place, instead of the figure's own.
    """
    if fits_window:
        figure.update_layout(height=None)
    clickable = {"on_select": on_point, "selection_mode": "points"} if on_point is not None else {}
    st.plotly_chart(
        figure,
        key=key,
        height="stretch" if fits_window else "content",
        config=config or chart_config(),
        alt=alt,
        **clickable,
    )
