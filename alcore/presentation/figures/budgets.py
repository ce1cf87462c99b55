"""The Compare page's figures. Colour says which strategy, dash which run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import (
    AXIS,
    NEUTRAL,
    ZERO_LINE,
    add_curve,
    color_of,
    dash_of,
    layout,
    numbers_in_cells,
    scale_to,
    symbol_of,
    taken,
    trace_name,
)
from alcore.presentation.palette import PALE, WINS, mixed
from alcore.statistics.estimands import Estimate
from alcore.statistics.frames import BudgetRow, each_row, grouped, rows_of


@dataclass(frozen=True)
class RunCurves:
    """One run's part of a figure: its short name, `comparison.by_budget` rows, and its ceiling."""

    name: str
    rows: pd.DataFrame
    ceiling: Estimate | None = None


def budget_curves(
    runs: Sequence[RunCurves], *, align: str, title: str, is_whole_scale: bool = False
) -> go.Figure:
    """A metric against the budget, with 95 % bands, and full-pool ceilings as level lines.

    Args:
        runs: at least one.
        align: labelled (images) or share (of the pool), the x axis.
        title: of the y axis.
        is_whole_scale: an axis from 0 to 1, instead of to a step above the highest value.
    """
    figure = go.Figure()
    largest = max(run.rows[["value", "high"]].max().max() for run in runs)
    ceilings = [run.ceiling.value for run in runs if run.ceiling is not None]
    top = 1.0 if is_whole_scale else scale_to(max(largest, *ceilings, 0.0))
    for position, run in enumerate(runs):
        dash = dash_of(position)
        for strategy, rows in grouped(run.rows, "strategy", str):
            name = trace_name(run.name, strategy, len(runs))
            add_curve(
                figure,
                rows,
                strategy,
                x=align,
                y="value",
                name=name,
                line={"dash": dash},
                marker={"size": 10},
                customdata=rows[["low", "high", "labelled"]],
                hovertemplate=f"{name}<br>%{{customdata[2]}} labelled images<br>%{{y:.3f}}"
                ", 95 % interval %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
                cliponaxis=False,
            )
        if run.ceiling is not None:
            text = f"{run.name + ': ' if len(runs) > 1 else ''}full pool {run.ceiling.value:.3f}"
            _add_ceiling(figure, run.ceiling, dash, text)
    figure.update_layout(
        **layout(),
        xaxis=_budget_axis(align),
        yaxis=AXIS | {"title": title, "range": [-0.02 * top, 1.02 * top]},
    )
    return figure


def _add_ceiling(figure: go.Figure, ceiling: Estimate, dash: str, text: str) -> None:
    figure.add_hrect(
        y0=ceiling.low, y1=ceiling.high, fillcolor="rgba(140, 140, 140, 0.18)", line_width=0, layer="below"
    )
    figure.add_hline(
        y=ceiling.value,
        line={"color": NEUTRAL, "width": 2, "dash": "dot" if dash == "solid" else dash},
        annotation={
            "text": text,
            "font": {"size": 15},
        },
        annotation_position="top left",
    )


def _budget_axis(align: str) -> dict[str, Any]:
    titles = {"labelled": ("labelled images", "d"), "share": ("labelled share of the pool", ".0%")}
    title, form = titles[align]
    return AXIS | {"title": title, "rangemode": "tozero", "tickformat": form}


def advantage_forest(summary: pd.DataFrame, *, title: str) -> go.Figure:
    """AUBC advantages over the baseline with their intervals, one row per run and strategy.

    Args:
        summary: columns name (of run and strategy), strategy, advantage, advantage_low, advantage_high.
        title: of the x axis.
    """
    rows = summary.dropna(subset=["advantage"])
    figure = go.Figure()
    for row in each_row(rows):
        figure.add_trace(
            go.Scatter(
                x=[row.advantage],
                y=[row.name],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [row.advantage_high - row.advantage],
                    "arrayminus": [row.advantage - row.advantage_low],
                    "thickness": 3,
                    "width": 8,
                },
                mode="markers",
                marker={"size": 14, "symbol": symbol_of(row.strategy), "color": color_of(row.strategy)},
                showlegend=False,
                hovertemplate=f"{row.name}<br>%{{x:+.3f}}, 95 % interval {row.advantage_low:+.3f} to "
                f"{row.advantage_high:+.3f}<extra></extra>",
            )
        )
    figure.add_vline(x=0, line=ZERO_LINE)
    figure.update_layout(
        **layout(height=110 + 44 * max(len(rows), 1)),
        xaxis=AXIS | {"title": title, "tickformat": "+.2f"},
        yaxis=AXIS | {"autorange": "reversed", "type": "category"},
    )
    return figure


def budget_differences(runs: Sequence[RunCurves], *, align: str, title: str) -> go.Figure:
    """Differences to the baseline at each budget; filled markers are significant after Holm's correction."""
    figure = go.Figure()
    for position, run in enumerate(runs):
        for strategy, rows in grouped(run.rows.dropna(subset=["difference"]), "strategy", str):
            name = trace_name(run.name, strategy, len(runs))
            symbols = [
                symbol_of(strategy) + ("" if is_clear else "-open") for is_clear in rows["significant"]
            ]
            add_curve(
                figure,
                rows,
                strategy,
                x=align,
                y="difference",
                name=name,
                bounds=("difference_low", "difference_high"),
                line={"width": 2, "dash": dash_of(position)},
                marker={"size": 12, "symbol": symbols, "line": {"width": 2}},
                text=[_difference_text(name, row) for row in rows_of(rows, BudgetRow)],
                hovertemplate="%{text}<extra></extra>",
            )
    figure.add_hline(y=0, line=ZERO_LINE)
    figure.update_layout(
        **layout(),
        xaxis=_budget_axis(align),
        yaxis=AXIS | {"title": title, "tickformat": "+.2f"},
    )
    return figure


def _difference_text(name: str, row: BudgetRow) -> str:
    bounds, test = "no interval", "not tested"
    if not np.isnan(row.difference_low):
        bounds = f"95 % interval {row.difference_low:+.3f} to {row.difference_high:+.3f}"
    if not np.isnan(row.p_adjusted):
        test = f"p = {row.p_adjusted:.3f} after Holm's correction"
    return f"{name}<br>{row.labelled} labelled images<br>{row.difference:+.3f}, {bounds}<br>{test}"


def defects_found(runs: Sequence[tuple[str, pd.DataFrame]]) -> go.Figure:
    """The share of the pool's defects that is labelled, with what was possible, and what chance finds.

    Args:
        runs: short names with `alcore.statistics.comparison.defects_found` rows.
    """
    figure = go.Figure()
    for position, (run, frame) in enumerate(runs):
        for strategy, rows in grouped(frame, "strategy", str):
            name = trace_name(run, strategy, len(runs))
            add_curve(
                figure,
                rows,
                strategy,
                x="labelled",
                y="found",
                name=name,
                line={"dash": dash_of(position)},
                marker={"size": 10},
                customdata=rows[["most"]],
                hovertemplate=f"{name}<br>%{{x}} labelled images<br>%{{y:.1%}} of all defects, "
                "%{customdata[0]:.1%} possible<extra></extra>",
            )
        first = frame[frame["strategy"] == frame["strategy"].iloc[0]]
        for column, text, style in (("most", "possible", "dash"), ("by_chance", "by chance", "dot")):
            figure.add_trace(
                go.Scatter(
                    x=first["labelled"],
                    y=first[column],
                    name=text if len(runs) == 1 else f"{run} · {text}",
                    mode="lines",
                    line={"color": NEUTRAL, "width": 2, "dash": style},
                    hoverinfo="skip",
                )
            )
    figure.update_layout(
        **layout(),
        xaxis=_budget_axis("labelled"),
        yaxis=AXIS | {"title": "defects found", "tickformat": ".0%", "range": [-0.02, 1.04]},
    )
    return figure


def penalty_heatmap(matrix: np.ndarray, names: Sequence[str], *, runs: int) -> go.Figure:
    """Who beats whom: (S, S) of `alcore.statistics.multiplicity.penalty_matrix`, added up over the runs."""
    text = [
        [f"{value:.2f}" if row != column else "" for column, value in enumerate(values)]
        for row, values in enumerate(matrix)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=matrix,
            x=taken(list(names)),
            y=taken(list(names)),
            colorscale=[(0.0, PALE), (1.0, WINS)],
            zmin=0,
            zmax=runs,
            colorbar={"title": {"text": "budgets<br>won"}},
            hovertemplate="%{y} beats %{x} at %{z:.2f} of the budgets<extra></extra>",
        )
    )
    grounds = [[mixed(PALE, WINS, float(value) / runs) for value in values] for values in matrix]
    figure.add_trace(numbers_in_cells(text, names, names, grounds, size=16))
    figure.update_layout(
        **layout(height=160 + 48 * len(names)),
        xaxis=AXIS | {"title": "is beaten", "side": "top"},
        yaxis=AXIS | {"title": "beats", "autorange": "reversed"},
    )
    return figure
