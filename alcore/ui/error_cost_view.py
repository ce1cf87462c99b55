"""What errors in use cost, from a run's models and two prices: one figure, what it says, and one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from alcore.presentation.decision_sentences import (
    MODEL,
    belief_in_words,
    errors_in_words,
    money,
    without_a_model,
    worth_in_words,
)
from alcore.presentation.figures.cost_curves import cost_curves
from alcore.statistics.error_costs import PARTS, Belief, Inspection, Prices, expected_costs, with_iou
from alcore.statistics.estimands import AnyEvidence
from alcore.storage.evidence import gather_inspection
from alcore.ui.choices import counts_validation
from alcore.ui.downloads import show_figure, show_table
from alcore.ui.session import run_records
from alcore.wording import plural

_MOST = 1e9


class Asked(NamedTuple):
    """What a reader says about errors. parts: that are made in a month."""

    prices: Prices
    parts: float


def ask_prices() -> Asked:
    """Controls of both prices and of how many parts there are, all in the page's address."""
    escape = _amount("An escape costs", 50.0, "escape", "A defective part that passes, in any money.")
    reject = _amount(
        "A false reject costs", 1.0, "reject", "A good part that is rejected, in the same money."
    )
    parts = _amount("Parts in a month", 100_000.0, "parts", "Costs are shown for so many parts.")
    return Asked(Prices(escape, reject), parts)


def _amount(label: str, usual: float, key: str, help_text: str) -> float:
    return st.number_input(
        label, 0.0, _MOST, usual, key=key, format="%g", help=help_text, bind="query-params"
    )


def show_error_costs(
    run_id: str, records: int, evidence: AnyEvidence, belief: Belief, asked: Asked, baseline: str
) -> None:
    """The costs of a run's strategies.

    Args:
        records: of the run, which tell when to look again; evidence: of the strategies to be shown.
    """
    inspection = _inspection(run_id, records)
    if inspection is None:
        st.info(
            "Thresholds are chosen on validation patches, and this run keeps none: it is from before they "
            "were kept, or its validation split lacks a class. A new run has them."
        )
        return
    if asked.prices.escape == asked.prices.false_reject == 0:
        st.info("With both prices 0 every threshold is as good as any other. Say what an error costs.")
        return
    names: Sequence[str] = evidence.strategies
    costs = expected_costs(inspection.only(names), belief, asked.prices, baseline)
    rows = with_iou(costs, evidence, belief)
    spent = inspection.validation_labels if counts_validation() else 0
    rows = rows.assign(labelled=rows["labelled"] + spent)
    scale, without = asked.parts / PARTS, without_a_model(belief, asked.prices)
    title = f"cost of errors for {asked.parts:,.0f} parts"
    show_figure(cost_curves(rows, scale=scale, without=without, title=title), "error-costs")
    last = st.select_slider(
        "Labels", rows["labelled"].unique().tolist(), rows["labelled"].max(), key=f"at_labels-{spent}"
    )
    own = rows[rows["labelled"] == last]
    said = [
        *worth_in_words(own, baseline, scale, "a month"),
        *errors_in_words(own, scale, "a month"),
        _of_doing_without(without, scale),
    ]
    st.markdown("  \n".join(said))
    show_table(rows.assign(validation_labels=inspection.validation_labels), "error-costs")
    defective = int(inspection.validation[0].defective[0].sum())
    counted = "are part of the labels here" if spent else "are not part of the labels here"
    st.caption(
        f"At {belief_in_words(belief)}. {MODEL} Thresholds were chosen on "
        f"{plural(inspection.validation_labels, 'labelled validation patch')} ({defective} defective), which "
        f"{counted}."
    )


def _of_doing_without(without: dict[str, float], scale: float) -> str:
    costs = "; ".join(f"to {name}, {money(scale * cost)}" for name, cost in without.items())
    return f"Without a model a month costs: {costs}."


@st.cache_resource(max_entries=8, show_spinner=False)
def _inspection(run_id: str, records: int) -> Inspection | None:
    return gather_inspection(run_records(run_id))
