"""What label shift does: figures over the prevalence, and inspection image by image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import (
    AXIS,
    BOLD,
    NEUTRAL,
    ZERO_LINE,
    add_curve,
    color_of,
    dash_of,
    layout,
    mark_prevalence,
    symbol_of,
    taken,
    trace_name,
)
from alcore.statistics.frames import each_row, grouped
from alcore.wording import percent


def advantage_over_prevalence(
    runs: Sequence[tuple[str, pd.DataFrame]], *, title: str, marks: dict[str, float]
) -> go.Figure:
    """AUBC advantages as functions of π, with bands.

    Args:
        runs: short names with `alcore.statistics.comparison.advantage_over_prevalence` rows.
        title: of the y axis.
        marks: prevalences by name, drawn as vertical lines.
    """
    figure = go.Figure()
    for position, (run, frame) in enumerate(runs):
        for strategy, rows in grouped(frame, "strategy", str):
            name = trace_name(run, strategy, len(runs))
            add_curve(
                figure,
                rows.assign(percent=100 * rows["prevalence"]),
                strategy,
                x="percent",
                y="advantage",
                name=name,
                line={"dash": dash_of(position)},
                customdata=rows[["low", "high"]],
                hovertemplate=f"{name}<br>π = %{{x:.3g}} %<br>%{{y:+.3f}}, 95 % interval "
                "%{customdata[0]:+.3f} to %{customdata[1]:+.3f}<extra></extra>",
            )
    figure.add_hline(y=0, line=ZERO_LINE)
    for label, prevalence in marks.items():
        mark_prevalence(figure, prevalence, f"{label} {percent(prevalence)}")
    ticks = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    logarithmic = {"type": "log", "range": [-1, 2], "tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}
    figure.update_layout(
        **layout(),
        xaxis=AXIS | logarithmic | {"title": "deployment prevalence π (%)"},
        yaxis=AXIS | {"title": title, "tickformat": "+.2f"},
    )
    return figure


def shift_losses(summary: pd.DataFrame, *, title: str, pool: str, use: str) -> go.Figure:
    """The same models' AUBC at π₀ (open) and at π₁ (filled), with the latter's interval.

    Args:
        summary: columns name, strategy, aubc, aubc_low, aubc_high, aubc_pool.
        title: of the x axis; pool, use: legend texts for the two prevalences.
    """
    figure = go.Figure()
    for row in each_row(summary.dropna(subset=["aubc"])):
        color, symbol = color_of(row.strategy), symbol_of(row.strategy)
        figure.add_trace(
            go.Scatter(
                x=[row.aubc_pool, row.aubc],
                y=[row.name, row.name],
                mode="lines+markers",
                line={"color": color, "width": 3},
                marker={
                    "size": 14,
                    "symbol": [f"{symbol}-open", symbol],
                    "color": color,
                    "line": {"width": 3},
                },
                showlegend=False,
                customdata=taken(
                    [[pool, row.aubc_pool_low, row.aubc_pool_high], [use, row.aubc_low, row.aubc_high]]
                ),
                hovertemplate=f"{row.name}<br>%{{customdata[0]}}: %{{x:.3f}}, 95 % interval "
                "%{customdata[1]:.3f} to %{customdata[2]:.3f}<extra></extra>",
            )
        )
    for text, symbol in ((pool, "circle-open"), (use, "circle")):
        marker = {"size": 14, "symbol": symbol, "color": NEUTRAL, "line": {"width": 3}}
        figure.add_trace(go.Scatter(x=[None], y=taken([None]), mode="markers", name=text, marker=marker))
    figure.update_layout(
        **layout(height=140 + 44 * len(summary)),
        xaxis=AXIS | {"title": title, "rangemode": "tozero"},
        yaxis=AXIS | {"autorange": "reversed", "type": "category"},
    )
    return figure


def operating_curves(frame: pd.DataFrame, *, x: str, y: str, x_title: str, y_title: str) -> go.Figure:
    """One rate of image-level inspection against another, along the threshold; the chosen one is marked.

    Args:
        frame: columns name, strategy, run (its position), threshold, is_chosen, and the rates x and y.
    """
    figure = go.Figure()
    for name, rows in grouped(frame, "name", str):
        strategy, position = rows["strategy"].iloc[0], rows["run"].iloc[0]
        color = color_of(strategy)
        shared: dict[str, Any] = {"legendgroup": name, "customdata": rows[["threshold"]]}
        hover = f"{name}<br>{x_title} %{{x:.1%}}<br>{y_title} %{{y:.1%}}<br>threshold %{{customdata[0]:.3g}}"
        figure.add_trace(
            go.Scatter(
                x=rows[x],
                y=rows[y],
                name=name,
                mode="lines",
                line=BOLD | {"color": color, "dash": dash_of(position)},
                hovertemplate=hover + "<extra></extra>",
                **shared,
            )
        )
        chosen = rows[rows["is_chosen"]]
        figure.add_trace(
            go.Scatter(
                x=chosen[x],
                y=chosen[y],
                mode="markers",
                showlegend=False,
                marker={"size": 15, "symbol": symbol_of(strategy), "color": color, "line": {"width": 2}},
                hovertemplate=hover + "<extra></extra>",
                legendgroup=name,
                customdata=taken(chosen[["threshold"]]),
                cliponaxis=False,
            )
        )
    share = {"range": [-0.01, 1.01], "tickformat": ".0%"}
    figure.update_layout(
        **layout(), xaxis=AXIS | share | {"title": x_title}, yaxis=AXIS | share | {"title": y_title}
    )
    return figure
