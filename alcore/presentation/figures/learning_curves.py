"""The Lab's figures: learning curves as they grow, and what each query held."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from alcore.config import RunConfig
from alcore.presentation.figures.layout import AXIS, band, color_of, layout, scale_to, symbol_of
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.palette import translucent
from alcore.statistics.chance import chance_band


def learning_curves(
    points: pd.DataFrame,
    means: pd.DataFrame,
    config: RunConfig,
    *,
    metric: str,
    repetitions: int,
    shows_each: bool = False,
    is_whole_scale: bool = False,
) -> go.Figure:
    """A metric against labelled images, one colour per strategy, with the band of its 95 % interval.

    Args:
        points: one row per record: strategy, repetition, cycle, labelled, value; NaN is a gap.
        means: one row per strategy and cycle: strategy, cycle, labelled, value, low, high.
        config: the run's, for the axes: they stand still while points arrive.
        metric: one of `alcore.metrics.ALL_METRICS`.
        repetitions: how many stand behind the means. With one, the bold line is that repetition itself, as
            far as it has come; those beyond are drawn faint.
        shows_each: draw the repetitions behind the means too.
        is_whole_scale: an axis from 0 to 1, instead of to a step above the highest value.
    Returns:
        A figure whose points carry (strategy, repetition or 0 for the mean, cycle) as customdata.
    """
    figure = go.Figure()
    top = 1.0 if is_whole_scale else scale_to(pd.concat([points["value"], means["high"]]).max())
    for strategy in config.strategies:
        mean, own = means[means["strategy"] == strategy], points[points["strategy"] == strategy]
        is_one = repetitions <= 1
        figure.add_trace(_band(mean, strategy))
        for repetition, line in own.groupby("repetition"):
            if (shows_each or repetition > repetitions) and not (is_one and repetition == 1):
                figure.add_trace(_curve(line, strategy, metric, int(repetition), is_faint=True))
        bold = own[own["repetition"] == 1] if is_one else mean
        figure.add_trace(_curve(bold, strategy, metric, 1 if is_one else 0))
    figure.update_layout(
        **layout(),
        xaxis=AXIS | {"title": "labelled images", "range": [0, config.budget * 1.04], "rangemode": "tozero"},
        yaxis=AXIS
        | {"title": f"{METRIC_TITLES[metric]} of the defect class", "range": [-0.02 * top, 1.02 * top]},
        hovermode="closest",
        clickmode="event+select",
    )
    return figure


def _band(mean: pd.DataFrame, strategy: str) -> go.Scatter:
    known = mean.dropna(subset=["low", "high"])
    labelled, low, high = (known[name].to_list() for name in ("labelled", "low", "high"))
    return band(labelled, low, high, color_of(strategy), strategy)


def _curve(
    rows: pd.DataFrame, strategy: str, metric: str, repetition: int, *, is_faint: bool = False
) -> go.Scatter:
    color = color_of(strategy)
    who = f"{strategy}, repetition {repetition}" if repetition else f"{strategy}, mean"
    bounds = zip(rows["low"], rows["high"]) if "low" in rows else [("", "")] * len(rows)
    texts = [
        f"{who}<br>cycle {cycle}" + (f"<br>95 % interval {low:.3f} to {high:.3f}" if low != "" else "")
        for cycle, (low, high) in zip(rows["cycle"], bounds)
    ]
    return go.Scatter(
        x=rows["labelled"],
        y=rows["value"],
        name=display_name(strategy),
        legendgroup=strategy,
        showlegend=not is_faint,
        mode="lines" if is_faint else "lines+markers",
        line={"color": translucent(color, 0.35) if is_faint else color, "width": 1.2 if is_faint else 3.5},
        marker={"size": 10, "symbol": symbol_of(strategy), "color": color},
        text=texts,
        customdata=[[strategy, repetition, int(cycle)] for cycle in rows["cycle"]],
        hovertemplate="%{text}<br>%{x} labelled images<br>"
        + f"{METRIC_TITLES[metric]} "
        + "%{y:.3f}<extra></extra>",
        unselected={"marker": {"opacity": 1}},
        cliponaxis=False,
    )


def query_shares(selections: pd.DataFrame, config: RunConfig) -> go.Figure:
    """Share of defective patches in each query, against π₀ and the band that random drawing would give.

    Args:
        selections: columns strategy, repetition, cycle, defective; shares are means over repetitions.
        config: the run's.
    """
    figure = go.Figure()
    pool_defective = round(config.pool_size * config.pool_prevalence)
    drawn = config.query_count * config.repetitions
    low, high = chance_band(
        config.pool_size, pool_defective, config.query_count, repetitions=config.repetitions
    )
    band = [low / drawn, high / drawn]
    figure.add_hrect(
        y0=band[0], y1=band[1], fillcolor="rgba(140, 140, 140, 0.25)", line_width=0, layer="below"
    )
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
        yaxis=AXIS | {"title": "defective in the query", "range": [0, 1.02], "tickformat": ".0%"},
    )
    return figure
