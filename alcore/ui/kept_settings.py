"""Settings that the Lab has no control for, as a link brings them: *Run again with…* drops none of a run's.

They stand in the address as one JSON object, so that a link means the same to any user. The sidebar names
them, and can leave them out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from alcore.config import RunConfig
from alcore.errors import ConfigError
from alcore.json_object import parse_json_object
from alcore.ui.config_form import usual_settings
from alcore.ui.setting_words import ALL_SETTINGS, KEYS, value_in_words

PARAMETER = "more"
"""In the Lab's address."""
_KEPT = "kept_settings"
"""In the session."""
_OPTIONS, _ARCHITECTURE = "model.options", "model.architecture"
_WITHOUT_CONTROL = tuple(setting for setting in ALL_SETTINGS if setting not in KEYS)

Kept = Mapping[str, Any]
"""Values as JSON has them by setting, dotted for nested ones."""


def link_part(config: RunConfig) -> dict[str, str]:
    """The parameters of a link for settings without a control in the Lab."""
    defaults = usual_settings(config.model.architecture)
    values, usual = config.model_dump(mode="json"), defaults.model_dump(mode="json")
    kept = {name: _get(values, name) for name in _WITHOUT_CONTROL if _get(values, name) != _get(usual, name)}
    is_usual_network = config.model.architecture == defaults.model.architecture
    is_light = is_usual_network and config.model.options == defaults.model.options
    if config.model.options and not is_light:  # options are those of one architecture
        kept |= {name: _get(values, name) for name in (_ARCHITECTURE, _OPTIONS)}
    has_toggle = is_usual_network and bool(defaults.model.options)
    light = {KEYS[_OPTIONS]: "true" if is_light else "false"} if has_toggle else {}
    return light | {PARAMETER: json.dumps(kept, separators=(",", ":"))}  # {} too: nothing stays of before


def of_address() -> Kept:
    """The settings in the page's address, also after the reader went to another page and came back.

    Like the values of controls, they are remembered by the session; none if they cannot be read.
    """
    text = st.query_params.get(PARAMETER, st.session_state.get(_KEPT, ""))
    st.session_state[_KEPT] = text
    if not text:
        return {}
    try:
        values = parse_json_object(text, origin="the link's further settings", error=ConfigError)
    except ConfigError as problem:
        st.warning(f"{problem}; they are left out.")
        return {}
    return {name: values[name] for name in (*_WITHOUT_CONTROL, _ARCHITECTURE, _OPTIONS) if name in values}


def for_address() -> dict[str, list[str]]:
    """These settings as parameters of the address, for `alcore.ui.address.settle`."""
    text = st.session_state.get(_KEPT, "")
    return {PARAMETER: [text] if text not in ("", "{}") else []}


def joined(values: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """The settings of the controls, with the further ones of a link."""
    whole: dict[str, Any] = json.loads(json.dumps(values))
    for name in _WITHOUT_CONTROL:
        if name in kept:
            _set(whole, name, kept[name])
    is_same_network = _OPTIONS in kept and _get(whole, _ARCHITECTURE) == kept.get(_ARCHITECTURE)
    if is_same_network and not _get(whole, _OPTIONS):
        _set(whole, _OPTIONS, kept[_OPTIONS])
    return whole


def show(kept: Kept) -> None:
    """What the link brought, and a button that leaves it out."""
    if not kept:
        return
    named = [value_in_words(name, value) for name, value in kept.items() if name != _ARCHITECTURE]
    st.caption(f"Also set, by the link: {', '.join(named)}.")
    st.button("Leave these out", key="leave_kept", on_click=_leave, help="Use the Lab's own instead.")


def _leave() -> None:
    st.query_params.pop(PARAMETER, None)
    st.session_state.pop(_KEPT, None)


def _get(values: Mapping[str, Any], setting: str) -> Any:  # noqa: ANN401  of the setting's own type
    found: Any = values
    for name in setting.split("."):
        found = found.get(name)
    return found


def _set(values: dict[str, Any], setting: str, value: object) -> None:
    *path, last = setting.split(".")
    for name in path:
        values = values.setdefault(name, {})
    values[last] = value
