"""The Lab's figures: learning curves as they grow, and what each query held."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from alcore.config import RunConfig
from alcore.presentation.figures.layout import AXIS, color_of, layout
from alcore.presentation.labels import display_name
from alcore.statistics.chance import chance_band

_PALE = 0.3


def query_shares(
    selections: pd.DataFrame, config: RunConfig, *, earlier: pd.DataFrame | None = None
) -> go.Figure:
    """Share of defective patches in each query, against π₀ and the band that random drawing would give.

    Args:
        selections: columns strategy, repetition, cycle, defective; shares are means over repetitions.
        config: the run's.
        earlier: of another run, whose bars are drawn pale where those of this one have not come yet.
    """
    figure = go.Figure()
    pool_defective = round(config.pool_size * config.pool_prevalence)
    finished = max(int(selections["repetition"].nunique()), 1)  # not those still to come
    _add_chance(figure, config, pool_defective, finished)
    figure.add_hline(y=config.pool_prevalence, line={"color": "#8C8C8C", "dash": "dash", "width": 2})
    for strategy in config.strategies:
        own, before = _shares_of(selections, strategy), _shares_of(earlier, strategy)
        rest = before[[cycle for cycle in before.index if cycle not in own.index and cycle <= config.cycles]]
        figure.add_trace(
            go.Bar(
                x=[*own.index, *rest.index],
                y=[*own, *rest],
                name=display_name(strategy),
                marker={"color": color_of(strategy), "opacity": [1] * own.size + [_PALE] * rest.size},
                showlegend=False,
                hovertemplate=f"{strategy}, query %{{x}}<br>%{{y:.0%}} defective<extra></extra>",
            )
        )
    figure.update_layout(
        **layout(),
        barmode="group",
        bargap=0.25,
        xaxis=AXIS
        | {"title": "query", "range": [0.4, config.cycles + 0.6], "dtick": max(1, config.cycles // 8)},
        yaxis=AXIS | {"title": "defective", "range": [0, 1.02], "tickformat": ".0%"},
    )
    return figure


def _shares_of(selections: pd.DataFrame | None, strategy: str) -> pd.Series:
    """The share of each of a strategy's queries, by cycle."""
    if selections is None or selections.empty:
        return pd.Series(dtype=float)
    return selections[selections["strategy"] == strategy].groupby("cycle")["defective"].mean()


def _add_chance(figure: go.Figure, config: RunConfig, pool_defective: int, repetitions: int) -> None:
    """The band of chance; where the first query has a size of its own, it has a band of its own."""
    look: dict[str, Any] = {"fillcolor": "rgba(140, 140, 140, 0.25)", "line_width": 0, "layer": "below"}

    def band(size: int) -> dict[str, Any]:
        low, high = chance_band(config.pool_size, pool_defective, size, repetitions=repetitions)
        return {"y0": low / (size * repetitions), "y1": high / (size * repetitions)}

    if config.first_count == config.query_count:
        figure.add_hrect(**band(config.query_count), **look)
        return
    for size, left, right in ((config.first_count, 0.4, 1.5), (config.query_count, 1.5, config.cycles + 0.6)):
        figure.add_shape(type="rect", x0=left, x1=right, **band(size), **look)
