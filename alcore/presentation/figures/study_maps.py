"""The study's figures: maps over π₀ and π₁, and lines over π₀."""

from __future__ import annotations

from collections.abc import Sequence

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
    mark_prevalence,
    numbers_in_cells,
    symbol_of,
    taken,
)
from alcore.presentation.labels import display_name
from alcore.presentation.palette import LOSES, PALE, WINS, mixed, readable_on
from alcore.statistics.frames import GridRow, rows_of
from alcore.statistics.multiplicity import ENOUGH_TO_SIGN
from alcore.wording import percent

FEW = "†"
"""The mark of a difference that is clear by a t test of fewer repetitions than an exact test needs."""
_CELL = 46
"""Height of a row in pixels, where a figure has no colours below it."""
_ROW, _AROUND, _BELOW = 38, 246, 62
"""Of a map of advantages, in pixels: a row's height, what is around the rows, and how far below them the
colours are.
"""


def advantage_map(
    frame: pd.DataFrame, strategy: str, *, title: str, limit: float, marks_alone: bool = False
) -> go.Figure:
    """One strategy's advantage over π₀ (columns) and π₁ (rows).

    Bold numbers are clear of zero; with `FEW` they are by a t test alone, of so few repetitions that no exact
    test could say so.

    Args:
        frame: `alcore.study.analysis.advantage_grid` rows.
        title: of the colours.
        limit: advantage at which the colours end, so that maps of several strategies can be compared.
        marks_alone: whether a cell is judged by its own interval, instead of after the correction for all.
    Returns:
        A figure whose cells carry (π₀, π₁) as customdata.
    """
    rows = frame[frame["strategy"] == strategy]
    value = rows.pivot(index="prevalence", columns="pool_prevalence", values="advantage")
    pools = [percent(float(pool)) for pool in value.columns]
    deployments = [percent(prevalence) for prevalence in value.index]
    figure = go.Figure(
        go.Heatmap(
            z=value.to_numpy(),
            x=taken(pools),
            y=taken(deployments),
            zmin=-limit,
            zmax=limit,
            colorscale=[(0, LOSES), (0.5, PALE), (1, WINS)],
            colorbar={  # below, so that the cells have the whole width for their numbers
                "orientation": "h",
                "y": -_BELOW / (_ROW * len(deployments)),
                "yanchor": "top",
                "title": {"text": title, "side": "bottom"},
                "tickformat": "+.2f",
                "thickness": 12,
            },
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    _add_diagonal(figure, rows, pools, deployments)
    figure.add_trace(_cells(rows, limit, "is_clear_alone" if marks_alone else "is_clear"))
    figure.update_layout(
        **layout(height=_AROUND + _ROW * len(deployments)),
        title={"text": display_name(strategy), "x": 0.02, "y": 0.98, "font": {"size": 20}},
        xaxis=AXIS | {"title": "defects in the pool π₀", "type": "category", "showgrid": False},
        yaxis=AXIS | {"title": "deployment prevalence π₁", "type": "category", "showgrid": False},
        clickmode="event+select",
    )
    return figure


def _cells(rows: pd.DataFrame, limit: float, mark: str) -> go.Scatter:
    """Numbers and invisible markers, since a heat map's own cells cannot be clicked."""
    texts, colors = [], []
    for row, is_clear in zip(rows_of(rows, GridRow), rows[mark], strict=True):
        unknown = np.isnan(row.advantage)
        texts.append("–" if unknown else _cell_text(row, is_clear))
        end, far = (WINS if row.advantage > 0 else LOSES), abs(row.advantage) / limit if limit else 0.0
        colors.append(NEUTRAL if unknown else readable_on(mixed(PALE, end, min(far, 1.0))))
    hover = [_cell_words(row) for row in rows_of(rows, GridRow)]
    return go.Scatter(
        x=[percent(pool) for pool in rows["pool_prevalence"]],
        y=taken([percent(use) for use in rows["prevalence"]]),
        mode="markers+text",
        marker={"size": _CELL - 6, "symbol": "square", "opacity": 0.01, "color": NEUTRAL},
        text=texts,
        textfont={"size": 14, "color": colors},
        customdata=taken(rows[["pool_prevalence", "prevalence"]].to_numpy().tolist()),
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        unselected={"marker": {"opacity": 0.01}},
        showlegend=False,
    )


def _cell_text(row: GridRow, is_clear: bool) -> str:
    if row.is_collapsed:
        return "collapse"
    number = f"{row.advantage:+.3f}"
    if not is_clear:
        return f"<i>{number}</i>{'' if np.isnan(row.low) else '<br>○'}"
    return f"<b>{number}</b>" if row.repetitions >= ENOUGH_TO_SIGN else f"{number} {FEW}"


def _cell_words(row: GridRow) -> str:
    where = f"π₀ {percent(row.pool_prevalence)}, π₁ {percent(row.prevalence)}<br>"
    if np.isnan(row.advantage):
        return where + "undefined, or not measured"
    if np.isnan(row.low):
        return where + f"{row.advantage:+.3f}, no interval"
    if row.is_collapsed:
        return where + "collapse: neither of the two finds anything"
    verdict = "clear of zero" if row.is_clear else "not clear of zero"
    if row.is_clear and row.repetitions < ENOUGH_TO_SIGN:
        verdict = f"{verdict} by a t test of {row.repetitions} numbers"
    return (
        f"{where}{row.advantage:+.3f}, 95 % interval {row.low:+.3f} to {row.high:+.3f}"
        f"<br>{verdict} among all cells (adjusted p = {row.p_adjusted:.3f})"
    )


def _add_diagonal(figure: go.Figure, rows: pd.DataFrame, pools: list[str], deployments: list[str]) -> None:
    """A frame about the cells without shift, π₁ = π₀."""
    for pool in rows["pool_prevalence"].unique():
        name = percent(pool)
        if name in deployments:
            x, y = pools.index(name), deployments.index(name)
            figure.add_shape(
                type="rect",
                x0=x - 0.5,
                x1=x + 0.5,
                y0=y - 0.5,
                y1=y + 0.5,
                line={"color": NEUTRAL, "width": 3},
            )


def over_pool(frame: pd.DataFrame, column: str, *, title: str, zero: float | None = 0.0) -> go.Figure:
    """A number with its interval over π₀, one line per strategy.

    Args:
        frame: columns pool_prevalence, strategy, `column`, and its bounds low and high (NaN: none).
        title: of the y axis.
        zero: where to draw a level line; None for none.
    """
    figure = go.Figure()
    names = list(frame["strategy"].unique())
    for place, strategy in enumerate(names):
        rows = frame[frame["strategy"] == strategy].dropna(subset=[column]).sort_values("pool_prevalence")
        aside = 1 + 0.03 * (place - (len(names) - 1) / 2)  # so that intervals do not hide one another
        figure.add_trace(_line_over_pool(rows, column, strategy, aside))
    if zero is not None:
        figure.add_hline(y=zero, line=ZERO_LINE)
    ticks = [100 * pool for pool in sorted(frame["pool_prevalence"].unique())]
    figure.update_layout(
        **layout(),
        xaxis=AXIS
        | {
            "title": "defects in the pool π₀ (%)",
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis=AXIS | {"title": title},
    )
    return figure


def counterfactual(frame: pd.DataFrame, prevalence: float, *, title: str) -> go.Figure:
    """What models from pools at each π₀ are worth at π₁; the pool that looks like deployment is marked.

    Args:
        frame: `alcore.study.analysis.counterfactual` rows; prevalence: π₁; title: of the y axis.
    """
    figure = over_pool(frame, "aubc", title=title, zero=None)
    mark_prevalence(figure, prevalence, " π₀ = π₁", at_top=True)
    return figure


def labels_to_target(frame: pd.DataFrame, prevalence: float, *, title: str) -> go.Figure:
    """Labels that models from each pool need to reach the target at π₁; at the whole budget: not within it.

    Args:
        frame: `alcore.study.analysis.counterfactual` rows; prevalence: π₁; title: of the y axis.
    """
    rows = frame.drop(columns=["low", "high"]).rename(columns={"labels_low": "low", "labels_high": "high"})
    figure = over_pool(rows, "labels", title=title, zero=None)
    mark_prevalence(figure, prevalence, " π₀ = π₁", at_top=True)
    return figure


def _line_over_pool(rows: pd.DataFrame, column: str, strategy: str, aside: float) -> go.Scatter:
    """One strategy's line with its intervals, moved aside by a factor."""
    percents = 100 * rows["pool_prevalence"]
    return go.Scatter(
        x=percents * aside,
        y=rows[column],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (rows["high"] - rows[column]).to_list(),
            "arrayminus": (rows[column] - rows["low"]).to_list(),
            "thickness": 2.5,
            "width": 6,
        },
        name=display_name(strategy),
        mode="lines+markers",
        line=BOLD | {"color": color_of(strategy)},
        marker={"size": 12, "symbol": symbol_of(strategy), "color": color_of(strategy)},
        customdata=taken(rows[["pool_prevalence", "low", "high"]].assign(pool_prevalence=percents)),
        hovertemplate=f"{display_name(strategy)}<br>π₀ = %{{customdata[0]:.3g}} %<br>%{{y:.3f}}, "
        "95 % interval %{customdata[1]:.3f} to %{customdata[2]:.3f}<extra></extra>",
    )


def rank_map(ranks: pd.DataFrame) -> go.Figure:
    """Places of the strategies at every π₀ and on average, 1 the best; `alcore.study.analysis.ranks`."""
    columns = ["mean" if column == "mean" else percent(float(column)) for column in ranks.columns]
    names, last = [display_name(name) for name in ranks.index], max(len(ranks), 2)
    figure = go.Figure(
        go.Heatmap(
            z=ranks.to_numpy(),
            x=taken(columns),
            y=taken(names),
            colorscale=[(0.0, WINS), (1.0, PALE)],
            zmin=1,
            zmax=last,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y} at π₀ %{x}: place %{z:.3g}<extra></extra>",
        )
    )
    grounds = [[mixed(WINS, PALE, (place - 1) / (last - 1)) for place in row] for row in ranks.to_numpy()]
    texts = [[f"{place:.3g}" for place in row] for row in ranks.to_numpy()]
    figure.add_trace(numbers_in_cells(texts, columns, names, grounds, size=17))
    figure.update_layout(
        **layout(height=130 + _CELL * len(ranks)),
        xaxis=AXIS | {"title": "defects in the pool π₀", "type": "category", "showgrid": False},
        yaxis=AXIS | {"autorange": "reversed", "type": "category", "showgrid": False},
    )
    return figure


def progress_map(done: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, axis: str) -> go.Figure:
    """How far the study has come: (rows, columns) shares of finished work, NaN where there is no cell."""
    figure = go.Figure(
        go.Heatmap(
            z=done,
            x=taken(list(columns)),
            y=taken(list(rows)),
            zmin=0,
            zmax=1,
            colorscale=[(0.0, PALE), (1.0, WINS)],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}<br>%{x}: %{z:.0%} done<extra></extra>",
        )
    )
    texts = [["" if np.isnan(share) else f"{share:.0%}" for share in row] for row in done]
    grounds = [[mixed(PALE, WINS, float(np.nan_to_num(share))) for share in row] for row in done]
    figure.add_trace(numbers_in_cells(texts, list(columns), list(rows), grounds, size=15))
    figure.update_layout(
        **layout(height=110 + max(_CELL * len(rows), 60)),
        xaxis=AXIS | {"title": axis, "type": "category", "showgrid": False},
        yaxis=AXIS | {"autorange": "reversed", "type": "category", "showgrid": False},
    )
    return figure
