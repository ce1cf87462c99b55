"""The Compare page's views of repetitions: may you stop, and how many are needed?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from alcore.compute.measured_time import seconds_per_repetition
from alcore.config import bounds
from alcore.presentation.figures import repetitions as figures
from alcore.presentation.labels import METRIC_TITLES, display_name
from alcore.presentation.repetition_sentences import (
    WHAT_IS_VALID,
    limits_of_a_plan,
    plan_table,
    so_far,
)
from alcore.statistics.comparison import Question, watched_advantages
from alcore.statistics.estimands import Curves
from alcore.statistics.planning import Pilot, along_repetitions, pilots, plan
from alcore.ui.compare.compare_view import PREVALENCE_KEY
from alcore.ui.compare.compared_run import ComparedRun, choose_one
from alcore.ui.downloads import show_figure
from alcore.ui.lab_link import link_of
from alcore.ui.session import is_recorded, run_store
from alcore.wording import clock, plural

_WANTED = 0.02


def show_repetitions(runs: list[ComparedRun], question: Question) -> None:
    """What was known after each repetition, by both kinds of interval; of several runs one at a time."""
    run, baseline = choose_one(runs, "repetitions_of"), question.baseline
    rows = watched_advantages(run.evidence, question)
    if rows.empty:
        st.info(_why_nothing(run, baseline))
        return
    strategy = _ask_strategy(pilots(_curves(run, question), baseline)).strategy
    title = f"AUBC ({METRIC_TITLES[question.metric]}) minus {baseline}'s"
    show_figure(
        figures.watched_difference(rows[rows["strategy"] == strategy], title=title), "watched-difference"
    )
    if not run.is_whole:
        st.markdown("  \n".join(so_far(run.evidence, question, run.config.repetitions)))
    st.caption(WHAT_IS_VALID)


def show_planning(runs: list[ComparedRun], question: Question) -> None:
    """How many repetitions are needed to see a difference, from a pilot; of several runs one at a time."""
    run, baseline = choose_one(runs, "repetitions_of"), question.baseline
    if watched_advantages(run.evidence, question).empty:
        st.info(_why_nothing(run, baseline))
        return
    found = pilots(_curves(run, question), baseline)
    with st.container(horizontal=True):
        pilot, wanted = _ask_strategy(found), _ask_difference()
    planned = plan(found, wanted)
    _show_along(pilot, planned, wanted)
    _show_plan(run, planned, baseline, wanted)
    _offer_run(run, planned[planned["strategy"] == pilot.strategy]["needed"].iloc[0])


def _curves(run: ComparedRun, question: Question) -> Curves:
    return run.evidence.curves_with_shared_error(question.metric, question.test_prevalence)


def _why_nothing(run: ComparedRun, baseline: str) -> str:
    if baseline not in run.evidence.strategies:
        return f"This run has no {baseline} baseline to compare with."
    if run.evidence.repetitions < 2:
        return (
            "The spread between repetitions is known from the second one on. Start a run of three or more "
            "in the Lab, as a pilot; this view then shows how many are needed."
        )
    return "There is no area under a curve that is defined in every repetition, and so no difference."


def _ask_strategy(found: list[Pilot]) -> Pilot:
    """The strategy that is drawn: at first the one furthest above the baseline."""
    names = [one.strategy for one in found]
    best = int(np.nanargmax([one.difference for one in found]))
    chosen = st.selectbox(
        "Strategy shown",
        names,
        best,
        format_func=display_name,
        key="planned_strategy",
        persist_state="page",
        width=260,
    )
    return found[names.index(chosen)]


def _ask_difference() -> float:
    return st.number_input(
        "Difference in AUBC to be seen",
        0.001,
        1.0,
        _WANTED,
        0.005,
        format="%.3f",
        key="wanted",
        help="The smallest true advantage over the baseline that matters to you.",
        persist_state="page",
        width=260,
    )


def _show_along(pilot: Pilot, planned: pd.DataFrame, wanted: float) -> None:
    if np.isnan(pilot.spread):
        st.info(f"The differences of {display_name(pilot.strategy)} do not vary: nothing can be planned.")
        return
    needed = planned["needed"].to_numpy()
    most = max([30, 2 * pilot.repetitions, *(2 * needed[np.isfinite(needed)])])
    rows = along_repetitions(pilot, int(min(most, 2000)))
    title = "difference seen with a probability of 80 %"
    figure = figures.detectable_along(rows, wanted=wanted, pilot=pilot.repetitions, title=title)
    show_figure(figure, "detectable-along")


def _show_plan(run: ComparedRun, planned: pd.DataFrame, baseline: str, wanted: float) -> None:
    seconds = _seconds(run)
    st.dataframe(plan_table(planned, baseline, seconds), hide_index=True)
    said = limits_of_a_plan(planned, run.evidence.repetitions, wanted)
    if seconds is not None:
        said.append(
            f"Measured on this run: {clock(seconds)} per repetition of all "
            f"{plural(len(run.config.strategies), 'strategy')}, with its workers, without pauses."
        )
    st.caption(" ".join(said))


def _seconds(run: ComparedRun) -> float | None:
    """Of a repetition; files that came with the package, or from logs, do not tell."""
    return seconds_per_repetition(run_store(run.id)) if run.can_resume and not is_recorded(run.id) else None


def _offer_run(run: ComparedRun, needed: float) -> None:
    """A button that opens the Lab with this run's settings and so many repetitions."""
    least, most = bounds("repetitions")
    if not run.can_resume or not np.isfinite(needed):
        return
    count = int(min(max(needed, least), most))
    if st.button(
        f"Run with {plural(count, 'repetition')} …",
        key="run_planned",
        icon=":material/science:",
        help=(
            "Opens the Lab with this run's settings and that many repetitions; nothing is started yet. "
            "The first ones repeat the pilot's."
        ),
    ):
        link = link_of(run.config.model_copy(update={"repetitions": count}))
        del link[PREVALENCE_KEY]  # the slider of this page, which the Lab takes over as it stands
        st.switch_page("pages/lab.py", query_params=link)
