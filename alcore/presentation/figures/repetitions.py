"""Figures over the number of repetitions: what was known after each, and what more of them would see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, NEUTRAL, ZERO_LINE, add_curve, layout
from alcore.presentation.labels import display_name
from alcore.presentation.repetition_sentences import bounds_at_any_moment
from alcore.statistics.frames import each_row


def watched_difference(rows: pd.DataFrame, *, title: str) -> go.Figure:
    """One strategy's mean difference after each repetition: the fixed interval as a band, those that are
    valid at any moment as lines on either side from where they are bounded: dashed the one for normal
    differences, dotted the one without a distribution.

    Args:
        rows: `WatchedRow`s of one strategy; title: of the y axis.
    """
    figure = go.Figure()
    strategy = str(rows["strategy"].iloc[0])
    add_curve(
        figure,
        rows,
        strategy,
        x="repetitions",
        y="difference",
        name=display_name(strategy),
        marker={"size": 9},
        text=[_hover_text(row) for row in each_row(rows)],
        hovertemplate="%{text}<extra></extra>",
    )
    known = rows.dropna(subset=["low", "high"])
    bounded = known[np.isfinite(known["anytime_low"])]
    _add_bounds(figure, bounded, "anytime", name="valid at any moment", dash="dash")
    free = known[(known["free_low"] > -1) | (known["free_high"] < 1)]
    _add_bounds(figure, free, "free", name="… without a distribution", dash="dot")
    figure.add_hline(y=0, line=ZERO_LINE | {"dash": "solid", "width": 1})
    ends = [*known["difference"], *known["low"].iloc[1:], *known["high"].iloc[1:]]
    figure.update_layout(
        **layout(),
        xaxis=AXIS
        | {"title": "repetitions finished", "tickformat": "d", "dtick": _step(rows["repetitions"])},
        yaxis=AXIS | {"title": title, "tickformat": "+.2f", "range": _range([*ends, *_ends(bounded)])},
    )
    return figure


def _add_bounds(figure: go.Figure, rows: pd.DataFrame, kind: str, *, name: str, dash: str) -> None:
    """Both bounds of an interval as lines, where there are any."""
    for column in (f"{kind}_low", f"{kind}_high"):
        figure.add_trace(
            go.Scatter(
                x=rows["repetitions"],
                y=rows[column],
                name=name,
                legendgroup=kind,
                showlegend=column == f"{kind}_low" and len(rows) > 0,
                mode="lines+markers" if len(rows) == 1 else "lines",
                line={"color": NEUTRAL, "width": 2.5, "dash": dash},
                hoverinfo="skip",
            )
        )


def _hover_text(row: object) -> str:
    fixed = f"{row.low:+.3f} to {row.high:+.3f}"  # type: ignore[attr-defined]  # of a frame's row
    always = bounds_at_any_moment(row.anytime_low, row.anytime_high)  # type: ignore[attr-defined]
    free = bounds_at_any_moment(row.free_low, row.free_high)  # type: ignore[attr-defined]
    return (
        f"after {row.repetitions} repetitions: {row.difference:+.3f}<br>"  # type: ignore[attr-defined]
        f"fixed {fixed}<br>valid at any moment {always}<br>without a distribution {free}"
    )


def _ends(bounded: pd.DataFrame) -> list[float]:
    """Bounds from the second one on; the first ones, which are very wide, would flatten the rest."""
    late = bounded.iloc[1:] if len(bounded) > 1 else bounded
    return [*late["anytime_low"], *late["anytime_high"]]


def _range(values: list[float]) -> list[float] | None:
    """Around the values and 0; interval bounds after two repetitions may lie far outside."""
    if not values:
        return None
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.08 * (high - low)
    return [low - room, high + room]


def _step(repetitions: pd.Series) -> int:
    return max(1, int(repetitions.max()) // 10)


def detectable_along(rows: pd.DataFrame, *, wanted: float, pilot: int, title: str) -> go.Figure:
    """The smallest difference that a number of repetitions sees, with the pilot's uncertainty as a band.

    Args:
        rows: `DetectableRow`s of one strategy; wanted: the difference to be seen, a level line.
        pilot: repetitions of the run that is planned from, a vertical line.
    """
    figure = go.Figure()
    strategy = str(rows["strategy"].iloc[0])
    add_curve(
        figure,
        rows,
        strategy,
        x="repetitions",
        y="detectable",
        name=display_name(strategy),
        customdata=rows[["low", "high"]],
        hovertemplate="%{x} repetitions see a difference of %{y:.3f}<br>"
        "if the pilot's spread is at its bounds: %{customdata[0]:.3f} or %{customdata[1]:.3f}"
        "<extra></extra>",
    )
    figure.add_hline(
        y=wanted,
        line={"color": NEUTRAL, "width": 2, "dash": "dash"},
        annotation={"text": f"to be seen: {wanted:.3f}", "font": {"size": 15}},
        annotation_position="top right",
    )
    figure.add_vline(x=pilot, line={"color": NEUTRAL, "width": 2, "dash": "dot"})
    ticks = _ticks(rows["repetitions"].iloc[-1])
    top = max(4 * wanted, 1.2 * float(np.interp(pilot, rows["repetitions"], rows["detectable"])))
    figure.update_layout(
        **layout(),
        xaxis=AXIS | {"title": "repetitions", "type": "log", "tickvals": ticks, "tickformat": "d"},
        yaxis=AXIS | {"title": title, "tickformat": ".2f", "range": [0, top]},
    )
    return figure


def _ticks(most: int) -> list[int]:
    steps = [step * 10**power for power in range(5) for step in (1, 2, 5)]
    return [tick for tick in steps if 2 <= tick <= most]
