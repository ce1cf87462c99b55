"""The Compare page's tabs: five questions, each with the views that answer it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from alcore.presentation.answers import ahead_so_far, what_is_saved, what_shift_costs, who_is_ahead
from alcore.ui.compare.compare_view import View, tell
from alcore.ui.compare.compared_run import ComparedRun
from alcore.ui.compare.costs_view import show_costs
from alcore.ui.compare.curves_view import show_learning_curves
from alcore.ui.compare.detection_view import show_inspection
from alcore.ui.compare.error_costs_part import show_costs_of_errors
from alcore.ui.compare.gain_view import show_gain, show_labels_saved
from alcore.ui.compare.protocol_view import show_protocol
from alcore.ui.compare.repetitions_view import show_planning, show_repetitions
from alcore.ui.compare.shift_view import show_losses, show_shift
from alcore.ui.compare.significance_view import show_significance
from alcore.ui.compare.stopping_view import show_stopping
from alcore.ui.compare.takeaways import offer_interactive, offer_log, show_methods, show_tables
from alcore.ui.compare.threshold_view import show_thresholds
from alcore.ui.question_tabs import Part, QuestionTab


def _ahead(view: View, run: ComparedRun) -> str:
    if run.is_whole:
        return who_is_ahead(view.rows_of(run), view.question, run.evidence.repetitions)
    return ahead_so_far(run.evidence, view.question, run.config.repetitions)


def _shift(view: View, run: ComparedRun) -> str:
    return what_shift_costs(view.rows_of(run), view.question, run.evidence.pool_prevalence)


def _saved(view: View, run: ComparedRun) -> str:
    return what_is_saved(view.rows_of(run), view.question)


def _answer(*say: Callable[[View, ComparedRun], str]) -> Callable[[View], None]:
    """Draws the sentence about each run."""

    def answer(view: View) -> None:
        for run in view.runs:
            tell(view, run, [said(view, run) for said in say])

    return answer


def _show_inspection(view: View) -> None:
    runs = [run for run in view.runs if run.has_counts]
    if not runs:
        st.info("Logs do not say how sure a model was of each patch, so there is nothing to inspect.")
        return
    show_inspection(runs, view.question.test_prevalence, view.name)


def _show_tables(view: View) -> None:
    budgets = pd.concat(view.budgets, keys=[run.name for run in view.runs], names=["run", None])
    show_tables(view.summary.drop(columns="name"), budgets.reset_index("run"))
    for run in view.runs:
        if run.can_resume:
            offer_log(run, several=len(view.runs) > 1)
            offer_interactive(run, view.question, several=len(view.runs) > 1)


TABS: dict[str, QuestionTab[View]] = {
    "Who is ahead?": QuestionTab(
        {
            "Curves": Part(show_learning_curves),
            "Gain": Part(show_gain, "each strategy's area above the baseline's, with its interval"),
            "Repetitions": Part(
                lambda view: show_repetitions(view.runs, view.question),
                "what was known after each, and whether you may stop",
            ),
            "Significance": Part(show_significance, "at which budgets, and who beats whom"),
        },
        _answer(_ahead),
    ),
    "What does shift cost?": QuestionTab(
        {
            "Label shift": Part(show_shift),
            "Shift loss": Part(show_losses, "the same models at π₀ and at π₁"),
            "Thresholds": Part(
                lambda view: show_thresholds(view.runs, view.question),
                "how much of the loss is only a threshold, calibration, false alarms",
            ),
            "Cost of errors": Part(
                lambda view: show_costs_of_errors(view.runs, view.question),
                "escapes, false rejects and money at π₁, at the cheapest threshold",
            ),
            "Drawn test sets": Part(
                lambda view: show_protocol(view.runs, view.question, view.name),
                "what the paper's 500 test patches at π₁ would have said",
            ),
        },
        _answer(_shift, _ahead),
    ),
    "What would I pay?": QuestionTab(
        {
            "Costs": Part(lambda view: show_costs(view.runs, view.question)),
            "Labels saved": Part(show_labels_saved, "labels to a target, enrichment, defects found"),
            "Stopping": Part(
                lambda view: show_stopping(view.runs, view.question),
                "rules that say when to stop labelling, replayed",
            ),
            "Planning": Part(
                lambda view: show_planning(view.runs, view.question),
                "how many repetitions a difference needs, and how long they take",
            ),
        },
        _answer(_saved),
    ),
    "Which images?": QuestionTab({"Image inspection": Part(_show_inspection)}),
    "Export": QuestionTab(
        {
            "Tables": Part(_show_tables),
            "Methods text": Part(
                lambda view: show_methods(view.runs, view.question),
                "a paragraph for your paper, and whom to cite",
            ),
        },
        lambda _: st.markdown(
            "Every number behind the figures, to sort and to download; save figures with their own toolbars."
        ),
    ),
}
"""By title. Views are named as when each was a tab: addresses hold these names."""
