"""Figures of the Data page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, BOLD, NEUTRAL, layout
from alcore.presentation.palette import PREDICTION

_HEIGHT = 320
_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
_LOGARITHMIC = {"type": "log", "tickvals": _TICKS, "ticktext": [f"{tick:g}" for tick in _TICKS]}


def defect_areas(area: np.ndarray) -> go.Figure:
    """How large defects are: (n,) shares of a patch, as a histogram on a logarithmic axis."""
    low, high = np.log10(max(area.min(), 1e-6)), np.log10(area.max())
    edges = np.logspace(low - 0.02, high + 0.02, 31)
    figure = go.Figure(
        go.Bar(
            x=100 * np.sqrt(edges[:-1] * edges[1:]),
            y=np.histogram(area, edges)[0],
            width=100 * np.diff(edges),
            marker_color=PREDICTION,
            hovertemplate="%{y} defects of about %{x:.3g} % of the patch<extra></extra>",
        )
    )
    figure.update_layout(
        **layout(height=_HEIGHT),
        bargap=0.05,
        xaxis=AXIS | _LOGARITHMIC | {"title": "defect area (% of the patch)"},
        yaxis=AXIS | {"title": "patches"},
    )
    return figure


def largest_pool_curve(pools: pd.DataFrame) -> go.Figure:
    """The largest pool at each π₀: columns prevalence, size."""
    figure = go.Figure(
        go.Scatter(
            x=100 * pools["prevalence"],
            y=pools["size"],
            mode="lines+markers",
            line=BOLD | {"color": NEUTRAL},
            marker={"size": 8},
            hovertemplate="π₀ = %{x:.3g} %<br>largest pool %{y} patches<extra></extra>",
        )
    )
    figure.update_layout(
        **layout(height=_HEIGHT),
        xaxis=AXIS | _LOGARITHMIC | {"title": "defects in the pool π₀ (%)"},
        yaxis=AXIS | {"title": "largest pool (patches)", "rangemode": "tozero"},
    )
    return figure
