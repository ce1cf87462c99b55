"""The Study page: the choice of a study and its question, and the views."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from alcore.presentation.aim_sentences import aim
from alcore.statistics.comparison import Question
from alcore.study.plan import Cell
from alcore.study.reader import StudyReader, known_studies, open_study
from alcore.ui import address
from alcore.ui.choices import TEST_PREVALENCE, choose_baseline, choose_metric, nearest_prevalence
from alcore.ui.downloads import choose_figure_format
from alcore.ui.question_tabs import take_former_views
from alcore.ui.study import study_form, study_progress
from alcore.ui.study.study_view import StudyView
from alcore.ui.study.study_views import AT_ALL_PREVALENCES, TABS
from alcore.ui.tabs import show_tabs
from alcore.wording import percent, plural

_TAB = "study_view"
_PROGRESS, _NEW = "Progress", "New study"


def show() -> None:
    """Draw the Study page."""
    studies = known_studies()
    name = _choose(list(studies))
    said = take_former_views(_TAB, TABS)
    views = {title: partial(_show_study, studies[name], title) for title in (*TABS, _PROGRESS)}
    show_tabs(views | {_NEW: study_form.show}, _TAB)
    address.settle("study", {"study": [name]}, said=said)


def _choose(names: list[str]) -> str:
    asked = st.session_state.pop("study_to_open", None) or st.query_params.get("study")
    if asked in names:
        st.session_state["study"] = asked
    elif st.session_state.get("study") not in names:
        st.session_state["study"] = names[0]
    return st.sidebar.selectbox("Study", names, key="study", on_change=_note_choice)


def _note_choice() -> None:
    st.query_params["study"] = st.session_state["study"]


def _show_study(directory: Path, title: str) -> None:
    reader = _reader(directory)
    if title == _PROGRESS:
        study_progress.show(reader)
    else:
        _show_view(reader, title)
    _tell_origin(reader)


def _show_view(reader: StudyReader, title: str) -> None:
    cells = _slice(reader)
    study_progress.show_line(reader, cells)
    by_pool = reader.evidence_by_pool(cells)
    if not by_pool:
        st.info("No repetition is finished here yet. The Progress tab shows how far the study is.")
        return
    question = _ask(reader, cells)
    TABS[title].show(StudyView(reader, cells, by_pool, question))
    is_at_all = title in AT_ALL_PREVALENCES
    judged = reader.plan.test_prevalences if is_at_all else [question.test_prevalence]
    if aimed := aim(cells[0].config, judged):
        st.caption(aimed)


def _tell_origin(reader: StudyReader) -> None:
    """State the origin of a study that was not run here, below its results."""
    if not reader.has_counts:
        st.info(
            "**Imported logs**: their metrics are known only at the prevalences of their test sets. Cells "
            "without a measurement are empty.",
            icon=":material/description:",
        )
    if reader.is_recorded:
        st.info(
            "**Recorded study**: it came with the dashboard and was not run on this machine. "
            f"{_made_by(reader)} Everything shown is computed from its saved counts.",
            icon=":material/inventory_2:",
        )


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(directory: str, plan_version: int) -> StudyReader:
    return open_study(Path(directory))


def _reader(directory: Path) -> StudyReader:
    file = directory / "study.json"
    return _opened(str(directory), file.stat().st_mtime_ns if file.exists() else 0)


def _made_by(reader: StudyReader) -> str:
    config = reader.plan.cells[0].config
    return (
        f"{plural(len(reader.plan.cells), 'cell')} of {plural(config.repetitions, 'repetition')}, seed "
        f"{config.seed}, made by `python -m alcore study assets/recorded/{reader.directory.name}/study.json "
        "--out DIR`."
    )


def _slice(reader: StudyReader) -> list[Cell]:
    """The cells that differ in π₀ alone, chosen by the grid's other keys."""
    if not reader.others:
        return next(iter(reader.slices.values()))
    chosen = []
    for key in reader.others:
        values = list(dict.fromkeys(dict(slice_)[key] for slice_ in reader.slices))
        chosen.append((key, st.sidebar.selectbox(key, values, key=f"slice-{key}")))
    return reader.slices[tuple(chosen)]


def _ask(reader: StudyReader, cells: list[Cell]) -> Question:
    strategies = list(cells[0].config.strategies)
    prevalences = sorted(reader.plan.test_prevalences)
    test_prevalence = nearest_prevalence(cells[0].config.test_prevalence, prevalences)
    with st.sidebar:
        metric = choose_metric("study_metric")
        baseline = choose_baseline("study_baseline", strategies, is_linked=False)
        if len(prevalences) > 1:
            test_prevalence = st.select_slider(
                TEST_PREVALENCE,
                prevalences,
                test_prevalence,
                format_func=percent,
                key="study_test_prevalence",
                help=(
                    "Where the models are used. It needs no further run: every number comes from saved "
                    "counts."
                ),
            )
        choose_figure_format()
    return Question(metric, test_prevalence, baseline)
