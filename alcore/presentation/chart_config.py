"""Plotly's config, for every chart that is drawn or saved: pages, saved HTML, reports, the shared page.

plotly.js 4 shows a button *Share chart…* by default, which uploads the chart with its data to a public site.
It is off here, and there is no address that it could send to.
"""

from __future__ import annotations

from typing import Any


def chart_config(**further: object) -> dict[str, Any]:
    """Config of a chart that sends nothing anywhere, without a toolbar by default.

    Args:
        further: options of plotly's, as https://plotly.com/javascript/configuration-options/ lists them.
    """
    default = {"displaylogo": False, "displayModeBar": False}
    return default | further | {"showSendToCloud": False, "plotlyServerURL": ""}
