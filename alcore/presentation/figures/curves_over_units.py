"""Learning curves over a budget counted in units other than labels."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from alcore.presentation.budget_unit_sentences import UNIT_TITLES, per_unit
from alcore.presentation.figures.layout import AXIS, add_curve, layout, scale_to
from alcore.presentation.labels import display_name
from alcore.statistics.frames import grouped


def curves_over_spent(
    rows: pd.DataFrame, bought: dict[str, list[float]], *, unit: str, title: str
) -> go.Figure:
    """A metric over the budget spent, with 95 % bands, up to the budget that all repetitions reach.

    Args:
        rows: `SpentRow`s; bought: by strategy, what each of its cycles had cost on average, marked on its
            curve. unit: of the x axis; title: of the y axis.
    """
    figure = go.Figure()
    in_units = rows.assign(units=rows["spent"] / per_unit(unit))
    for strategy, own in grouped(in_units, "strategy", str):
        name = display_name(strategy)
        is_marked = _nearest(own["units"].to_list(), bought[strategy], unit)
        add_curve(
            figure,
            own,
            strategy,
            x="units",
            y="value",
            name=name,
            marker={"size": [10 if is_one else 0 for is_one in is_marked], "opacity": 1},
            customdata=own[["low", "high"]],
            hovertemplate=f"{name}<br>%{{x:.4g}} {UNIT_TITLES[unit]}<br>%{{y:.3f}}, 95 % interval "
            "%{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
        )
    top = scale_to(max(0.0, rows[["value", "high"]].max().max()))
    figure.update_layout(
        **layout(),
        xaxis=AXIS | {"title": UNIT_TITLES[unit], "rangemode": "tozero"},
        yaxis=AXIS | {"title": title, "range": [-0.02 * top, 1.02 * top]},
    )
    return figure


def _nearest(x: list[float], bought: list[float], unit: str) -> list[bool]:
    """Which points stand for a cycle: the nearest to what each had cost on average, within the curve."""
    costs = [cost / per_unit(unit) for cost in bought]
    step = (x[-1] - x[0]) / max(len(x) - 1, 1)
    inside = [cost for cost in costs if x[0] - step / 2 <= cost <= x[-1] + step / 2]
    chosen = {min(range(len(x)), key=lambda place: abs(x[place] - cost)) for cost in inside}
    return [place in chosen for place in range(len(x))]
