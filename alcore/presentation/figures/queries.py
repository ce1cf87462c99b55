"""Figures of the Samples page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, NEUTRAL, color_of, layout, taken
from alcore.presentation.labels import display_name
from alcore.presentation.palette import TRUE_MASK, translucent
from alcore.statistics.frames import each_row

_HEIGHT = 520
_WHITE = {"width": 1, "color": "rgba(255, 255, 255, 0.8)"}


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
            customdata=taken(history[["rank", "candidates"]]),
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


def pool_map(
    frame: pd.DataFrame,
    *,
    strategy: str,
    spoke: tuple[int, int],
    reach: tuple[float, float, float, float],
    variance: tuple[float, float],
) -> go.Figure:
    """The pool in two dimensions as one query saw it.

    Args:
        frame: one row per patch: item, x, y, distance, defective, labelled_in (query, 0 for none), is_query.
        strategy: whose query it is.
        spoke: items of the patch farthest from all labels and of its nearest labelled one; the line between
            them has the covering radius for its length, before projection.
        reach: left, right, bottom and top of the axes, the same for all queries.
        variance: shares of the features' variance along both axes.
    Returns:
        A figure whose points carry (item,) as customdata.
    """
    ends = frame.set_index("item").loc[list(spoke)]
    unlabelled = frame[frame["labelled_in"] == 0]
    figure = go.Figure(
        [
            _dots(unlabelled, "not labelled", color=translucent(NEUTRAL, 0.55), size=8),
            _labelled_before(frame[(frame["labelled_in"] > 0) & ~frame["is_query"]]),
            _dots(
                frame[frame["is_query"]],
                f"this query, {display_name(strategy)}",
                color=color_of(strategy),
                size=15,
            ),
            _spoke(ends, color_of(strategy)),
            _legend_entry("diamond: defective", "diamond-open"),
        ]
    )
    left, right, bottom, top = reach
    margin_x, margin_y = 0.06 * (right - left) or 1, 0.06 * (top - bottom) or 1
    first, second = (f"{share:.0%} of variance after cycle 1" for share in variance)
    figure.update_layout(
        **layout(height=_HEIGHT),
        xaxis=AXIS | {"title": f"first axis ({first})", "range": [left - margin_x, right + margin_x]},
        yaxis=AXIS | {"title": f"second axis ({second})", "range": [bottom - margin_y, top + margin_y]},
        dragmode="lasso",
        hovermode="closest",
    )
    return figure


def _spoke(ends: pd.DataFrame, color: str) -> go.Scatter:
    line = {"color": color, "width": 3, "dash": "dot"}
    return go.Scatter(
        x=ends["x"], y=ends["y"], mode="lines", name="covering radius", line=line, hoverinfo="skip"
    )


def _labelled_before(rows: pd.DataFrame) -> go.Scatter:
    trace = _dots(rows, "labelled before (colour: query)", color=rows["labelled_in"], size=12)
    trace.marker.update(
        colorscale="Cividis",
        cmin=1,
        cmax=max(2, int(rows["labelled_in"].max())),
        colorbar={"title": {"text": "query"}, "dtick": 1, "thickness": 12, "len": 0.8},
    )
    return trace


def _legend_entry(name: str, symbol: str) -> go.Scatter:
    marker = {"symbol": symbol, "size": 12, "color": NEUTRAL, "line": {"width": 2}}
    return go.Scatter(x=[None], y=taken([None]), mode="markers", name=name, marker=marker)


def _dots(rows: pd.DataFrame, name: str, *, color: object, size: int) -> go.Scatter:
    hover = [
        f"patch {row.item}, {'defective' if row.defective else 'clean'}<br>"
        + (f"labelled in query {row.labelled_in}" if row.labelled_in else f"distance {row.distance:.3f}")
        for row in each_row(rows)
    ]
    return go.Scatter(
        x=rows["x"],
        y=rows["y"],
        mode="markers",
        name=name,
        text=hover,
        customdata=taken([[item] for item in rows["item"].to_list()]),  # a frame would come back as a dict
        hovertemplate="%{text}<extra></extra>",
        marker={
            "size": size,
            "color": color,
            "symbol": ["diamond" if defective else "circle" for defective in rows["defective"]],
            "line": _WHITE,
        },
        unselected={"marker": {"opacity": 0.35}},
    )


def score_distribution(
    scores: np.ndarray, defective: np.ndarray, *, chosen: np.ndarray, strategy: str, score_name: str
) -> go.Figure:
    """Histogram of all candidates' scores before the first pick, with the chosen ones as ticks below.

    Args:
        scores: (U,) of the candidates; defective: (U,) bool; chosen: (q,) of those that were picked.
        strategy: whose scores; score_name: with its unit.
    """
    edges = np.histogram_bin_edges(scores, bins=40)
    bars = [
        _bars(edges, scores[members], name, color)
        for name, members, color in (("clean", ~defective, NEUTRAL), ("defective", defective, TRUE_MASK))
    ]
    ticks = go.Scatter(
        x=chosen,
        y=np.zeros(chosen.size),
        mode="markers",
        name="chosen",
        marker={"symbol": "triangle-up", "size": 14, "color": color_of(strategy), "line": _WHITE},
        hovertemplate="chosen, %{x:.4g}<extra></extra>",
        cliponaxis=False,
    )
    figure = go.Figure([*bars, ticks])
    figure.update_layout(
        **layout(height=_HEIGHT),
        barmode="stack",
        bargap=0,
        xaxis=AXIS | {"title": score_name},
        yaxis=AXIS | {"title": "candidates", "rangemode": "tozero"},
    )
    return figure


def _bars(edges: np.ndarray, scores: np.ndarray, name: str, color: str) -> go.Bar:
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=np.histogram(scores, edges)[0],
        width=np.diff(edges),
        name=name,
        marker={"color": color, "line": {"width": 0.5, "color": "rgba(60, 60, 60, 0.6)"}},
        hovertemplate=f"%{{y}} {name} at %{{x:.3g}}<extra></extra>",
    )
