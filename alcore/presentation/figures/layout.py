"""What all figures share. Colours come from the palette, text colours from the page's theme."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from alcore.acquisition import current_name, strategy_names
from alcore.presentation.labels import display_name
from alcore.presentation.palette import strategy_colors, translucent

CHART_HEIGHT = 400
AXIS = {"title_font": {"size": 17}, "tickfont": {"size": 15}}  # to be read from the back of a room
NEUTRAL = "#8C8C8C"

BOLD = {"width": 3.5}
ZERO_LINE = {"color": NEUTRAL, "width": 2, "dash": "dash"}

_TOPS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down", "star", "cross", "hexagon", "pentagon"),
    *("bowtie", "x", "hourglass"),
)


def layout(**changes: object) -> dict[str, object]:
    """Arguments of `update_layout` that every figure begins with."""
    return {
        "height": CHART_HEIGHT,
        "font": {"size": 16},
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 16}},
        "uirevision": "keep",
    } | changes


def scale_to(largest: float) -> float:
    """The end of an axis from 0: the step above the largest value, so that it seldom moves."""
    return next((step for step in _TOPS if largest <= step), 1.0)


def symbol_of(strategy: str) -> str:
    """The marker of a strategy, the same in every figure, for readers who cannot rely on colour."""
    names = strategy_names()
    strategy = current_name(strategy)
    return _SYMBOLS[names.index(strategy) % len(_SYMBOLS)] if strategy in names else "circle"


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
