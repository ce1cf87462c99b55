"""One cell of a study: its curves, and the images that its strategies chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

from alcore.errors import AlcoreError
from alcore.presentation.figures import budgets
from alcore.presentation.labels import PREVALENCES, display_name
from alcore.presentation.live_chart.curves import live_curves, live_run
from alcore.presentation.repetition_sentences import WHAT_IS_VALID, so_far
from alcore.presentation.sentences import judged_at, settings_in_short
from alcore.statistics.comparison import by_budget
from alcore.statistics.estimands import Evidence
from alcore.study.plan import Cell
from alcore.ui.choices import POOL_PREVALENCE, TEST_PREVALENCE
from alcore.ui.click import selected_points
from alcore.ui.downloads import show_curves_to_save, show_figure
from alcore.ui.gallery import picked_in_words, strip_of
from alcore.ui.question_tabs import unfold
from alcore.ui.session import dataset
from alcore.ui.study.study_view import StudyView
from alcore.wording import as_plain_markdown, percent

_POOL, _TEST, _CYCLE = "cell_pool", "cell_test_prevalence", "cell_cycle"
_CURVES = "cell-curves"


ONE_CELL = "One cell"
"""The title of this view."""


def take_click(chart: str) -> None:
    """Turn to the cell that was clicked in a map, and unfold it; the map's `on_select` callback."""
    points = selected_points(chart)
    if points:
        st.session_state[_POOL], st.session_state[_TEST] = points[0][:2]
        unfold(ONE_CELL)


def show_cell(view: StudyView) -> None:
    """Choose a cell; its curves, and what its strategies chose."""
    with st.container(horizontal=True):
        pool = _choose(POOL_PREVALENCE, _POOL, list(view.by_pool))
        test_prevalence = _choose(TEST_PREVALENCE, _TEST, view.test_prevalences)
    _show_curves(view, pool, test_prevalence)
    _say_what_is_known(view, pool, test_prevalence)
    _show_images(view, view.cell_at(pool))
    _offer_run(view, view.cell_at(pool))


def _show_curves(view: StudyView, pool: float, test_prevalence: float) -> None:
    """The cell's learning curves; live where counts are known, and then a click turns to a query."""
    evidence, question = view.by_pool[pool], replace(view.question, test_prevalence=test_prevalence)

    def as_figure() -> go.Figure:
        rows = budgets.RunCurves("", by_budget(evidence, question))
        title = judged_at(question.metric, test_prevalence)
        return budgets.budget_curves([rows], align="labelled", title=title)

    if not isinstance(evidence, Evidence):  # logs hold no counts
        show_figure(as_figure(), _CURVES)
        return
    curves = live_curves(
        [live_run(evidence)], test_prevalence=test_prevalence, steps=PREVALENCES, metric=question.metric
    )
    settings = settings_in_short(view.cell_at(pool).config)
    show_curves_to_save(curves, _CURVES, settings=settings, as_figure=as_figure, on_point=_turn_to)


def _say_what_is_known(view: StudyView, pool: float, test_prevalence: float) -> None:
    """While repetitions are unfinished: what the finished ones support so far."""
    evidence, planned = view.by_pool[pool], view.cell_at(pool).config.repetitions
    if not view.reader.can_resume or evidence.repetitions >= planned:
        return
    if evidence.repetitions < 2:
        st.caption(f"1 of {planned} repetitions is finished: their spread is known from the second one on.")
        return
    question = replace(view.question, test_prevalence=test_prevalence)
    st.markdown("  \n".join(so_far(evidence, question, planned)))
    st.caption(WHAT_IS_VALID)


def _turn_to(point: tuple[str, int, int, int]) -> None:
    _, _, cycle, _ = point
    st.session_state[_CYCLE] = cycle


def _choose(label: str, key: str, prevalences: Sequence[float]) -> float:
    """One of them; that in the middle at first, and where the choice of before is not among them."""
    if st.session_state.get(key) not in prevalences:
        st.session_state[key] = prevalences[len(prevalences) // 2]
    return st.selectbox(label, prevalences, key=key, format_func=percent, width=240)


def _show_images(view: StudyView, cell: Cell) -> None:
    """What the strategies chose in one cycle of one repetition, if the data set is available here."""
    results = view.reader.results(cell.id)
    if results is None:
        return
    try:
        patches = dataset(cell.config.dataset)
    except AlcoreError:
        st.caption(
            f"The images of {as_plain_markdown(cell.config.dataset)} are not shown: the data set is not on "
            "this machine. Import it under that name to see them; the numbers above do not need it."
        )
        return
    if view.reader.data_fingerprint(cell) not in (None, patches.fingerprint):
        st.caption("The data set of that name here is not the study's: its images are not shown.")
        return
    with st.container(horizontal=True, width=500):
        repetition = st.selectbox(
            "Repetition", results.repetitions.tolist(), key="cell_repetition", width=240
        )
        cycle = st.slider("Query", 1, cell.config.cycles, min(2, cell.config.cycles), key=_CYCLE)
    row = results.repetitions.tolist().index(repetition)
    for index, strategy in enumerate(cell.config.strategies):
        items, defective = results.query(row, index, cycle)
        with st.container(key=f"picks-{index}"):
            label, images = st.columns([2, 11], gap="small", vertical_alignment="center")
        label.markdown(f"**{display_name(strategy)}**  \n{int(defective.sum())} of {items.size} defective")
        alt = f"Query {cycle} of {strategy}: {picked_in_words(items, defective)}"
        images.image(strip_of(patches, items, defective), width="content", alt=alt)
    st.caption(
        "The query in the order of choice; click a point of the curves to see another. Yellow frame: "
        "defective; yellow outline: true mask."
    )


def _offer_run(view: StudyView, cell: Cell) -> None:
    run = view.reader.directory / "runs" / cell.id
    if run.exists():
        st.caption(f"The whole run of this cell is in `{run}`.")
