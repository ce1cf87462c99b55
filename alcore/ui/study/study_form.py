"""The form of a new study: its axes, the resulting runs, and their cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from alcore.access.roles import Action
from alcore.acquisition import asks_people, strategy_names
from alcore.config import load_config
from alcore.data.collection import dataset_names
from alcore.errors import AlcoreError, ConfigError
from alcore.experiment.repetition import draw_repetition
from alcore.learning.model_names import check_names
from alcore.presentation.labels import PREVALENCES
from alcore.presentation.sentences import queries_in_short
from alcore.study.plan import StudyPlan, make_study, prepared_plans
from alcore.ui import acting, problems
from alcore.ui.choices import FIRST_QUERY_TITLES, START_TITLES
from alcore.ui.config_form import ConfigForm, usual_settings
from alcore.ui.downloads import save_button
from alcore.ui.permitted import permission
from alcore.ui.session import dataset
from alcore.wording import percent, plural

KEYS = {
    "dataset": "study_data",
    "pool_prevalence": "study_pools",
    "test_prevalence": "study_test_prevalences",
    "strategies": "study_strategies",
    "pool_size": "study_pool",
    "test_size": "study_test",
    "test_clean": "study_test_clean",
    "query_size": "study_query",
    "first_query": "study_first",
    "first_query_by": "study_first_by",
    "cycles": "study_cycles",
    "repetitions": "study_reps",
    "seed": "study_seed",
    "model.architecture": "study_architecture",
    "model.encoder": "study_encoder",
    "model.encoder_weights": "study_weights",
    "model.freeze_encoder": "study_freeze",
    "model.options": "study_light",
    "training.steps": "study_steps",
    "training.batch_size": "study_batch",
    "training.start": "study_starts",
}
"""Keys of the form's widgets, by setting."""

_NOTES = {
    "pool_prevalence": "Each value adds one run per repetition.",
    "test_prevalence": "Needs no further run.",
    "query_size": "Several make another axis: compare their curves at equal labels, since areas (AUBC) are "
    "over each one's own budgets.",
    "first_query": "The starting budget. Several make another axis of the grid.",
    "first_query_by": "Several make another axis of the grid.",
    "repetitions": "More can be added later.",
    "training.start": "Several make another axis of the grid.",
}
_QUERY_SIZES = (6, 12, 24, 48, 96)
_FIRST_QUERIES = (12, 24, 48, 96, 192)
_PLAN = "study_prepared"
_AXIS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_REPETITIONS = 5
_PROBLEM = "study-form"


def show() -> None:
    """The form, what it makes, and the buttons."""
    st.markdown(
        "A study runs every combination of the values below. π₁ costs nothing: all its values are "
        "computed from the same runs. Studies run in a separate process, and continue when this page is "
        "closed."
    )
    _offer_plans()
    plan = make_study(_values(), origin="this study")
    check_names(plan.cells[0].config.model)
    problem = _first_problem(plan)
    config = plan.cells[0].config
    st.markdown(
        f"**{plural(len(plan.cells), 'cell')} × {plural(config.repetitions, 'repetition')} = "
        f"{plural(plan.runs, 'run')}**, each of {plural(len(config.strategies), 'strategy')} and "
        f"{plural(config.cycles, 'cycle')}, {queries_in_short(config)} labels"
    )
    if problem:
        problems.tell(problem)
    _show_buttons(plan, can_run=not problem)


def _values() -> dict[str, Any]:
    """A STUDY.json's content, as the controls say."""
    demo = load_config("demo")
    form = ConfigForm(KEYS, demo.model_copy(update={"repetitions": _REPETITIONS}), notes=_NOTES)
    base = demo.model_dump(mode="json", exclude={"dataset", "pool_prevalence"})
    chosen: dict[str, list[Any]] = {}
    left, right = st.columns(2, gap="large")
    with left:
        chosen |= _ask(form, "dataset", "pool_prevalence")
        test_prevalences = _prevalences(form, "test_prevalence")
        base["strategies"] = st.multiselect(
            **form.words("strategies"),
            options=[name for name in strategy_names() if not asks_people(name)],
            default=list(demo.strategies),
        )
    with right:
        base |= form.numbers("pool_size", "test_size", "cycles", "repetitions", "seed")
        base["test_clean"] = form.test_clean()
        chosen |= _ask(form, "query_size", "first_query")
        with st.expander("Network and training"):
            base["model"] = form.network()
            base["training"] = usual_settings(base["model"]["architecture"]).training.model_dump(mode="json")
            base["training"] |= form.numbers("training.steps", "training.batch_size")
            chosen |= _ask(form, "training.start", "first_query_by")
    grid = {}
    for setting in (name for name in _AXES if name not in _MAY_BE_EMPTY or chosen[name]):
        if len(chosen[setting]) == 1 and setting != "pool_prevalence":
            _put(base, setting, chosen[setting][0])
        else:
            grid[setting] = chosen[setting]
    return {"base": base, "grid": grid, "test_prevalences": test_prevalences}


def _ask(form: ConfigForm, *settings: str) -> dict[str, list[Any]]:
    """What the controls of some axes say, one below the other."""
    return {setting: _AXES[setting](form, setting) for setting in settings}


def _put(base: dict[str, Any], setting: str, value: object) -> None:
    *path, last = setting.split(".")
    for name in path:
        base = base[name]
    base[last] = value


def _data_sets(form: ConfigForm, setting: str) -> list[str]:
    named = form.words(setting) | {"label": "Data sets"}
    return st.multiselect(**named, options=dataset_names(), default=["synthetic"])


def _counts(form: ConfigForm, setting: str, *, offered: tuple[int, ...]) -> list[int]:
    """Numbers of patches, of those offered or typed in; the usual one where none is chosen.

    Raises:
        ConfigError: what was typed in is no number of patches.
    """
    usual = [count for count in [form.default(setting)] if count is not None]
    chosen = st.multiselect(
        **form.words(setting), options=offered, default=usual, accept_new_options=True, format_func=str
    )
    if odd := [value for value in chosen if not str(value).isdecimal() or int(value) < 1]:
        raise ConfigError(f"{form.words(setting)['label']}: {odd[0]!r} is no number of patches")
    return sorted({int(value) for value in chosen}) or usual


def _offer_plans() -> None:
    """Prepared plans, which fill in the form."""
    plans = prepared_plans()
    st.pills(
        "Begin with a prepared plan",
        list(plans),
        format_func=lambda name: plans[name].title,
        key=_PLAN,
        on_change=_take_plan,
        help="  \n".join(f"**{plan.title}**: {plan.about}" for plan in plans.values()),
    )
    if chosen := st.session_state.get(_PLAN):
        st.caption(plans[chosen].about)


def _take_plan() -> None:
    """Set the controls to the chosen plan."""
    plan = prepared_plans().get(st.session_state.get(_PLAN) or "")
    if plan is None:
        return
    st.session_state[KEYS["first_query"]], st.session_state[KEYS["first_query_by"]] = [], []
    st.session_state[KEYS["test_clean"]] = "half"
    for setting, value in plan.settings().items():
        st.session_state[KEYS[setting]] = list(value) if setting in _AXES else value[0]
    st.session_state[KEYS["test_prevalence"]] = list(plan.study.test_prevalences)


def _prevalences(form: ConfigForm, setting: str) -> list[float]:
    chosen = st.multiselect(**form.words(setting), options=PREVALENCES, default=_AXIS, format_func=percent)
    return sorted(chosen)


def _several(form: ConfigForm, setting: str, *, titles: dict[str, str]) -> list[str]:
    """One or more of a setting's values; the usual one where none is chosen."""
    usual = form.default(setting)
    chosen = st.pills(
        **form.words(setting),
        options=list(titles),
        selection_mode="multi",
        default=[usual],
        format_func=titles.get,
    )
    return chosen or [usual]


_AXES: dict[str, Callable[[ConfigForm, str], list[Any]]] = {
    "dataset": _data_sets,
    "pool_prevalence": _prevalences,
    "first_query": partial(_counts, offered=_FIRST_QUERIES),
    "query_size": partial(_counts, offered=_QUERY_SIZES),
    "first_query_by": partial(_several, titles=FIRST_QUERY_TITLES),
    "training.start": partial(_several, titles=START_TITLES),
}
"""Settings of which a study may take several values, in the grid's order, and what asks for them."""
_MAY_BE_EMPTY = {"first_query"}
"""Then the run's own rule holds."""


def _first_problem(plan: StudyPlan) -> str:
    """The first cell whose pool cannot be drawn, and why; '' for none."""
    try:
        for cell in plan.cells:
            where = f"π₀ = {percent(cell.config.pool_prevalence)}"
            draw_repetition(cell.config, dataset(cell.config.dataset), 1)
    except AlcoreError as error:
        return f"At {where}: {error}"
    return ""


def _show_buttons(plan: StudyPlan, *, can_run: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", f"study-{time.strftime('%Y%m%d')}", key="study_name", max_chars=64, width=260
        )
        engine = _choose_engine()
        may = permission(Action.ESTIMATE_STUDY, disabled=not can_run)
        wants_estimate = st.button("Estimate time and disk", icon=":material/timer:", **may)
        st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
            args=(name, plan, engine),
            **permission(Action.START_STUDY, disabled=not can_run),
        )
        save_button(
            "STUDY.json",
            plan.to_json,
            "study.json",
            "application/json",
            help="For `python -m alcore study STUDY.json --out DIR`, here or on a cluster.",
        )
    key = json.dumps(plan.to_json())
    if wants_estimate:
        with st.spinner("Running two cycles to see how long they take …"):
            problems.attempt(_PROBLEM, _estimate, plan, key)
    estimate = st.session_state.get("study_estimate")
    if estimate and estimate[0] == key:
        st.info("  \n".join(estimate[1]))
    problems.show(_PROBLEM)


def _choose_engine() -> str:
    """Where the study runs. The address of a cluster is set on the server; a page never asks for it."""
    return st.selectbox(
        "Engine",
        ["local", "ray"],
        key="study_engine",
        width=140,
        help="local: processes on this machine. ray: the Ray cluster that the server was started with "
        "(--ray-address), or one that is started here.",
    )


def _estimate(plan: StudyPlan, key: str) -> None:
    st.session_state["study_estimate"] = key, acting.measure_study(plan).sentences()


def _begin(name: str, plan: StudyPlan, engine: str) -> None:
    """Start the study and turn to its progress; a callback, since only those may turn to another tab."""
    if problems.attempt(_PROBLEM, acting.start_study, name, plan, engine):
        st.session_state["study_to_open"] = name
        st.session_state["study_view"] = "Progress"
