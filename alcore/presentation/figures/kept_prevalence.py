"""What rules keep of a line: the pool prevalence that each leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, NEUTRAL, layout, mark_prevalence, taken
from alcore.presentation.palette import PREDICTION, WINS
from alcore.wording import percent

_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
_HEIGHT = 300


class RulePrevalence(NamedTuple):
    """A rule's title, the π₀ that it left and that of its formula; NaN where it kept nothing."""

    title: str
    realised: float
    expected: float


def kept_prevalence(rules: Sequence[RulePrevalence], *, chosen: str, line: float) -> go.Figure:
    """Bars of the realised π₀, diamonds of the formula's, and the line's own π₁."""
    shown = [rule for rule in reversed(rules) if not math.isnan(rule.realised)]
    titles = [f"{rule.title}  {percent(rule.realised)} " for rule in shown]
    values = [value for rule in shown for value in (rule.realised, rule.expected) if value > 0]
    lowest = min([*values, line]) / 2
    figure = go.Figure(
        go.Bar(
            y=taken(titles),
            x=[100 * rule.realised for rule in shown],
            orientation="h",
            marker_color=[WINS if rule.title == chosen else PREDICTION for rule in shown],
            name="kept",
            hovertemplate="%{y}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            y=taken(titles),
            x=[100 * rule.expected for rule in shown],
            mode="markers",
            marker={"symbol": "diamond-open", "size": 12, "color": NEUTRAL, "line": {"width": 2}},
            name="by the formula",
            customdata=taken([percent(rule.expected) for rule in shown]),
            hovertemplate="%{y}, by the formula %{customdata}<extra></extra>",
        )
    )
    mark_prevalence(figure, line, f" π₁ of the line {percent(line)}", at_top=True)
    ticks = {"tickvals": _TICKS, "ticktext": [f"{tick:g}" for tick in _TICKS]}
    span = [math.log10(100 * lowest), math.log10(200)]
    figure.update_layout(
        **layout(height=_HEIGHT),
        xaxis=AXIS | ticks | {"type": "log", "range": span, "title": "defects in the pool π₀ (%)"},
        yaxis=AXIS | {"title": "", "range": [-0.6, len(shown) + 0.3]},  # room for the line's name
    )
    return figure
