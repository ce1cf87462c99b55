"""The Lab's sidebar: what defines a run, and nothing else. Every control is in the address bar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from alcore.acquisition import get_strategy, strategy_names
from alcore.config import RunConfig, load_config, make_config
from alcore.data.collection import dataset_names
from alcore.errors import ConfigError
from alcore.learning.model_names import architectures, check_names, encoders
from alcore.presentation.labels import METRIC_TITLES
from alcore.ui.session import manager
from alcore.wording import percent

PREVALENCES = (
    *(0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08),
    *(0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
"""Steps of the prevalence sliders: 0.1 % to 100 %, finer where it is small."""

START_TITLES = {"warm": "warm", "cold": "cold", "shrink-perturb": "shrink & perturb"}
_BOUND = {"bind": "query-params"}


def sidebar() -> RunConfig | ConfigError:
    """Show the controls; the config they make, or what is wrong with it."""
    defaults = load_config("demo")
    with st.sidebar:
        values = _experiment(defaults)
        with st.expander("Network and training"):
            values |= _network(defaults) | _training(defaults)
        with st.expander("Seed and device"):
            values |= _machine(defaults)
    try:
        config = make_config(values, origin="these settings")
        check_names(config.model)
        return config
    except ConfigError as error:
        return error


def _experiment(defaults: RunConfig) -> dict[str, Any]:
    name = st.selectbox(
        "Data set", dataset_names(), key="data", help="Where the patches come from.", **_BOUND
    )
    pool_prevalence = _prevalence(
        "Defects in the pool π₀",
        "pi0",
        defaults.pool_prevalence,
        "Prevalence: share of defective patches in the pool that labels are bought from.",
    )
    test_prevalence = _prevalence(
        "Defects in use π₁",
        "pi1",
        defaults.test_prevalence,
        "Share of defective patches where the model will be used. π₁ ≠ π₀ is label shift. "
        "The curves follow at once, from saved counts: nothing is trained again.",
    )
    prevalences = {"pool_prevalence": pool_prevalence, "test_prevalence": test_prevalence}
    strategy_helps = "  \n".join(f"**{name}**: {get_strategy(name).help}" for name in strategy_names())
    sizes = _sizes(defaults)
    strategies = st.pills(
        "Strategies",
        strategy_names(),
        selection_mode="multi",
        default=list(defaults.strategies),
        key="strategies",
        help=strategy_helps,
        **_BOUND,
    )
    return {"dataset": name, "strategies": tuple(strategies)} | prevalences | sizes


def _sizes(defaults: RunConfig) -> dict[str, int]:
    left, right = st.columns(2)
    fields = (
        (left, "Pool size", "pool", "pool_size", 20, 1_000_000, 50, "Patches that may be labelled."),
        (right, "Query size", "query", "query_size", 1, 10_000, 4, "Patches labelled in one cycle."),
        (left, "Cycles", "cycles", "cycles", 1, 200, 1, "Rounds of query, label, train, evaluate."),
        (right, "Repetitions", "reps", "repetitions", 1, 200, 1, "Whole runs, each with its own pool."),
    )
    return {
        field: column.number_input(
            label, low, high, getattr(defaults, field), step, key=key, help=help_text, **_BOUND
        )
        for column, label, key, field, low, high, step, help_text in fields
    }


def _prevalence(label: str, key: str, default: float, help_text: str) -> float:
    return st.select_slider(
        label, PREVALENCES, default, format_func=percent, key=key, help=help_text, **_BOUND
    )


def _network(defaults: RunConfig) -> dict[str, Any]:
    architecture = st.selectbox(
        "Architecture", architectures(), key="net", help="Decoder of segmentation-models-pytorch.", **_BOUND
    )
    encoder = st.selectbox(
        "Encoder",
        encoders(),
        key="encoder",
        accept_new_options=True,
        help="Backbone; any timm model goes by tu- and its name.",
        **_BOUND,
    )
    weights = st.selectbox(
        "Encoder weights",
        ["none", "imagenet"],
        key="weights",
        help="imagenet downloads pretrained weights from the hub; none starts from scratch.",
        **_BOUND,
    )
    options = {}
    if architecture == defaults.model.architecture and st.toggle(
        "Light decoder",
        True,
        key="light",
        help="A quarter of the usual decoder channels: enough for small patches, and faster.",
        **_BOUND,
    ):
        options = defaults.model.options
    model = {"architecture": architecture, "encoder": encoder, "encoder_weights": weights, "options": options}
    return {"model": model, "test_size": defaults.test_size}


def _training(defaults: RunConfig) -> dict[str, Any]:
    steps = st.number_input(
        "Optimiser steps a cycle",
        1,
        100_000,
        defaults.training.steps,
        10,
        key="steps",
        help="Mini-batches of Dice + cross-entropy training in each cycle.",
        **_BOUND,
    )
    start = st.segmented_control(
        "Start of a cycle",
        list(START_TITLES),
        default="warm",
        required=True,
        format_func=START_TITLES.get,
        key="start",
        help="Warm keeps the last cycle's weights, cold resets them, shrink & perturb is between.",
        **_BOUND,
    )
    return {"training": defaults.training.model_dump() | {"steps": steps, "start": start}}


def _machine(defaults: RunConfig) -> dict[str, Any]:
    seed = st.number_input(
        "Seed",
        0,
        2**31,
        defaults.seed,
        key="seed",
        help="One seed, one result, to the byte (on a CPU).",
        **_BOUND,
    )
    found = manager().devices
    gpus = [name for name in found or [] if name != "cpu"]
    title = {"auto": f"auto ({found[0]})" if found else "auto"}
    device = st.selectbox(
        "Device",
        ["auto", "cpu", *gpus],
        format_func=lambda name: title.get(name, name),
        key="device",
        help="Where training runs; auto takes a GPU if it finds one.",
        **_BOUND,
    )
    return {"seed": seed, "device": device}


def choose_metric(key: str) -> str:
    """The metric that a page judges by."""
    return st.segmented_control(
        "Metric of the defect class",
        list(METRIC_TITLES),
        default="iou",
        required=True,
        format_func=METRIC_TITLES.get,
        key=key,
        help="Patch IoU is the mean over defective patches: it does not depend on π.",
        **_BOUND,
    )
