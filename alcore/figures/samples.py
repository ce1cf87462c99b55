"""Figures of the Samples page."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from alcore.figures.layout import AXIS, NEUTRAL, layout


def score_history(history: pd.DataFrame, *, score_name: str) -> go.Figure:
    """A patch's score in each cycle until it was chosen; hover gives its rank.

    Args:
        history: columns cycle, score, rank, candidates.
    """
    figure = go.Figure(
        go.Scatter(
            x=history["cycle"],
            y=history["score"],
            mode="lines+markers+text",
            text=[f"rank {rank}" for rank in history["rank"]],
            textposition="top center",
            customdata=history[["rank", "candidates"]],
            line={"color": NEUTRAL, "width": 3},
            marker={"size": 9},
            hovertemplate="query %{x}<br>score %{y:.4f}<br>rank %{customdata[0]} of %{customdata[1]}"
            "<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_layout(
        **layout(height=260),
        xaxis=AXIS | {"title": "query", "dtick": 1},
        yaxis=AXIS | {"title": score_name, "rangemode": "tozero"},
    )
    return figure
