"""The controls of a run's settings, the same in the Lab's sidebar and in the form of a new study.

A setting's label, help and bounds have one home, here and in `alcore.config`. A page adds which settings it
offers, where they stand, the keys of its widgets, and its further notes on a setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import streamlit as st

from alcore.acquisition import current_name, get_strategy, strategy_names
from alcore.config import HYPERCOLUMN, RunConfig, load_config, make_config
from alcore.learning.model_names import architectures, encoders
from alcore.ui.choices import POOL_PREVALENCE, TEST_CLEAN_TITLES, TEST_PREVALENCE, widget_bounds


class Setting(NamedTuple):
    """The control of a setting; step: of the plus and minus buttons of a number."""

    label: str
    help: str
    step: int = 1


SETTINGS = {
    "dataset": Setting("Data set", "Where the patches come from."),
    "pool_prevalence": Setting(POOL_PREVALENCE, "Prevalence: the share of defective patches in the pool."),
    "test_prevalence": Setting(
        TEST_PREVALENCE,
        "Share of defective patches where the model will be used. π₁ ≠ π₀ is label shift. "
        "Every number follows at once, from saved counts: nothing is trained again.",
    ),
    "pool_size": Setting("Pool size", "Patches that may be labelled.", 50),
    "test_size": Setting("Test size", "Patches that models are evaluated on; at most those of the split."),
    "test_clean": Setting(
        "Clean test patches",
        "Where π₁ is small, IoU hangs on rare false alarms that few clean patches never show. *All* takes "
        "every clean patch of the test split: evaluating takes longer, and nothing else changes.",
    ),
    "query_size": Setting("Query size", "Patches labelled in one cycle.", 4),
    "first_query": Setting(
        "First query", "Patches labelled before a model is used; empty: as many as in later queries.", 4
    ),
    "first_query_by": Setting(
        "First query by",
        "How the first query is chosen, for all strategies alike: at random, or by the features of an "
        "encoder with imagenet weights, as typical patches of each region or patches that cover the pool.",
    ),
    "cycles": Setting("Cycles", "Rounds of query, label, train, evaluate."),
    "repetitions": Setting("Repetitions", "Whole runs, each with its own pool."),
    "strategies": Setting(
        "Strategies", "  \n".join(f"**{name}**: {get_strategy(name).help}" for name in strategy_names())
    ),
    "model.architecture": Setting(
        "Architecture",
        "hypercolumn is a light head on the kept features of a frozen encoder, which trains in a fraction "
        "of a second; the others are decoders of segmentation-models-pytorch.",
    ),
    "model.encoder": Setting("Encoder", "Backbone; for any timm model write tu- and its name."),
    "model.encoder_weights": Setting(
        "Encoder weights",
        "imagenet: pretrained weights, installed ones or else those of the hub; none: from scratch.",
    ),
    "model.freeze_encoder": Setting(
        "Freeze the encoder", "Only the decoder is trained; the encoder keeps its weights."
    ),
    "model.options": Setting(
        "Light decoder",
        "A quarter of the usual decoder channels: enough for small patches, and faster.",
    ),
    "training.steps": Setting(
        "Optimiser steps per cycle", "Mini-batches of Dice + cross-entropy training in each cycle.", 10
    ),
    "training.batch_size": Setting("Batch size", "Patches in one optimiser step."),
    "training.start": Setting(
        "Start of a cycle",
        "Warm keeps the last cycle's weights, cold resets them, shrink & perturb lies in between.",
    ),
    "seed": Setting("Seed", "The same seed gives the same result, to the byte (on a CPU)."),
    "device": Setting("Device", "Where training runs; auto uses a GPU if there is one."),
}
"""By key of a config, dotted for nested ones."""


def usual_settings(architecture: str) -> RunConfig:
    """Initial values of controls, and values of settings without one; they depend on the architecture."""
    return load_config("demo" if architecture == HYPERCOLUMN else "demo-scratch")


def value_of(config: RunConfig, setting: str) -> Any:  # noqa: ANN401  of the setting's own type
    """What a config says of a setting, dotted for nested ones; a query's size as a count.

    The first query's is None where it is as the others'.

    Strategies have the names that they go by today, which are those that a control offers.
    """
    if setting == "query_size":
        return config.query_count
    if setting == "first_query":
        return None if config.first_count == config.query_count else config.first_count
    if setting == "strategies":
        return tuple(current_name(name) for name in config.strategies)
    value: Any = config
    for name in setting.split("."):
        value = getattr(value, name)
    return value


def make_settings(values: dict[str, Any]) -> RunConfig:
    """The config that a page's controls make; ConfigError says what is wrong with it."""
    return make_config(values, origin="")


@dataclass(frozen=True)
class ConfigForm:
    """One page's controls of settings.

    keys: of its widgets, by setting; defaults: what they show at first; is_linked: whether they are in the
    page's address; notes: what the page adds to the help of a setting.
    """

    keys: Mapping[str, str]
    defaults: RunConfig
    is_linked: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)

    def words(self, setting: str) -> dict[str, Any]:
        """Label, key, help and binding of a setting's control: arguments that every widget takes."""
        label, help_text, _ = SETTINGS[setting]
        text = f"{help_text} {self.notes.get(setting, '')}".strip()
        bind = {"bind": "query-params"} if self.is_linked else {}
        return {"label": label, "key": self.keys[setting], "help": text} | bind

    def default(self, setting: str) -> Any:  # noqa: ANN401  of the setting's own type
        """What the setting is at first; a query's size as a count."""
        return value_of(self.defaults, setting)

    def optional_number(self, setting: str, *, empty: str) -> int | None:
        """A control of a whole number that may be left empty, which means what `empty` says."""
        low, high = widget_bounds(setting)
        return st.number_input(
            **self.words(setting),
            min_value=low,
            max_value=high,
            value=self.default(setting),
            step=SETTINGS[setting].step,
            placeholder=empty,
        )

    def number(self, setting: str) -> int:
        """A control of a whole number, bounded as the config is."""
        low, high = widget_bounds(setting)
        return st.number_input(
            **self.words(setting),
            min_value=low,
            max_value=high,
            value=self.default(setting),
            step=SETTINGS[setting].step,
        )

    def numbers(self, *settings: str) -> dict[str, int]:
        """Controls of whole numbers in two columns, left to right; values by the settings' last names."""
        columns = st.columns(2)
        values = {}
        for index, setting in enumerate(settings):
            with columns[index % len(columns)]:
                values[setting.rpartition(".")[2]] = self.number(setting)
        return values

    def test_clean(self) -> str:
        """A control of how many clean test patches there are."""
        return st.segmented_control(
            **self.words("test_clean"),
            options=list(TEST_CLEAN_TITLES),
            default=self.default("test_clean"),
            required=True,
            format_func=TEST_CLEAN_TITLES.get,
        )

    def network(self) -> dict[str, Any]:
        """Controls of the network; a config's `model`."""
        known, backbones, weights_known = architectures(), encoders(), ["none", "imagenet"]
        architecture = st.selectbox(
            **self.words("model.architecture"),
            options=known,
            index=known.index(self.default("model.architecture")),
        )
        encoder = st.selectbox(
            **self.words("model.encoder"),
            options=backbones,
            index=backbones.index(self.default("model.encoder")),
            accept_new_options=True,
        )
        weights = st.selectbox(
            **self.words("model.encoder_weights"),
            options=weights_known,
            index=weights_known.index(self.default("model.encoder_weights")),
        )
        is_light = architecture == HYPERCOLUMN
        freezes = is_light or st.toggle(**self.words("model.freeze_encoder"))
        options = {}
        light = usual_settings(architecture).model
        if light.options and architecture == light.architecture:
            options = light.options if st.toggle(**self.words("model.options"), value=True) else {}
        return {
            "architecture": architecture,
            "encoder": encoder,
            "encoder_weights": weights,
            "freeze_encoder": freezes,
            "options": options,
        }
