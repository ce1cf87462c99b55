"""Downloads of a study: its report and its tables."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from alcore.errors import AlcoreError
from alcore.study.interactive import interactive_page
from alcore.study.report import as_html, write_markdown
from alcore.study.threshold_table import FILE as THRESHOLDS
from alcore.ui.downloads import save_button, show_table
from alcore.ui.study.study_view import StudyView
from alcore.wording import percent


def show_report(view: StudyView) -> None:
    """Buttons that save the report, and the table behind it."""
    st.markdown(
        "Figures, tables, configuration, environment, seeds, methods text and citation, for the metric, "
        f"baseline and π₁ = {percent(view.question.test_prevalence)} chosen above, over the whole study."
    )
    name = view.reader.directory.name
    with st.container(horizontal=True):
        save_button(
            "Report as one HTML page",
            lambda: as_html(view.reader, view.question),
            f"{name}.html",
            "text/html",
            help="Opens anywhere, without this dashboard and offline.",
        )
        if view.reader.has_counts:
            save_button(
                "Interactive page",
                lambda: interactive_page(
                    view.reader.directory,
                    metric=view.question.metric,
                    test_prevalence=view.question.test_prevalence,
                ),
                f"{name}-interactive.html",
                "text/html",
                help="One file to share: curves that follow a π₁ slider, and images of the queries.",
            )
        save_button(
            "Report as Markdown with PNGs",
            lambda: _zipped_markdown(view),
            f"{name}.zip",
            "application/zip",
            help="A zip file. Drawing the pictures takes about half a minute and needs Chrome or Chromium.",
        )
        cells = view.reader.directory / "cells.csv"
        save_button("cells.csv", lambda: _text_of(cells), f"{name}-cells.csv", "text/csv")
        thresholds = view.reader.directory / THRESHOLDS
        if thresholds.exists():
            save_button(
                THRESHOLDS,
                lambda: _text_of(thresholds),
                f"{name}-{THRESHOLDS}",
                "text/csv",
                help=(
                    "The result of each operating rule at each π₁, and how much of a loss is only a "
                    "threshold."
                ),
            )
    show_table(view.reader.table(), f"{name}-summary")


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _zipped_markdown(view: StudyView) -> bytes:
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="alcore-report-") as scratch:
        try:
            write_markdown(view.reader, view.question, Path(scratch))
        except AlcoreError as error:
            (Path(scratch) / "report.md").write_text(str(error) + "\n", encoding="utf-8")
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(scratch).iterdir()):
                archive.write(path, path.name)
    return buffer.getvalue()
