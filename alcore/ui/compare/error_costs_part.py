"""The Compare page's view of errors in use: what they cost at the slider's π₁, which is taken as known."""

from __future__ import annotations

import streamlit as st

from alcore.statistics.comparison import Question
from alcore.statistics.error_costs import Belief
from alcore.ui.compare.compared_run import ComparedRun, choose_one
from alcore.ui.error_cost_view import ask_prices, show_error_costs


def show_costs_of_errors(runs: list[ComparedRun], question: Question) -> None:
    """Escapes, false rejects and money at π₁; of several runs one at a time."""
    run = choose_one(runs, "errors_of")
    if not run.has_counts:
        st.info("Logs do not say how sure a model was of each patch, so no threshold can be chosen.")
        return
    with st.container(horizontal=True):
        asked = ask_prices()
    belief = Belief.certain(question.test_prevalence)
    show_error_costs(run.id, run.records, run.evidence, belief, asked, question.baseline)
    st.page_link(
        "pages/decide.py",
        label="With an interval for π₁, from the meter or your own",
        icon=":material/payments:",
    )
