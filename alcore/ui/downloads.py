"""What one takes away from the Compare page: figures, tables and the methods text."""

from __future__ import annotations

import io

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from alcore.logs.zipped import zip_log
from alcore.presentation.methods_text import BIBTEX, CITATION, methods_paragraph
from alcore.statistics.comparison import Question
from alcore.ui.compare.source import Source
from alcore.ui.session import run_store, run_tables

_FORMATS = {"png": "PNG", "svg": "SVG"}


def show_figure(figure: go.Figure, name: str) -> None:
    """A chart with what saves it: the camera in its toolbar (PNG or SVG), and a button for HTML.

    Args:
        figure: with a height; it is made a little higher.
        name: of the files, without ending; also the chart's key.
    """
    # The legend goes below, out of the toolbar's way.
    figure.update_layout(
        height=figure.layout.height + 60,
        margin_t=40,
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )
    picture = {"format": st.session_state.get("figure_format") or "png", "filename": name, "scale": 2}
    config = {
        "displaylogo": False,
        "displayModeBar": True,
        "toImageButtonOptions": picture | {"width": 1200, "height": figure.layout.height * 1.2},
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    }
    st.plotly_chart(figure, key=f"figure-{name}", config=config)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.download_button(
            "HTML",
            lambda: figure.to_html(include_plotlyjs=True, config=config),
            file_name=f"{name}.html",
            mime="text/html",
            key=f"html-{name}",
            icon=":material/download:",
            type="tertiary",
            help="The figure as a page of its own, to be opened without this dashboard. For PNG or SVG use "
            "the camera at the chart's top right.",
            on_click="ignore",
        )


def choose_figure_format() -> None:
    """What the cameras of all charts save."""
    st.segmented_control(
        "Camera saves",
        list(_FORMATS),
        default="png",
        required=True,
        format_func=_FORMATS.get,
        key="figure_format",
        help="What the camera at the top right of each chart downloads.",
    )


def show_tables(summary: pd.DataFrame, budgets: pd.DataFrame) -> None:
    """All numbers behind the figures, to sort and to download."""
    st.markdown(
        "**One row a strategy.** Bounds of 95 % intervals stand beside the estimates, where they are known."
    )
    show_table(summary, "summary")
    st.markdown("**One row a strategy and budget.**")
    show_table(budgets, "budgets")


def show_table(frame: pd.DataFrame, name: str) -> None:
    """A table to sort, with buttons that save it as CSV and Parquet under that name."""
    numbers = frame.select_dtypes("float").columns
    config = {column: st.column_config.NumberColumn(format="%.4g") for column in numbers}
    st.dataframe(frame, column_config=config, hide_index=True, key=f"table-{name}")
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            lambda: frame.to_csv(index=False, lineterminator="\n"),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv-{name}",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Parquet",
            lambda: _parquet(frame),
            file_name=f"{name}.parquet",
            mime="application/vnd.apache.parquet",
            key=f"parquet-{name}",
            icon=":material/download:",
            on_click="ignore",
        )


def offer_log(run: Source, *, several: bool) -> None:
    """A button that hands a run out in the form of the paper's code."""
    st.download_button(
        f"Logs of {'run ' + run.name if several else 'this run'} as the paper's code writes them",
        lambda: zip_log(run_tables(run.id)),
        file_name=f"{run.id}-logs.zip",
        mime="application/zip",
        key=f"logs-{run.id}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="dict_STRATEGY.csv and selected_items_STRATEGY_CYCLE_REPETITION.csv in a zip file.",
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def show_methods(runs: list[Source], question: Question) -> None:
    """For each run a paragraph for one's paper, and whom to cite."""
    for run in runs:
        if len(runs) > 1:
            st.markdown(f"**Run {run.name}**")
        if run.is_log:
            st.markdown("Imported logs: their methods are those of the code that wrote them.")
            continue
        device = run_store(run.id).environment().get("device", "an unknown device")
        text = methods_paragraph(run.config, run.evidence, question, device=device)
        st.code(text, language=None, wrap_lines=True)
    st.markdown("**Please cite** the study that this dashboard follows:")
    st.markdown(CITATION)
    st.code(BIBTEX, language="bibtex")
