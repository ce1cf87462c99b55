"""Where rules stop on a learning curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, NEUTRAL, add_curve, layout, scale_to
from alcore.presentation.labels import display_name
from alcore.statistics.stopping import HINDSIGHT

_MARKS = ("square", "diamond", "triangle-up", "star", "cross", "hexagon", "x")
_COLORS = ("#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#999933", "#AA4499")


def stops_on_curve(curve: pd.DataFrame, stops: pd.DataFrame, *, title: str) -> go.Figure:
    """A strategy's curve, with each rule's mean stop and metric then, and how far its stops lie apart.

    Rules that stop alike have one marker.

    Args:
        curve: `CurveRow`s of one strategy; stops: its `StopRow`s; title: of the y axis.
    """
    figure = go.Figure()
    strategy = str(curve["strategy"].iloc[0])
    name = display_name(strategy)
    add_curve(
        figure,
        curve,
        strategy,
        x="labelled",
        y="value",
        name=name,
        hovertemplate=f"{name}<br>%{{x}} labelled images<br>%{{y:.3f}}<extra></extra>",
    )
    alike = stops.groupby(["labels", "metric"], sort=False)["rule"].agg(", ".join).rename("rules")
    merged = stops.drop_duplicates(["labels", "metric"]).join(alike, on=["labels", "metric"])
    for position, (_, row) in enumerate(merged.iterrows()):
        figure.add_trace(_stop(row, position))
    top = scale_to(max(0.0, np.nanmax([*curve["value"], *curve["high"], *stops["metric"]])))
    figure.update_layout(
        **layout(),
        xaxis=AXIS | {"title": "labelled images", "rangemode": "tozero", "tickformat": "d"},
        yaxis=AXIS | {"title": title, "range": [-0.02 * top, 1.02 * top]},
    )
    return figure


def _stop(row: pd.Series, position: int) -> go.Scatter:
    """The marker of the rules that stop there; `row`: of the merged `StopRow`s."""
    is_best = row["rules"] == HINDSIGHT
    return go.Scatter(
        x=[row["labels"]],
        y=[row["metric"]],
        name=row["rules"],
        mode="markers",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [row["latest"] - row["labels"]],
            "arrayminus": [row["labels"] - row["earliest"]],
            "thickness": 2,
            "width": 6,
        },
        marker={
            "size": 15,
            "symbol": "circle-open" if is_best else _MARKS[position % len(_MARKS)],
            "color": NEUTRAL if is_best else _COLORS[position % len(_COLORS)],
            "line": {"width": 3 if is_best else 1},
        },
        hovertemplate=f"{row['rules']}<br>{row['labels']:.0f} labels ({row['earliest']} to {row['latest']})"
        f"<br>{row['metric']:.3f}, regret {row['regret']:.3f}<extra></extra>",
    )
