"""A link to the Lab that sets its sliders."""

from __future__ import annotations

from alcore.config import RunConfig
from alcore.ui.choices import nearest_prevalence
from alcore.ui.config_form import value_of
from alcore.ui.kept_settings import link_part
from alcore.ui.setting_words import KEYS
from alcore.wording import percent


def link_of(config: RunConfig) -> dict[str, str | list[str]]:
    """The parameters of a Lab that would start a run with the same settings.

    Only π₀ and π₁ go to the nearest step of their sliders.
    """
    link: dict[str, str | list[str]] = {**link_part(config)}
    for setting, key in KEYS.items():
        value = value_of(config, setting)
        if setting in ("pool_prevalence", "test_prevalence"):
            link[key] = percent(nearest_prevalence(value))
        elif isinstance(value, tuple):
            link[key] = list(value)
        elif value is not None and not isinstance(value, dict):
            link[key] = str(value)
    return link
