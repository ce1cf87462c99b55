"""Settings of a run in addresses and in words, and how two runs differ in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from alcore.acquisition import asking_prevalence
from alcore.config import RunConfig
from alcore.experiment.run_identity import WITHOUT_INFLUENCE
from alcore.ui.config_form import value_of
from alcore.wording import as_plain_markdown, percent, plural

KEYS = {
    "dataset": "data",
    "pool_prevalence": "pi0",
    "test_prevalence": "pi1",
    "strategies": "strategies",
    "pool_size": "pool",
    "query_size": "query",
    "first_query": "first",
    "first_query_by": "first_by",
    "test_clean": "clean",
    "cycles": "cycles",
    "repetitions": "reps",
    "model.architecture": "net",
    "model.encoder": "encoder",
    "model.encoder_weights": "weights",
    "model.freeze_encoder": "freeze",
    "model.options": "light",
    "training.steps": "steps",
    "training.start": "start",
    "seed": "seed",
    "device": "device",
}
"""Parameters of the Lab's address, by setting that it has a control for. Links that people keep name them."""

_NAMES = {
    "dataset": "data set",
    "pool_prevalence": "π₀",
    "test_prevalence": "π₁",
    "pool_size": "pool size",
    "test_size": "test size",
    "test_clean": "clean test patches",
    "query_size": "query size",
    "first_query": "first query",
    "first_query_by": "choice of the first query",
    "model.encoder_weights": "encoder weights",
    "model.freeze_encoder": "frozen encoder",
    "model.options": "decoder",
    "training.steps": "optimiser steps",
    "training.batch_size": "batch size",
    "training.learning_rate": "learning rate",
    "training.weight_decay": "weight decay",
    "training.optimizer": "optimiser",
    "training.start": "start of a cycle",
}
"""Of settings whose last name in a config is not what people call them."""
_MOST_NAMED = 2


def _leaves(model: type[BaseModel], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, info in model.model_fields.items():
        kind: Any = info.annotation
        is_nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        found += _leaves(kind, f"{name}.") if is_nested else [prefix + name]
    return found


ALL_SETTINGS = tuple(dict.fromkeys([*KEYS, *_leaves(RunConfig)]))
"""Every setting of a run, dotted for nested ones; those with a control in the Lab first."""


def changed_settings(shown: RunConfig, config: RunConfig) -> list[str]:
    """Settings in which two runs differ and that affect results.

    π₁ counts only where a strategy looks at it: the curves of all others follow it at once.
    """
    ignored = {*WITHOUT_INFLUENCE}
    if not asking_prevalence((*shown.strategies, *config.strategies)):
        ignored.add("test_prevalence")
    return [
        setting
        for setting in ALL_SETTINGS
        if setting not in ignored and value_of(shown, setting) != value_of(config, setting)
    ]


def differences(shown: RunConfig, config: RunConfig, *, most: int = _MOST_NAMED) -> str:
    """The shown run's values of settings that differ from the other's, such as 'π₀ = 10 %'; '' if none do.

    Args:
        most: settings to name; how many more there are is said.
    """
    changed = changed_settings(shown, config)
    parts = [setting_in_words(setting, shown) for setting in changed[:most]]
    more = len(changed) - len(parts)
    return ", ".join(parts) + (f" and {plural(more, 'other difference')}" if more else "")


def setting_in_words(setting: str, config: RunConfig) -> str:
    """'batch size = 16', as Markdown."""
    return value_in_words(setting, value_of(config, setting))


def value_in_words(
    setting: str,
    value: Any,  # noqa: ANN401  of the setting's own type
    *,
    written: Callable[[str], str] = as_plain_markdown,
) -> str:
    """The same of a value by itself, as a config or as JSON has it.

    Args:
        written: how texts are to be written; `str` where no Markdown is read.
    """
    name = _NAMES.get(setting, setting.rpartition(".")[2])
    if setting in ("pool_prevalence", "test_prevalence"):
        return f"{name} = {percent(value)}"
    if setting == "first_query" and value is None:
        return "first query as the others"
    if setting == "training.epochs" and value is None:
        return "steps, not epochs"
    if setting == "model.options":
        return "another decoder"
    if isinstance(value, (tuple, list)):
        return f"{name} {', '.join(map(written, map(str, value)))}" if value else f"no {name}"
    return f"{name} = {written(str(value))}"
