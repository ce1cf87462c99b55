"""Tidy frames -> plotly figures. Colours come from the palette; text colours from the page's theme."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.config import RunConfig
from alcore.palette import strategy_colors, translucent
from alcore.statistics import chance_band

METRIC_TITLES = {"iou": "IoU", "dice": "Dice", "precision": "Precision", "recall": "Recall"}
CHART_HEIGHT = 400

_FONT = {"size": 16}
_AXIS = {"title_font": {"size": 17}, "tickfont": {"size": 15}}  # to be read from the back of a room
_MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon")


def learning_curves(metrics: pd.DataFrame, config: RunConfig, *, metric: str, prevalence: float) -> go.Figure:
    """A metric against labelled images, one colour a strategy; several repetitions faint, their mean bold.

    Args:
        metrics: columns strategy, repetition, cycle, labelled, prevalence and `metric`; NaN is a gap.
        config: the run's, for the axes: they stand still while points arrive.
        metric: iou, dice, precision or recall.
        prevalence: which of the frame's prevalences to draw.
    Returns:
        A figure whose points carry (strategy, repetition or 0 for the mean, cycle) as customdata.
    """
    figure = go.Figure()
    rows = metrics[np.isclose(metrics["prevalence"], prevalence)] if len(metrics) else metrics
    for index, strategy in enumerate(config.strategies):
        own = rows[rows["strategy"] == strategy]
        if config.repetitions > 1:
            for repetition, line in own.groupby("repetition"):
                figure.add_trace(
                    _curve(line, strategy, metric, index, repetition=int(repetition), faint=True)
                )
            own = own.groupby(["cycle", "labelled"], as_index=False)[metric].mean()
        figure.add_trace(_curve(own, strategy, metric, index, repetition=0 if config.repetitions > 1 else 1))
    figure.update_layout(
        **_layout(),
        xaxis=_AXIS | {"title": "labelled images", "range": [0, config.budget * 1.04], "rangemode": "tozero"},
        yaxis=_AXIS | {"title": f"{METRIC_TITLES[metric]} of the defect class", "range": [-0.02, 1.02]},
        hovermode="closest",
        clickmode="event+select",
    )
    return figure


def _curve(
    rows: pd.DataFrame, strategy: str, metric: str, index: int, *, repetition: int, faint: bool = False
) -> go.Scatter:
    color = strategy_colors()[strategy]
    who = strategy if repetition == 1 and not faint else f"{strategy}, mean"
    who = f"{strategy}, repetition {repetition}" if faint else who
    labels = [f"{who}<br>cycle {cycle}" for cycle in rows["cycle"]]
    return go.Scatter(
        x=rows["labelled"],
        y=rows[metric],
        name=strategy,
        legendgroup=strategy,
        showlegend=not faint,
        mode="lines" if faint else "lines+markers",
        line={"color": translucent(color, 0.35) if faint else color, "width": 1.2 if faint else 3.5},
        marker={"size": 10, "symbol": _MARKERS[index % len(_MARKERS)], "color": color},
        text=labels,
        customdata=[[strategy, repetition, int(cycle)] for cycle in rows["cycle"]],
        hovertemplate="%{text}<br>%{x} labelled images<br>"
        + f"{METRIC_TITLES[metric]} "
        + "%{y:.3f}<extra></extra>",
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
    )


def query_shares(selections: pd.DataFrame, config: RunConfig) -> go.Figure:
    """Share of defective patches in each query, against π₀ and the band that random drawing would give.

    Args:
        selections: columns strategy, repetition, cycle, defective; shares are means over repetitions.
        config: the run's.
    """
    figure = go.Figure()
    pool_defective = round(config.pool_size * config.pool_prevalence)
    drawn = config.query_count * config.repetitions
    low, high = chance_band(
        config.pool_size, pool_defective, config.query_count, repetitions=config.repetitions
    )
    band = [low / drawn, high / drawn]
    figure.add_hrect(
        y0=band[0], y1=band[1], fillcolor="rgba(140, 140, 140, 0.25)", line_width=0, layer="below"
    )
    figure.add_hline(y=config.pool_prevalence, line={"color": "#8C8C8C", "dash": "dash", "width": 2})
    shares = selections.groupby(["strategy", "cycle"])["defective"].mean() if len(selections) else {}
    for strategy in config.strategies:
        own = (
            shares[strategy] if len(shares) and strategy in shares.index.get_level_values(0) else pd.Series()
        )
        figure.add_trace(
            go.Bar(
                x=list(own.index),
                y=own.to_list(),
                name=strategy,
                marker_color=strategy_colors()[strategy],
                showlegend=False,
                hovertemplate=f"{strategy}, query %{{x}}<br>%{{y:.0%}} defective<extra></extra>",
            )
        )
    figure.update_layout(
        **_layout(),
        barmode="group",
        bargap=0.25,
        xaxis=_AXIS
        | {"title": "query", "range": [0.4, config.cycles + 0.6], "dtick": max(1, config.cycles // 8)},
        yaxis=_AXIS | {"title": "defective in the query", "range": [0, 1.02], "tickformat": ".0%"},
    )
    return figure


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
            line={"color": "#8C8C8C", "width": 3},
            marker={"size": 9},
            hovertemplate="query %{x}<br>score %{y:.4f}<br>rank %{customdata[0]} of %{customdata[1]}"
            "<extra></extra>",
            cliponaxis=False,
        )
    )
    figure.update_layout(
        **(_layout() | {"height": 260}),
        xaxis=_AXIS | {"title": "query", "dtick": 1},
        yaxis=_AXIS | {"title": score_name, "rangemode": "tozero"},
    )
    return figure


def _layout() -> dict[str, object]:
    return {
        "height": CHART_HEIGHT,
        "font": _FONT,
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 16}},
        "uirevision": "keep",
    }
