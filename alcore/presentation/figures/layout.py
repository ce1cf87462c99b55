"""What all figures share. Colours come from the palette, text colours from the page's theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from alcore.acquisition import current_name
from alcore.presentation.labels import display_name
from alcore.presentation.palette import readable_on, strategy_colors, strategy_symbols, translucent

CHART_HEIGHT = 400
AXIS = {"title_font": {"size": 17}, "tickfont": {"size": 15}}  # to be read from the back of a room
NEUTRAL = "#8C8C8C"

BOLD = {"width": 3.5}
ZERO_LINE = {"color": NEUTRAL, "width": 2, "dash": "dash"}

_TOPS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def layout(**changes: object) -> dict[str, Any]:
    """Arguments of `update_layout` that every figure begins with."""
    return {
        "height": CHART_HEIGHT,
        "font": {"size": 16},
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 16}},
        "uirevision": "keep",
    } | changes


def taken(values: object) -> Any:  # noqa: ANN401  that is what it is for
    """Values that plotly takes and its stubs leave out: names along an axis, scales, rows of customdata."""
    return values


def scale_to(largest: float) -> float:
    """The end of an axis from 0: the step above the largest value, so that it seldom moves."""
    return next((step for step in _TOPS if largest <= step), 1.0)


def symbol_of(strategy: str) -> str:
    """The marker of a strategy, the same in every figure, for readers who cannot rely on colour."""
    return strategy_symbols().get(current_name(strategy), "circle")


def color_of(strategy: str) -> str:
    """The colour of a strategy; neutral for anything else, such as the full pool."""
    return strategy_colors().get(current_name(strategy), NEUTRAL)


def dash_of(position: int) -> str:
    """The dash of the run at that position among those compared."""
    return _DASHES[position % len(_DASHES)]


def trace_name(run: str, strategy: str, runs: int) -> str:
    """What a strategy's line is called: with its run, where there are several."""
    return display_name(strategy) if runs == 1 else f"{run} · {display_name(strategy)}"


def band(
    x: Sequence[float], low: Sequence[float], high: Sequence[float], color: str, group: str
) -> go.Scatter:
    """A filled band between two lines, without legend or hover; it comes and goes with its legend group."""
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        mode="lines",
        fill="toself",
        fillcolor=translucent(color, 0.16),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=group,
    )


def add_curve(
    figure: go.Figure,
    rows: pd.DataFrame,
    strategy: str,
    *,
    x: str,
    y: str,
    name: str,
    bounds: tuple[str, str] = ("low", "high"),
    line: dict[str, Any] | None = None,
    marker: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401  what plotly takes
) -> None:
    """Draw one strategy's curve over the band of its interval; both come and go with its legend entry.

    Args:
        rows: one per point, with the columns x, y and those of `bounds`, which may be NaN.
        name: in the legend.
        line, marker: what differs from a bold line in the strategy's colour, and from its symbol in that
            colour; without `marker` points are not marked.
        more: arguments of plotly's `Scatter`.
    """
    color, known = color_of(strategy), rows.dropna(subset=list(bounds))
    low, high = (known[bound].to_list() for bound in bounds)
    figure.add_trace(band(known[x].to_list(), low, high, color, name))
    if marker is not None:
        more["marker"] = {"symbol": symbol_of(strategy), "color": color} | marker
    figure.add_trace(
        go.Scatter(
            x=rows[x],
            y=rows[y],
            name=name,
            legendgroup=name,
            mode="lines" if marker is None else "lines+markers",
            line=BOLD | {"color": color} | (line or {}),
            **more,
        )
    )


def mark_prevalence(figure: go.Figure, prevalence: float, text: str, *, at_top: bool = False) -> None:
    """A vertical line with its name, on a logarithmic axis in per cent."""
    figure.add_vline(x=100 * prevalence, line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    figure.add_annotation(
        x=math.log10(100 * prevalence),  # an annotation on a logarithmic axis takes the exponent
        y=1 if at_top else 0,
        yref="paper",
        yanchor="top" if at_top else "bottom",
        xanchor="left",
        showarrow=False,
        text=text,
        font={"size": 15},
    )


def numbers_in_cells(
    texts: Sequence[Sequence[str]],
    columns: Sequence[str],
    rows: Sequence[str],
    grounds: Sequence[Sequence[str]],
    *,
    size: int,
) -> go.Scatter:
    """Text in the cells of a heat map, each readable on its own cell's colour: plotly has one ink for all.

    Args:
        texts, grounds: per row and column, the words and the '#RRGGBB' below them; size: of the type.
    """
    places = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    return go.Scatter(
        x=taken([columns[column] for _, column in places]),
        y=taken([rows[row] for row, _ in places]),
        text=taken([texts[row][column] for row, column in places]),
        mode="text",
        textfont={"size": size, "color": [readable_on(grounds[row][column]) for row, column in places]},
        hoverinfo="skip",
        showlegend=False,
    )
