"""The list of scenes, and how this tab turns to one."""

from __future__ import annotations

import streamlit as st

from alcore.presentation.scenes import scenes

SCENE = "scene"
"""In the page's address: the current scene."""

_MENU = "scene_menu"


def menu() -> None:
    """A button that opens the list of scenes."""
    st.menu_button(
        "Scenes",
        list(scenes()),
        key=_MENU,
        icon=":material/theater_comedy:",
        format_func=lambda name: scenes()[name].title,
        help="Short stories about recorded runs, each with a question",
        on_click=_open_chosen,
    )


def open_scene(name: str) -> None:
    """Turn this tab to a scene: a step that Back undoes. For callbacks."""
    st.query_params[SCENE] = name


def _open_chosen() -> None:
    chosen = st.session_state[_MENU]
    if chosen:
        open_scene(chosen)
