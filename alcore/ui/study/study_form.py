"""The form of a new study: its axes, what they make, and what that would take."""

from __future__ import annotations

import json
import time
from typing import Any

import streamlit as st

from alcore.acquisition import strategy_names
from alcore.config import load_config
from alcore.data.collection import dataset_names
from alcore.errors import AlcoreError, ConfigError
from alcore.experiment.repetition import draw_repetition
from alcore.learning.model_names import architectures, check_names, encoders
from alcore.study.launch import launch, measure_plan
from alcore.study.plan import StudyPlan, make_study
from alcore.study.reader import known_studies
from alcore.ui.config_form import PREVALENCES, START_TITLES
from alcore.ui.session import dataset
from alcore.wording import percent, plural

_POOLS, _USES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5), (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def show() -> None:
    """The form, what it makes, and the buttons."""
    st.markdown(
        "A study runs every combination of the values below. π₁ costs nothing: all of its values are "
        "computed from the same runs. Studies run in a process of their own, and go on when this page is "
        "closed."
    )
    try:
        plan = make_study(_values(), origin="this study")
        check_names(plan.cells[0].config.model)
    except ConfigError as error:
        st.error(str(error))
        return
    problem = _first_problem(plan)
    config = plan.cells[0].config
    st.markdown(
        f"**{plural(len(plan.cells), 'cell')} × {plural(config.repetitions, 'repetition')} = "
        f"{plural(plan.runs, 'run')}**, each of {plural(len(config.strategies), 'strategy')} and "
        f"{plural(config.cycles, 'cycle')} of {plural(config.query_count, 'label')}"
    )
    if problem:
        st.error(problem)
    _show_buttons(plan, can_run=not problem)


def _values() -> dict[str, Any]:
    defaults = load_config("demo")
    base = defaults.model_dump(mode="json", exclude={"dataset", "pool_prevalence"})
    left, right = st.columns(2, gap="large")
    with left:
        names = st.multiselect("Data sets", dataset_names(), ["synthetic"], key="study_data")
        pools = _prevalences("Pools π₀", "study_pools", _POOLS, "Each value adds a run a repetition.")
        uses = _prevalences("Uses π₁", "study_uses", _USES, "Costs no run.")
        strategies = st.multiselect(
            "Strategies", strategy_names(), list(defaults.strategies), key="study_strategies"
        )
    with right:
        base |= _sizes(defaults)
        base |= _network(defaults)
    grid = {"dataset": names, "pool_prevalence": pools}
    if len(names) == 1:
        base["dataset"] = grid.pop("dataset")[0]
    starts = st.session_state.get("study_starts") or ["warm"]
    if len(starts) > 1:
        grid["training.start"] = starts
    else:
        base["training"]["start"] = starts[0]
    base["strategies"] = strategies
    return {"base": base, "grid": grid, "test_prevalences": uses}


def _prevalences(label: str, key: str, default: tuple[float, ...], help_: str) -> list[float]:
    chosen = st.multiselect(label, PREVALENCES, default, format_func=percent, key=key, help=help_)
    return sorted(chosen)


def _sizes(defaults) -> dict[str, Any]:
    first, second = st.columns(2)
    return {
        "pool_size": first.number_input("Pool size", 2, 10_000_000, defaults.pool_size, key="study_pool"),
        "test_size": second.number_input("Test size", 2, 1_000_000, defaults.test_size, key="study_test"),
        "query_size": first.number_input(
            "Labels a query", 1, 100_000, int(defaults.query_size), key="study_query"
        ),
        "cycles": second.number_input("Cycles", 2, 10_000, defaults.cycles, key="study_cycles"),
        "repetitions": first.number_input(
            "Repetitions", 1, 10_000, 5, key="study_reps", help="More can be added later."
        ),
        "seed": second.number_input("Seed", 0, 2**53 - 1, 0, key="study_seed"),
    }


def _network(defaults) -> dict[str, Any]:
    with st.expander("Network and training"):
        known = architectures()
        architecture = st.selectbox(
            "Architecture", known, known.index(defaults.model.architecture), key="study_architecture"
        )
        encoder = st.selectbox(
            "Encoder", encoders(), encoders().index(defaults.model.encoder), key="study_encoder"
        )
        light = st.checkbox(
            "Light decoder",
            True,
            key="study_light",
            help="Faster on a CPU; for U-Nets alone.",
            disabled=architecture != "unet",
        )
        first, second = st.columns(2)
        steps = first.number_input("Steps a cycle", 1, 1_000_000, defaults.training.steps, key="study_steps")
        batch = second.number_input("Batch size", 2, 4096, defaults.training.batch_size, key="study_batch")
        st.pills(
            "Start of each cycle",
            list(START_TITLES),
            selection_mode="multi",
            default=["warm"],
            format_func=START_TITLES.get,
            key="study_starts",
            help="Several make another axis of the grid.",
        )
    model = {"architecture": architecture, "encoder": encoder}
    if light and architecture == "unet":
        model["options"] = defaults.model.options
    training = defaults.training.model_dump(mode="json") | {"steps": steps, "batch_size": batch}
    return {"model": model, "training": training}


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
        engine = st.selectbox(
            "Engine",
            ["local", "ray"],
            key="study_engine",
            width=140,
            help="local: processes on this machine. ray: a Ray cluster; one is started here without address.",
        )
        address = ""
        if engine == "ray":
            address = st.text_input("Address", key="study_address", placeholder="auto", width=200)
        wants_estimate = st.button("Estimate time and disk", disabled=not can_run, icon=":material/timer:")
        st.button(
            "Start",
            type="primary",
            disabled=not can_run,
            icon=":material/play_arrow:",
            on_click=_begin,
            args=(name, plan, engine, address),
        )
        st.download_button(
            "STUDY.json",
            plan.to_json(),
            file_name="study.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            help="For `python -m alcore study STUDY.json --out DIR`, here or on a cluster.",
        )
    key = json.dumps(plan.to_json())
    if wants_estimate:
        _estimate(plan, key)
    told = st.session_state.get("study_estimate")
    if told and told[0] == key:
        st.info("  \n".join(told[1]))
    if problem := st.session_state.pop("study_form_problem", None):
        st.error(problem)


def _estimate(plan: StudyPlan, key: str) -> None:
    with st.spinner("Running two cycles to see how long they take …"):
        try:
            st.session_state["study_estimate"] = key, measure_plan(plan).sentences()
        except AlcoreError as error:
            st.error(str(error))


def _begin(name: str, plan: StudyPlan, engine: str, address: str) -> None:
    """Start the study and turn to its progress; a callback, since only those may turn to another tab."""
    try:
        if name in known_studies():
            raise ConfigError(f"a study called {name!r} exists; take another name, or extend that one")
        launch(name, plan, engine=engine, address=address)
    except AlcoreError as error:
        st.session_state["study_form_problem"] = str(error)
        return
    st.session_state["study_to_open"] = name
    st.session_state["study_view"] = "Progress"
