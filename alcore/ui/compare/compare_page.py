"""The Compare page: the choice of runs and metrics, and the views."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial

import streamlit as st
from streamlit.errors import StreamlitAPIException

from alcore.errors import AlcoreError
from alcore.presentation.aim_sentences import aim
from alcore.presentation.labels import METRIC_TITLES, PREVALENCES
from alcore.presentation.sentences import alarms_unseen, basis, effective_patches
from alcore.server.index import RunRow
from alcore.statistics.comparison import Question
from alcore.ui import address
from alcore.ui.choices import (
    TEST_PREVALENCE,
    choose_baseline,
    choose_charge,
    choose_metric,
    nearest_prevalence,
)
from alcore.ui.compare.compare_view import METRIC_KEY, PREVALENCE_KEY, View
from alcore.ui.compare.compare_views import TABS
from alcore.ui.compare.compared_run import ComparedRun, letter_of, log_titles, open_logs, open_run
from alcore.ui.downloads import choose_figure_format
from alcore.ui.question_tabs import take_former_views
from alcore.ui.rerun import rerun_when_changed
from alcore.ui.session import record_count, run_row, run_store, runs_with_records
from alcore.ui.tabs import show_tabs
from alcore.wording import as_plain_markdown, percent

_MOST_RUNS = 6
_ALIGNMENTS = {"labelled": "labelled images", "share": "share of the pool"}
_TICK = 2.0
_RUNS, _TAB = "runs", "view"
_OLD_KEY = "use"


def choose(preferred: str | None) -> list[ComparedRun]:
    """Let the reader pick runs with at least one finished cycle."""
    rows = runs_with_records()
    titles = {run_id: _title(row) for run_id, row in rows.items()} | log_titles()
    linked = dict.fromkeys(st.query_params.get_all("runs"))  # each once, however often a link names it
    asked = [run_id for run_id in linked if run_id in titles][:_MOST_RUNS]
    first = preferred if preferred in titles else next(iter(titles))
    before = st.session_state.setdefault(_RUNS, asked or [first])
    st.session_state[_RUNS] = [run_id for run_id in before if run_id in titles]
    gone = dict.fromkeys([run_id for run_id in (*linked, *before) if run_id not in titles])
    if gone:
        names = ", ".join(map(as_plain_markdown, gone))
        st.info(f"Not compared, as deleted or without a finished cycle: {names}.")
    ids = st.sidebar.multiselect(
        "Runs",
        list(titles),
        format_func=_lettered(titles, st.session_state[_RUNS]).get,
        key=_RUNS,
        max_selections=_MOST_RUNS,
        placeholder="Choose runs to compare",
        persist_state="page",
    )
    if not ids:
        st.info("Choose at least one run.")
    opened = (
        open_run(rows[run_id], position) if run_id in rows else open_logs(run_id, titles[run_id], position)
        for position, run_id in enumerate(ids)
    )
    return [source for source in opened if source is not None]


def _lettered(titles: dict[str, str], chosen: list[str]) -> dict[str, str]:
    """Titles in which those that are chosen begin with the letter that legends and tables use for them."""
    letters = {run_id: letter_of(position) for position, run_id in enumerate(chosen)}
    return {
        run_id: f"{letters[run_id]} · {title}" if run_id in letters else title
        for run_id, title in titles.items()
    }


def _title(row: RunRow) -> str:
    return f"{row.name} · {row.id}"


def show(runs: list[ComparedRun]) -> None:
    """The question in the sidebar, and its answers."""
    said = address.take_prevalences(PREVALENCE_KEY) | take_former_views(_TAB, TABS)
    if runs:
        with st.sidebar:
            question, align, shown = _ask(runs)
        _keep_up([run.id for run in runs if run.can_resume])
        view = View(shown, question, align)
        show_tabs({title: partial(tab.show, view) for title, tab in TABS.items()}, _TAB)
        _tell_basis(runs, question.test_prevalence)
    address.settle("compare", {"runs": [run.id for run in runs]}, said=said)


def _ask(runs: list[ComparedRun]) -> tuple[Question, str, list[ComparedRun]]:
    """The question, how budgets are aligned, and the runs with the strategies to show."""
    test_prevalence = _test_prevalence(runs[0].config.test_prevalence)
    metric = choose_metric(METRIC_KEY)
    baseline = choose_baseline("against", _strategies(runs), is_linked=True)
    shown = _narrowed(runs, baseline)
    with st.expander("Axes, target and image format"):
        align = st.segmented_control(
            "Horizontal axis",
            list(_ALIGNMENTS),
            default="labelled",
            required=True,
            format_func=_ALIGNMENTS.get,
            key="along",
            bind="query-params",
        )
        if not all(run.has_counts for run in runs):  # curves from counts have a switch of their own
            st.toggle("Vertical axis from 0 to 1", key="whole_scale", persist_state="page")
        target = _target(metric)
        choose_charge()
        choose_figure_format()
    return Question(metric, test_prevalence, baseline, target), align, shown


def _tell_basis(runs: list[ComparedRun], prevalence: float) -> None:
    """What the intervals cover, and over which budgets areas are taken."""
    _tell_measured(runs)
    st.caption(" · ".join(dict.fromkeys(f"{_named(run, runs)}{_basis(run, prevalence)}" for run in runs)))
    for run in runs:
        if doubt := alarms_unseen(run.evidence, prevalence):
            st.warning(f"{_named(run, runs)}{doubt}", icon=":material/visibility_off:")
    if len({tuple(run.evidence.labelled) for run in runs}) > 1:
        spans = "; ".join(
            f"{run.name}: {run.evidence.labelled[0]} to {run.evidence.labelled[-1]}" for run in runs
        )
        st.caption(f"Areas (AUBC) are averages over each run's own budgets, in labels. {spans}.")


def _basis(run: ComparedRun, prevalence: float) -> str:
    sentences = (
        basis(run.evidence),
        effective_patches(run.evidence, prevalence),
        aim(run.config, [prevalence]),
    )
    return " ".join(filter(None, sentences))


def _tell_measured(runs: list[ComparedRun]) -> None:
    """Say at which prevalences imported logs know their metrics."""
    for run in runs:
        if not run.has_counts:
            where = " and ".join(percent(prevalence) for prevalence in run.evidence.prevalences)
            st.caption(
                f"{_named(run, runs)}Logs hold no counts: their metrics are known only at π₁ = {where}, "
                "and nothing is shown elsewhere."
            )


def _narrowed(runs: list[ComparedRun], baseline: str) -> list[ComparedRun]:
    """The runs with the strategies that the reader wants to see, and the baseline."""
    names = _strategies(runs)
    only = st.pills(
        "Show only",
        names,
        selection_mode="multi",
        key="only",
        help="With none chosen, all are shown. The baseline always stays.",
        bind="query-params",
    )
    kept = {*(only or names), baseline}
    narrowed = [replace(run, evidence=run.evidence.only(kept)) for run in runs]
    return [run for run in narrowed if run.evidence.strategies]


def _strategies(runs: list[ComparedRun]) -> list[str]:
    """Those of any run, in the order of their first."""
    return list(dict.fromkeys(name for run in runs for name in run.config.strategies))


def _target(metric: str) -> float | None:
    return st.number_input(
        f"Target {METRIC_TITLES[metric]}",
        0.0,
        1.0,
        None,
        0.05,
        key="target",
        placeholder="the baseline's final value",
        help="Labels saved are counted up to this value; by default up to the baseline's final one.",
        bind="query-params",
    )


def _test_prevalence(of_the_run: float) -> float:
    """The slider of π₁. Its key is that of the Lab, so Streamlit takes a choice along from page to page."""
    is_moved = _take_old_link()
    return st.select_slider(
        TEST_PREVALENCE,
        PREVALENCES,
        None if is_moved else nearest_prevalence(of_the_run),  # a value of both kinds would be a warning
        format_func=percent,
        key=PREVALENCE_KEY,
        help="Everything below follows at once, from saved counts: nothing is trained or evaluated again.",
        bind="query-params",
    )


def _take_old_link() -> bool:
    """Move π₁ from where links had it once, ?use=..., to where it is now; whether there was one."""
    old = st.query_params.get(_OLD_KEY)
    if old is None:
        return False
    del st.query_params[_OLD_KEY]
    found = [step for step in PREVALENCES if percent(step) == old]
    if found:
        st.session_state[PREVALENCE_KEY] = found[0]
        with contextlib.suppress(StreamlitAPIException):  # the slider is there already, and keeps the address
            st.query_params[PREVALENCE_KEY] = old
    return bool(found)


def _named(run: ComparedRun, runs: list[ComparedRun]) -> str:
    return "" if len(runs) == 1 else f"**{run.name}**: "


def _keep_up(ids: list[str]) -> None:
    """Redraw the page when an active run has progressed."""
    is_active = any(row is not None and row.is_active for row in map(run_row, ids))
    rerun_when_changed(lambda: _state(ids), every=_TICK if is_active else None)


def _state(ids: list[str]) -> list[tuple[object, ...]]:
    try:
        rows = [run_row(run_id) for run_id in ids]
        return [
            (row.status, row.name, record_count(row.id), len(run_store(row.id).ceilings()))
            for row in rows
            if row
        ]
    except AlcoreError:  # such as a directory that someone removes: the page itself will say so
        return []
