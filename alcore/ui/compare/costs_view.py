"""The Compare page's view of costs: the budget counted in work instead of labels."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from alcore.errors import DataError
from alcore.presentation.budget_unit_sentences import UNIT_TITLES, flips_in_words, model_in_words
from alcore.presentation.figures.curves_over_units import curves_over_spent
from alcore.presentation.sentences import judged_at
from alcore.statistics.budget_units import BUDGET_UNITS, Labelling, LabelModel, flips, spent_frame
from alcore.statistics.comparison import Question
from alcore.storage.outlines import gather_labelling, gather_validation
from alcore.ui.choices import counts_validation
from alcore.ui.compare.compared_run import ComparedRun, choose_one
from alcore.ui.downloads import show_figure
from alcore.ui.session import data_of_run, run_config, run_dataset, run_records
from alcore.wording import as_plain_markdown

_ASKED = {
    "look": ("seconds to look at an image", 0.0, 0.5),
    "first": ("seconds to the first click on a defect", 0.0, 0.1),
    "further": ("seconds for each further click", 0.0, 0.1),
    "spacing": ("pixels of outline between clicks", 0.5, 0.5),
}
"""By field of the model: what it is called, its least value, and the step of its buttons."""


def show_costs(runs: list[ComparedRun], question: Question) -> None:
    """A run's curves over another unit, and which strategies change places; of several one at a time."""
    run = choose_one(runs, "costs_of")
    if not run.can_resume:
        st.info("Logs do not come with images, so the work behind their labels is not known.")
        return
    try:
        labelling = _labelling(run.id, run.records, data_of_run(run.id))
    except DataError as error:
        st.info(
            "The work behind labels follows from the true masks of the data set, which is not available: "
            f"{as_plain_markdown(str(error))}"
        )
        return
    unit, model = _ask()
    strategies = run.evidence.strategies
    labelling = labelling.only([run_config(run.id).strategies.index(name) for name in strategies])
    if counts_validation() and (tuned_on := _validation(run.id, run.records, data_of_run(run.id))):
        labelling = labelling.and_validation(tuned_on)
    curves = run.evidence.curves_with_shared_error(question.metric, question.test_prevalence)
    spent = labelling.spent(unit, model)
    rows = spent_frame(curves, spent)
    if rows.empty:
        st.info(f"There is no budget of {UNIT_TITLES[unit]} that all repetitions reach.")
        return
    bought = dict(zip(strategies, spent.mean(axis=0).tolist(), strict=True))
    title = judged_at(question.metric, question.test_prevalence)
    show_figure(curves_over_spent(rows, bought, unit=unit, title=title), "curves-over-spent")
    if unit != "labels":
        found = flips(curves, labelling, unit, model)
        st.markdown("  \n".join(flips_in_words(found, len(strategies), unit)))
    st.caption(model_in_words(model))


@st.cache_resource(max_entries=8, show_spinner="Reading the masks of all that was labelled …")
def _labelling(run_id: str, records: int, fingerprint: str) -> Labelling:
    """`records` and `fingerprint`, of the data set, tell when to look again."""
    return gather_labelling(run_records(run_id), run_dataset(run_id))


@st.cache_resource(max_entries=8, show_spinner=False)
def _validation(run_id: str, records: int, fingerprint: str) -> Labelling | None:
    return gather_validation(run_records(run_id), run_dataset(run_id))


def _ask() -> tuple[str, LabelModel]:
    """What the budget is counted in, and the model of what labelling takes."""
    with st.sidebar:
        unit = st.selectbox(
            "Budget in",
            BUDGET_UNITS,
            BUDGET_UNITS.index("seconds"),
            format_func=UNIT_TITLES.get,
            key="coin",
            bind="query-params",
        )
        with st.expander("The cost of labelling"):
            usual = asdict(LabelModel())
            model = LabelModel(**{name: _number(name, value) for name, value in usual.items()})
    return unit, model


def _number(name: str, usual: float) -> float:
    title, least, step = _ASKED[name]
    return st.number_input(
        title.capitalize(), least, 1000.0, usual, step, key=f"takes_{name}", persist_state="page"
    )
