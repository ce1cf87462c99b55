"""The Decide page: from what is known of π₁ to a threshold, and to what its errors will cost."""

from __future__ import annotations

import streamlit as st

from alcore.errors import DataError
from alcore.statistics.error_costs import Belief
from alcore.ui.choices import choose_baseline, choose_charge
from alcore.ui.decide_link import HIGH, LOW, SHARE
from alcore.ui.error_cost_view import ask_prices, show_error_costs
from alcore.ui.run_choice import choose_run
from alcore.ui.session import record_count, run_evidence, shown_run

_ASKED = {
    SHARE: (
        "π₁, in per cent",
        2.0,
        "Share of defective parts where the model will work: *Meter* estimates it.",
    ),
    LOW: ("at least", 1.0, "Lower bound of its 95 % interval."),
    HIGH: ("at most", 4.0, "Upper bound of its 95 % interval."),
}


def show() -> None:
    """What is known, what errors cost, and what follows."""
    st.markdown(
        "**What is a model worth in use?** From the share of defects there to a threshold and to money."
    )
    run_id = choose_run(shown_run(), "decide")
    records = record_count(run_id)
    evidence = run_evidence(run_id, records)
    if evidence is None:
        st.info("This run has not finished a cycle, so there is no model yet; let the run go on.")
        return
    with st.sidebar:
        belief = _ask_belief()
        asked = ask_prices()
        choose_charge()
        baseline = choose_baseline("decide_against", list(evidence.strategies), is_linked=True)
    show_error_costs(run_id, records, evidence, belief, asked, baseline)


def _ask_belief() -> Belief:
    value, low, high = (
        st.number_input(
            label, 0.0, 100.0, usual, step=0.1, format="%.2f", key=key, help=help_text, bind="query-params"
        )
        / 100
        for key, (label, usual, help_text) in _ASKED.items()
    )
    if not low <= value <= high:
        raise DataError("π₁ must lie between its bounds; change one of the three")
    return Belief(value, low, high)
