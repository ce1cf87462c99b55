"""Downloads of pages: figures and tables, and buttons that save anything."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from alcore.access.roles import Action, check
from alcore.presentation.chart_config import chart_config
from alcore.presentation.figures.in_words import in_words
from alcore.presentation.figures.layout import CHART_HEIGHT
from alcore.presentation.live_chart.curves import LiveCurves
from alcore.storage.files import csv_text
from alcore.ui.live import Listener, show_curves
from alcore.ui.stage import show_chart
from alcore.ui.visitor import credentials, recognised

_FORMATS = {"png": "PNG", "svg": "SVG"}


def show_figure(figure: go.Figure, name: str) -> None:
    """A chart with what saves it: the camera in its toolbar (PNG or SVG), and a button for HTML.

    One of the usual height is as high as the window leaves it; one whose height comes from its rows keeps it.

    Args:
        figure: with a height; it is made a little higher.
        name: of the files, without ending; also the chart's key.
    """
    fits_window = figure.layout.height == CHART_HEIGHT
    # The legend goes below, out of the toolbar's way.
    height = figure.layout.height or CHART_HEIGHT
    figure.update_layout(
        height=height + 60,
        margin_t=40,
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )
    to_save = go.Figure(figure)
    config = _toolbar(name, (height + 60) * 1.2)
    with st.container(key=f"tall-{name}" if fits_window else f"own-{name}"):
        show_chart(figure, f"figure-{name}", alt=in_words(figure), config=config, fits_window=fits_window)
    _offer_html(lambda: to_save, name, config)


def show_curves_to_save(
    curves: LiveCurves,
    name: str,
    *,
    settings: str,
    as_figure: Callable[[], go.Figure],
    **listeners: Listener,
) -> None:
    """Live learning curves with what saves them, as `show_figure` has it.

    Args:
        name: of the files, without ending; also the chart's key.
        settings: that the runs were made with, for slides.
        as_figure: makes the figure that the HTML button saves.
        listeners: on_point, on_prevalence and on_metric, as `show_curves` takes them.
    """
    config = _toolbar(name, 1.2 * CHART_HEIGHT)
    with st.container(key=f"tall-{name}"):
        show_curves(curves, f"figure-{name}", config=config | {"slide": settings}, **listeners)
    _offer_html(as_figure, name, config)


def _toolbar(name: str, height: float) -> dict[str, Any]:
    """Plotly's config: a toolbar whose camera saves pictures of that height under that name."""
    picture = {"format": st.session_state.get("figure_format") or "png", "filename": name, "scale": 2}
    return chart_config(
        displayModeBar=True,
        toImageButtonOptions=picture | {"width": 1200, "height": height},
        modeBarButtonsToRemove=["select2d", "lasso2d", "autoScale2d"],
    )


def _offer_html(make: Callable[[], go.Figure], name: str, config: dict[str, Any]) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        save_button(
            "HTML",
            lambda: make().to_html(include_plotlyjs=True, config=config),
            f"{name}.html",
            "text/html",
            key=f"html-{name}",
            type="tertiary",
            help="The figure as a separate page that opens without this dashboard. For PNG or SVG use "
            "the camera at the chart's top right.",
        )


def choose_figure_format() -> None:
    """What the cameras of all charts save."""
    st.segmented_control(
        "Image format",
        list(_FORMATS),
        default="png",
        required=True,
        format_func=_FORMATS.get,
        key="figure_format",
        help="The format that the camera at the top right of each chart saves.",
    )


def show_table(frame: pd.DataFrame, name: str) -> None:
    """A table to sort, with buttons that save it as CSV and Parquet under that name."""
    numbers = frame.select_dtypes("float").columns
    config = {column: st.column_config.NumberColumn(format="%.4g") for column in numbers}
    st.dataframe(frame, column_config=config, hide_index=True, key=f"table-{name}")
    with st.container(horizontal=True):
        save_button(
            "CSV",
            lambda: csv_text(frame),
            f"{name}.csv",
            "text/csv",
            key=f"csv-{name}",
        )
        save_button(
            "Parquet",
            lambda: _parquet(frame),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            key=f"parquet-{name}",
        )


def save_button(
    label: str, make: Callable[[], str | bytes], file_name: str, mime: str, **rest: object
) -> None:
    """A button that saves a file, made only when it is pressed; the page is not redrawn for it.

    Args:
        make: the file's content.
        rest: further arguments of `st.download_button`, such as key, help and type.
    """
    came_with = credentials()

    def make_for_visitor() -> str | bytes:  # later, and outside any session: a link may have ended since
        check(recognised(came_with), Action.LOOK)
        return make()

    st.download_button(
        label,
        make_for_visitor,
        file_name=file_name,
        mime=mime,
        icon=":material/download:",
        on_click="ignore",
        **rest,
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
