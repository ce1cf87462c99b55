"""The Lab's sidebar: what defines a run, and nothing else. Every control is in the address bar."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alcore.acquisition import strategy_names
from alcore.config import RunConfig, load_config
from alcore.data.collection import dataset_names
from alcore.errors import ConfigError
from alcore.learning.model_names import check_names
from alcore.presentation.labels import PREVALENCES
from alcore.ui import kept_settings
from alcore.ui.choices import FIRST_QUERY_TITLES, START_TITLES
from alcore.ui.config_form import ConfigForm, make_settings, usual_settings
from alcore.ui.lab.next_run import NAME
from alcore.ui.session import manager
from alcore.ui.setting_words import KEYS
from alcore.wording import percent

_ALL = "all_strategies"
"""In the session: whether every strategy is offered, and not just the paper's."""


def sidebar(on_stage: DeltaGenerator | None = None) -> RunConfig:
    """Show the controls; the config they make.

    Args:
        on_stage: the place of π₀'s slider where the sidebar is out of sight.
    Raises:
        ConfigError: what is wrong with it.
    """
    form = ConfigForm(KEYS, load_config("demo"), is_linked=True)
    kept = kept_settings.of_address()
    with st.sidebar:
        st.markdown("**Next run**")
        values = _experiment(form, on_stage)
        with st.expander("Network and training"):
            values |= {"model": (model := form.network())}
            values |= {"training": _training(form, model["architecture"])}
        with st.expander("First query, test, seed, device, name"):
            values |= {"first_query": form.optional_number("first_query", empty="as the others")}
            values |= {"first_query_by": _first_query_by(form)}
            values |= {"test_clean": form.test_clean()}
            values |= {"seed": form.number("seed"), "device": _device(form)}
            st.text_input(
                "Name of the next run",
                key=NAME,
                max_chars=120,
                placeholder="says what is new about it",
                help="Without one, a run is called after its data set, π₀, π₁, seed, and what differs from "
                "the last one of that name. It can be changed under Runs.",
            )
        kept_settings.show(kept)
    if not values["strategies"]:
        raise ConfigError("Choose at least one strategy")
    config = make_settings(kept_settings.joined(values, kept))
    check_names(config.model)
    return config


def _experiment(form: ConfigForm, on_stage: DeltaGenerator | None) -> dict[str, Any]:
    values = {"dataset": st.selectbox(**form.words("dataset"), options=dataset_names())}
    with on_stage or nullcontext():
        values["pool_prevalence"] = _prevalence(form, "pool_prevalence")
    values |= {
        "test_prevalence": _prevalence(form, "test_prevalence"),
        "test_size": form.default("test_size"),
    }
    values |= form.numbers("pool_size", "query_size", "cycles", "repetitions")
    return values | {"strategies": _strategies(form)}


def _strategies(form: ConfigForm) -> tuple[str, ...]:
    """The paper's strategies and those that are chosen; the others behind a button."""
    key, every = KEYS["strategies"], strategy_names()
    usual = list(form.default("strategies"))
    # What a link names counts before the control has read it.
    wanted = {*usual, *st.query_params.get_all(key), *st.session_state.get(key, [])}
    offered = [name for name in every if name in wanted]
    is_whole = bool(st.session_state.get(_ALL))
    chosen = st.pills(
        **form.words("strategies"),
        options=every if is_whole else offered,
        selection_mode="multi",
        default=usual,
    )
    others = len(every) - len(offered)
    if others:
        st.button(
            "fewer" if is_whole else f"{others} more …",
            key="more_strategies",
            type="tertiary",
            on_click=_turn_all_strategies,
            help="The other strategies, with published ideas and baselines that cheat: see Methods.",
        )
    return tuple(chosen)


def _turn_all_strategies() -> None:
    st.session_state[_ALL] = not st.session_state.get(_ALL)


def _prevalence(form: ConfigForm, setting: str) -> float:
    return st.select_slider(
        **form.words(setting), options=PREVALENCES, value=form.default(setting), format_func=percent
    )


def _training(form: ConfigForm, architecture: str) -> dict[str, Any]:
    steps = form.number("training.steps")
    start = st.segmented_control(
        **form.words("training.start"),
        options=list(START_TITLES),
        default="warm",
        required=True,
        format_func=START_TITLES.get,
    )
    return usual_settings(architecture).training.model_dump() | {"steps": steps, "start": start}


def _first_query_by(form: ConfigForm) -> str:
    return st.selectbox(
        **form.words("first_query_by"), options=list(FIRST_QUERY_TITLES), format_func=FIRST_QUERY_TITLES.get
    )


def _device(form: ConfigForm) -> str:
    found = manager().devices
    gpus = [name for name in found or [] if name != "cpu"]
    title = {"auto": f"auto ({found[0]})" if found else "auto"}
    return st.selectbox(
        **form.words("device"),
        options=["auto", "cpu", *gpus],
        format_func=lambda name: title.get(name, name),
    )
