"""The Data page's third part: procedural surfaces, seen while their sliders move."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alcore.access.roles import Action
from alcore.data.grounds import FAMILIES
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.ui import acting_on_data, problems
from alcore.ui.choices import widget_bounds
from alcore.ui.data.browse import sheet
from alcore.ui.permitted import permission
from alcore.wording import percent

_COLUMNS, _SHOWN = 8, 40
_PROBLEM = "surfaces"
_STEPS = {
    "contrast": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0),
    "defect_size": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5),
    "rarity": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
    "look_alikes": (0.0, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0),
}
_TITLES = {
    "contrast": ("Contrast of defects", "Grey-level difference to the ground; 1 is the built-in set's."),
    "defect_size": ("Size of defects", "Their length; 1 is the built-in set's."),
    "rarity": ("Rarity of kinds", "0: all kinds of defect alike; more: rare kinds are rarer still."),
    "look_alikes": ("Harmless marks", "Smudges, fibres, dust and grooves on a patch, on average."),
}


def show() -> None:
    """Sliders, a preview, and a button that makes a data set of it."""
    left, right = st.columns([3, 7], gap="large")
    with left:
        settings = _choose()
        _offer(settings)
    with right:
        picture = _preview(settings)
        st.image(picture, width="stretch", alt="a preview of the surfaces, masks outlined")
        kinds = ", ".join(f"{kind} {percent(share)}" for kind, share in settings.kinds.items())
        st.caption(f"The first {_SHOWN} defective patches, masks outlined in yellow. Kinds: {kinds}.")


def _choose() -> SurfaceSettings:
    family = st.selectbox(
        "Material", list(FAMILIES), format_func=lambda name: FAMILIES[name].title, key="surface_family"
    )
    chosen = {
        name: st.select_slider(
            title, _STEPS[name], getattr(SurfaceSettings(), name), key=name, help=help_text
        )
        for name, (title, help_text) in _TITLES.items()
    }
    size = st.select_slider("Patch size (pixels)", (64, 96, 128, 192, 256, 384, 512), 64, key="surface_size")
    count = st.number_input(
        "Patches", 60, 1_000_000, 12_000, 1000, key="surface_count", help="Half of them are defective."
    )
    seed = st.number_input("Seed", *widget_bounds("seed"), 2601, key="surface_seed")
    color = st.toggle("Colour", key="surface_color")
    return SurfaceSettings(family=family, size=size, count=count, seed=seed, color=color, **chosen)


@st.cache_data(max_entries=64, show_spinner=False)
def _preview(settings: SurfaceSettings) -> bytes:
    patches = SyntheticPatches(settings)
    return sheet(patches, np.flatnonzero(patches.defective)[:_SHOWN], columns=_COLUMNS)


def _offer(settings: SurfaceSettings) -> None:
    name = st.text_input("Name", key="surface_name", placeholder="for the Lab")
    st.button(
        "Make this data set",
        type="primary",
        on_click=_make,
        args=(name.strip(), settings),
        **permission(Action.MAKE_DATA),
    )
    problems.show(_PROBLEM)
    if made := st.session_state.pop("surface-made", None):
        st.success(f"{made} is ready: choose it in the Lab.")


def _make(name: str, settings: SurfaceSettings) -> None:
    if problems.attempt(_PROBLEM, acting_on_data.make_data, name, settings):
        st.session_state["surface-made"] = name
