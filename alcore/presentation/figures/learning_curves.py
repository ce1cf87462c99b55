"""The Lab's figures: learning curves as they grow, and what each query held."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from alcore.config import RunConfig
from alcore.presentation.figures.layout import AXIS, color_of, layout
from alcore.presentation.labels import display_name
from alcore.statistics.chance import chance_band


def query_shares(selections: pd.DataFrame, config: RunConfig) -> go.Figure:
    """Share of defective patches in each query, against π₀ and the band that random drawing would give.

    Args:
        selections: columns strategy, repetition, cycle, defective; shares are means over repetitions.
        config: the run's.
    """
    figure = go.Figure()
    pool_defective = round(config.pool_size * config.pool_prevalence)
    finished = max(int(selections["repetition"].nunique()), 1)  # not those still to come
    _add_chance(figure, config, pool_defective, finished)
    figure.add_hline(y=config.pool_prevalence, line={"color": "#8C8C8C", "dash": "dash", "width": 2})
    shares = selections.groupby(["strategy", "cycle"])["defective"].mean()
    for strategy in config.strategies:
        own = shares[strategy] if strategy in shares.index.get_level_values("strategy") else shares.iloc[:0]
        figure.add_trace(
            go.Bar(
                x=list(own.index),
                y=own.to_list(),
                name=display_name(strategy),
                marker_color=color_of(strategy),
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


def _add_chance(figure: go.Figure, config: RunConfig, pool_defective: int, repetitions: int) -> None:
    """The band of chance; where the first query has a size of its own, it has a band of its own."""
    look = {"fillcolor": "rgba(140, 140, 140, 0.25)", "line_width": 0, "layer": "below"}

    def band(size: int) -> dict[str, float]:
        low, high = chance_band(config.pool_size, pool_defective, size, repetitions=repetitions)
        return {"y0": low / (size * repetitions), "y1": high / (size * repetitions)}

    if config.first_count == config.query_count:
        figure.add_hrect(**band(config.query_count), **look)
        return
    for size, left, right in ((config.first_count, 0.4, 1.5), (config.query_count, 1.5, config.cycles + 0.6)):
        figure.add_shape(type="rect", x0=left, x1=right, **band(size), **look)
