"""One cell of a study: its curves, and the images that its strategies chose."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from alcore.errors import AlcoreError
from alcore.presentation.figures import budgets
from alcore.presentation.labels import display_name
from alcore.presentation.sentences import judged_at
from alcore.statistics.comparison import Question, by_budget
from alcore.study.plan import Cell
from alcore.ui.choices import POOL_PREVALENCE, TEST_PREVALENCE
from alcore.ui.click import selected_points
from alcore.ui.downloads import show_figure
from alcore.ui.gallery import picked_in_words, strip_of
from alcore.ui.session import dataset
from alcore.ui.study.study_view import StudyView
from alcore.wording import as_plain_markdown, percent

_POOL, _TEST = "cell_pool", "cell_test_prevalence"


def take_click(chart: str) -> None:
    """Turn to the cell that was clicked in a map; the map's `on_select` callback."""
    points = selected_points(chart)
    if points:
        st.session_state[_POOL], st.session_state[_TEST] = points[0][:2]


def show_cell(view: StudyView, test_prevalences: tuple[float, ...]) -> None:
    """Choose a cell; its curves, and what its strategies chose."""
    with st.sidebar:
        st.markdown("**One cell**")
        pool = _choose(POOL_PREVALENCE, _POOL, list(view.by_pool))
        test_prevalence = _choose(TEST_PREVALENCE, _TEST, test_prevalences)
    st.markdown(f"**One cell:** π₀ = {percent(pool)}, π₁ = {percent(test_prevalence)}")
    question = Question(view.question.metric, test_prevalence, view.question.baseline)
    curves = budgets.RunCurves("", by_budget(view.by_pool[pool], question))
    title = judged_at(question.metric, test_prevalence)
    figure = budgets.budget_curves([curves], align="labelled", title=title)
    show_figure(figure, "cell-curves")
    _show_images(view, view.cell_at(pool))
    _offer_run(view, view.cell_at(pool))


def _choose(label: str, key: str, prevalences: Sequence[float]) -> float:
    """One of them; that in the middle at first, and where the choice of before is not among them."""
    if st.session_state.get(key) not in prevalences:
        st.session_state[key] = prevalences[len(prevalences) // 2]
    return st.selectbox(label, prevalences, key=key, format_func=percent)


def _show_images(view: StudyView, cell: Cell) -> None:
    """What the strategies chose in one cycle of one repetition, as far as the data set is here."""
    results = view.reader.results(cell.id)
    if results is None:
        return
    try:
        patches = dataset(cell.config.dataset)
    except AlcoreError:
        st.caption(
            f"The images of {as_plain_markdown(cell.config.dataset)} are not shown: the data set is not on "
            "this machine. Import it under that name to see them; the numbers above need none."
        )
        return
    if view.reader.data_fingerprint(cell) not in (None, patches.fingerprint):
        st.caption("The data set of that name here is not the study's: its images are not shown.")
        return
    with st.sidebar:
        repetition = st.selectbox("Repetition", results.repetitions.tolist(), key="cell_repetition")
        cycle = st.slider("Query", 1, cell.config.cycles, min(2, cell.config.cycles), key="cell_cycle")
    row = results.repetitions.tolist().index(repetition)
    for index, strategy in enumerate(cell.config.strategies):
        items, defective = results.items[row, index, cycle - 1], results.defective[row, index, cycle - 1]
        with st.container(key=f"picks-{index}"):
            label, images = st.columns([2, 11], gap="small", vertical_alignment="center")
        label.markdown(f"**{display_name(strategy)}**  \n{int(defective.sum())} of {items.size} defective")
        alt = f"Query {cycle} of {strategy}: {picked_in_words(items, defective)}"
        images.image(strip_of(patches, items, defective), width="content", alt=alt)
    st.caption("The query in the order of choice. Yellow frame: defective; yellow outline: true mask.")


def _offer_run(view: StudyView, cell: Cell) -> None:
    run = view.reader.directory / "runs" / cell.id
    if run.exists():
        st.caption(f"The whole run of this cell is in `{run}`.")
