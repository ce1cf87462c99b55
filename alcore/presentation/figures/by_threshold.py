"""Figures along the threshold: a metric, precision and recall, reliability, and what operating rules give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import (
    AXIS,
    BOLD,
    NEUTRAL,
    ZERO_LINE,
    color_of,
    layout,
    scale_to,
    symbol_of,
)
from alcore.presentation.labels import display_name
from alcore.statistics.frames import grouped
from alcore.thresholds import COUNT, HALF, PROBABILITIES

_OWN_HEIGHT = 380
_TICKS = (0, 4, 8, 12, 16, 20, 24, 28, 32)


def _rounded(probability: float) -> str:
    """0.0124 -> '0.01', 0.9876 -> '0.99': one digit of the distance to the nearer of 0 and 1."""
    if probability <= 0.5:
        return f"{float(f'{probability:.1g}'):g}"
    return f"{1 - float(f'{1 - probability:.1g}'):g}"


def metric_along_threshold(
    values: np.ndarray, strategies: tuple[str, ...], *, title: str, marks: Mapping[str, int]
) -> go.Figure:
    """A metric at each of the 33 thresholds, which are drawn at equal distances.

    Args:
        values: (S, 33), NaN where undefined; title: of the y axis.
        marks: thresholds by name, drawn as vertical lines.
    """
    figure = go.Figure()
    for strategy, own in zip(strategies, values, strict=True):
        name, color = display_name(strategy), color_of(strategy)
        figure.add_trace(
            go.Scatter(
                x=np.arange(COUNT),
                y=own,
                name=name,
                mode="lines+markers",
                line=BOLD | {"color": color},
                marker={"size": 7, "symbol": symbol_of(strategy), "color": color},
                customdata=PROBABILITIES,
                hovertemplate=f"{name}<br>threshold %{{customdata:.4g}}<br>%{{y:.3f}}<extra></extra>",
            )
        )
    for number, (text, threshold) in enumerate(marks.items()):
        figure.add_vline(
            x=threshold, line={"color": NEUTRAL, "width": 2, "dash": "dot" if number else "dash"}
        )
        figure.add_annotation(
            x=threshold, y=1 - 0.09 * number, yref="paper", xanchor="left", showarrow=False, text=text
        )
    top = scale_to(np.nanmax(values, initial=0.0))
    ticks = {"tickvals": _TICKS, "ticktext": [_rounded(PROBABILITIES[tick]) for tick in _TICKS]}
    figure.update_layout(
        **layout(),
        xaxis=AXIS | ticks | {"title": "threshold on the probability", "range": [-0.5, COUNT - 0.5]},
        yaxis=AXIS | {"title": title, "range": [-0.02 * top, 1.02 * top]},
    )
    return figure


def rules_forest(rows: pd.DataFrame, value: str, *, title: str) -> go.Figure:
    """What each operating rule gives each strategy, with 95 % intervals; a row per rule.

    Args:
        rows: columns strategy, rule, threshold, and `value` with its bounds `_low` and `_high`.
        title: of the x axis.
    """
    figure = _forest(rows, value, shape=".3f", more=("threshold", "last threshold %{customdata[3]:.4g}"))
    figure.update_layout(xaxis=AXIS | {"title": title, "rangemode": "tozero"})
    return figure


def recovery_forest(rows: pd.DataFrame, *, title: str) -> go.Figure:
    """How much of a shift's loss is only a threshold by each rule, with 95 % intervals; 100 % is all of it.

    As shares of the loss; where no strategy's loss is clear of zero, a share of it could be anything, and
    what each rule gives at π₁ is drawn instead.

    Args:
        rows: `alcore.statistics.threshold_frames.RecoveryRow`s; title: what is lost, for the x axis.
    """
    is_share = bool(rows["share"].notna().any())
    value, shape = ("share", ".0%") if is_share else ("gain", "+.3f")
    figure = _forest(rows, value, shape=shape, more=("gain", "%{customdata[3]:+.3f} at π₁"))
    for at in (0, 1) if is_share else (0,):
        figure.add_vline(x=at, line=ZERO_LINE)
    x_axis: dict[str, Any] = {"title": f"{title} gained at π₁"}
    if is_share:
        low, high = np.nan_to_num([rows["share_low"].min(), rows["share_high"].max()])
        reach = [max(low, -1.0) - 0.05, min(max(high, 1.0), 1.5) + 0.05]
        x_axis = {
            "title": f"share of the loss that is only a threshold, {title}",
            "tickformat": ".0%",
            "range": reach,
        }
    figure.update_layout(xaxis=AXIS | x_axis, height=_OWN_HEIGHT)
    return figure


def _forest(rows: pd.DataFrame, value: str, *, shape: str, more: tuple[str, str]) -> go.Figure:
    """A row per rule, in it a marker with its interval per strategy.

    Args:
        shape: of numbers in what is shown on hovering; more: another column, and how it is shown there.
    """
    rules, strategies = list(dict.fromkeys(rows["rule"])), list(dict.fromkeys(rows["strategy"]))
    low, high = f"{value}_low", f"{value}_high"
    bounds = f"95 % interval %{{customdata[1]:{shape}}} to %{{customdata[2]:{shape}}}"
    figure = go.Figure()
    for place, strategy in enumerate(strategies):
        own = rows[(rows["strategy"] == strategy) & rows[value].notna()]
        color, name = color_of(strategy), display_name(strategy)
        shift = (place - (len(strategies) - 1) / 2) * 0.7 / len(strategies)
        figure.add_trace(
            go.Scatter(
                x=own[value],
                y=[rules.index(rule) + shift for rule in own["rule"]],
                name=name,
                mode="markers",
                marker={"size": 13, "symbol": symbol_of(strategy), "color": color},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": own[high] - own[value],
                    "arrayminus": own[value] - own[low],
                    "color": color,
                    "thickness": 3,
                },
                customdata=own[["rule", low, high, more[0]]],
                hovertemplate=f"{name}, %{{customdata[0]}}<br>%{{x:{shape}}}, {bounds}<br>{more[1]}"
                "<extra></extra>",
            )
        )
    ticks = {"tickvals": [*range(len(rules))], "ticktext": rules, "showgrid": False}
    figure.update_layout(**layout(), yaxis=AXIS | ticks | {"range": [len(rules) - 0.5, -0.5]})
    return figure


def precision_recall_curves(frame: pd.DataFrame, *, chosen: int | None) -> go.Figure:
    """Precision against recall of pixels, ½ and the chosen threshold marked.

    Args:
        frame: `alcore.statistics.calibration.precision_recall_frame`; chosen: a threshold's index, or None.
    """
    figure = go.Figure()
    marked = [PROBABILITIES[HALF]] + ([] if chosen is None else [PROBABILITIES[chosen]])
    for strategy, rows in grouped(frame, "strategy", str):
        name, color = display_name(strategy), color_of(strategy)
        for part, mode in ((rows, "lines"), (rows[rows["threshold"].isin(marked)], "markers")):
            figure.add_trace(
                go.Scatter(
                    x=part["recall"],
                    y=part["precision"],
                    name=name,
                    legendgroup=name,
                    showlegend=mode == "lines",
                    hoverinfo=None if mode == "lines" else "skip",
                    mode=mode,
                    line=BOLD | {"color": color},
                    marker={"size": 13, "symbol": symbol_of(strategy), "color": color},
                    customdata=part["threshold"],
                    hovertemplate=f"{name}<br>recall %{{x:.1%}}<br>precision %{{y:.1%}}"
                    "<br>threshold %{customdata:.4g}<extra></extra>"
                    if mode == "lines"
                    else None,
                    cliponaxis=False,
                )
            )
    share = {"range": [-0.01, 1.01], "tickformat": ".0%"}
    figure.update_layout(
        **layout(),
        xaxis=AXIS | share | {"title": "recall of defective pixels"},
        yaxis=AXIS | share | {"title": "precision"},
    )
    return figure


def reliability_diagram(frame: pd.DataFrame) -> go.Figure:
    """Observed frequency against predicted probability; on the diagonal a model means what it says.

    Args:
        frame: `alcore.statistics.calibration.reliability_frame`.
    """
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line=ZERO_LINE,
            hoverinfo="skip",
            showlegend=False,
            name="calibrated",
        )
    )
    for strategy, rows in grouped(frame, "strategy", str):
        name, color = display_name(strategy), color_of(strategy)
        figure.add_trace(
            go.Scatter(
                x=rows["probability"],
                y=rows["frequency"],
                name=name,
                mode="lines+markers",
                line=BOLD | {"color": color},
                marker={"size": 9, "symbol": symbol_of(strategy), "color": color},
                customdata=rows["share"],
                hovertemplate=f"{name}<br>predicted %{{x:.1%}}<br>defective %{{y:.1%}}"
                "<br>%{customdata:.3%} of all<extra></extra>",
                cliponaxis=False,
            )
        )
    share = {"range": [-0.01, 1.01], "tickformat": ".0%"}
    figure.update_layout(
        **layout(),
        xaxis=AXIS | share | {"title": "predicted probability"},
        yaxis=AXIS | share | {"title": "share that is defective"},
    )
    return figure
