"""What errors in use cost, against the labels that a model was bought with."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.figures.layout import AXIS, NEUTRAL, add_curve, layout
from alcore.presentation.labels import display_name
from alcore.statistics.frames import grouped


def cost_curves(rows: pd.DataFrame, *, scale: float, without: Mapping[str, float], title: str) -> go.Figure:
    """Each strategy's cost over its labels, with its interval, and what it costs without a model.

    Args:
        rows: `CostRow`s; scale: from a cost per 1,000 parts to what is drawn; without: costs per 1,000 parts
            of doing without a model, by name, of which the lowest is drawn; title: of the y axis.
    """
    figure = go.Figure()
    drawn = rows.assign(**{name: rows[name] * scale for name in ("cost", "cost_low", "cost_high")})
    for strategy, own in grouped(drawn, "strategy", str):
        name = display_name(strategy)
        add_curve(
            figure,
            own,
            strategy,
            x="labelled",
            y="cost",
            name=name,
            bounds=("cost_low", "cost_high"),
            marker={"size": 10},
            customdata=own[["cost_low", "cost_high", "escapes", "false_rejects"]],
            hovertemplate=f"{name}, %{{x}} labels<br>%{{y:,.0f}}, 95 % interval %{{customdata[0]:,.0f}} to "
            "%{customdata[1]:,.0f}<br>per 1,000 parts: %{customdata[2]:.2f} escapes, %{customdata[3]:.1f} "
            "false rejects<extra></extra>",
        )
    cheapest = min(without, key=without.__getitem__)
    level = without[cheapest] * scale
    figure.add_hline(
        y=level,
        line={"color": NEUTRAL, "width": 2, "dash": "dash"},
        annotation={"text": f"without a model: {cheapest}", "font": {"size": 15}},
        annotation_position="top right",
    )
    top = max(level, float(drawn["cost"].max()), min(float(drawn["cost_high"].max()), 2 * level))
    figure.update_layout(
        **layout(),
        xaxis=AXIS | {"title": "labelled images", "rangemode": "tozero"},
        yaxis=AXIS | {"title": title, "tickformat": ",.4~r", "range": [0, 1.08 * top]},
    )
    return figure
