"""Downloads of Compare besides figures: tables, logs, and the text of a methods section."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from alcore.logs.zipped import zip_log
from alcore.presentation.methods_text import BIBTEX, CITATION, methods_paragraph
from alcore.statistics.comparison import Question
from alcore.study.interactive import interactive_page
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.downloads import save_button, show_table
from alcore.ui.session import run_store, run_tables


def show_tables(summary: pd.DataFrame, budgets: pd.DataFrame) -> None:
    """All numbers behind the figures, to sort and to download."""
    st.markdown(
        "**One row per strategy.** Bounds of 95 % intervals are beside the estimates, where they are known."
    )
    show_table(summary, "summary")
    st.markdown("**One row per strategy and budget.**")
    show_table(budgets, "budgets")


def offer_log(run: ComparedRun, *, several: bool) -> None:
    """A button that saves a run in the format of the paper's code."""
    save_button(
        f"Logs of {'run ' + run.name if several else 'this run'} as the paper's code writes them",
        lambda: zip_log(run_tables(run.id)),
        f"{run.id}-logs.zip",
        "application/zip",
        key=f"logs-{run.id}",
        type="tertiary",
        help="dict_STRATEGY.csv and selected_items_STRATEGY_CYCLE_REPETITION.csv in a zip file.",
    )


def offer_interactive(run: ComparedRun, question: Question, *, several: bool) -> None:
    """A button that saves a run as one HTML file whose curves follow π₁."""
    save_button(
        f"{'Run ' + run.name if several else 'This run'} as an interactive page",
        lambda: interactive_page(
            run_store(run.id).directory, metric=question.metric, test_prevalence=question.test_prevalence
        ),
        f"{run.id}.html",
        "text/html",
        key=f"interactive-{run.id}",
        type="tertiary",
        help="One file to share: curves that follow a π₁ slider, and images of the queries.",
    )


def show_methods(runs: list[ComparedRun], question: Question) -> None:
    """For each run a paragraph for a paper, and whom to cite."""
    for run in runs:
        if len(runs) > 1:
            st.markdown(f"**Run {run.name}**")
        if not run.can_resume:
            st.markdown("Imported logs: their methods are those of the code that wrote them.")
            continue
        device = run_store(run.id).environment().get("device", "an unknown device")
        text = methods_paragraph(run.config, run.evidence, question, device=device)
        st.code(text, language=None, wrap_lines=True)
    st.markdown("**Please cite** the study that this dashboard follows:")
    st.markdown(CITATION)
    st.code(BIBTEX, language="bibtex")
