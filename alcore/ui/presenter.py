"""How much of the pages is shown: presenter mode for a projector, and links that hide parts for a class.

Both are in the page's address, ?present=1 and ?hide=settings,run, and hold for the tab until it is closed, or
presenter mode is left.
"""

from __future__ import annotations

import streamlit as st

from alcore.home import ASSETS
from alcore.presentation.scenes import scenes
from alcore.ui import entrance
from alcore.ui.keys import Key, listen
from alcore.ui.scene_menu import open_scene

_PRESENT, _HIDE = "present", "hide"

HIDEABLE = {
    "settings": '[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"]',
    "pages": '[data-testid="stHeader"]',
    "run": ".st-key-next_run, .st-key-shown_run",
    "scenes": ".st-key-scene_menu",
    "shares": '.st-key-shares, [data-part="beside"]',
    "picks": '[class*="st-key-picks"], .player-picks',
    "pool": ".st-key-pool_line",
    "notes": '[data-testid="stCaptionContainer"]',
}
"""Parts that ?hide= can name, and where they are."""

_KEYS = (
    Key(
        " ",
        "Space",
        "run, pause, continue; play or pause a film",
        ('[data-part="play"]', ".st-key-pause_button button:not([disabled])", ".st-key-run_button button"),
    ),
    Key("s", "S", "one cycle, then pause", (".st-key-step_button button",)),
    Key(
        "n",
        "N",
        "the next scene, or the first one",
        (".st-key-next_scene button", ".st-key-first_scene button"),
    ),
    Key("a", "A", "show the answer", (".st-key-scene_answer button",)),
    Key("ArrowUp", "↑", "π₁ one step up", ('[data-part="slider"]',), moves=1),
    Key("ArrowDown", "↓", "π₁ one step down", ('[data-part="slider"]',), moves=-1),
    Key("?", "?", "this list", (".st-key-list_keys button",)),
    Key("Escape", "Esc", "leave presenter mode", (".st-key-leave_presenter button",)),
)


def is_presenting() -> bool:
    """Whether this tab is shown to an audience."""
    return bool(st.session_state.get(_PRESENT))


def shows_settings() -> bool:
    """Whether the sidebar is part of this tab."""
    return not is_presenting() and "settings" not in _hidden_parts()


def dress() -> None:
    """Hide what the tab's address asks to hide; once per page, before its content."""
    if _PRESENT in st.query_params:
        st.session_state[_PRESENT] = st.query_params[_PRESENT] == "1"
    hidden = [HIDEABLE[name] for name in _hidden_parts()]
    if st.query_params.get("seat") == "1":
        hidden += [HIDEABLE["settings"], HIDEABLE["pages"]]
    if is_presenting():
        st.html(ASSETS / "presenter.css")
        hidden += [HIDEABLE[name] for name in ("settings", "pages", "pool", "notes")]
    if hidden:
        st.html(f"<style>{', '.join(hidden)} {{ display: none !important; }}</style>")


def _hidden_parts() -> list[str]:
    """Known names in ?hide=, which stay with the tab as it goes from page to page."""
    if _HIDE in st.query_params:
        st.session_state[_HIDE] = st.query_params[_HIDE]
    return [name for name in st.session_state.get(_HIDE, "").split(",") if name in HIDEABLE]


def offer() -> None:
    """A button that turns presenter mode on."""
    st.button(
        "Present",
        key="present_button",
        icon=":material/slideshow:",
        help="Large type and no controls, for a projector; keys do the rest, ? lists them",
        on_click=_turn,
        args=(True,),
    )


def listen_to_keys() -> None:
    """While presenting: the keys, and buttons out of sight that some of them press."""
    if not is_presenting():
        return
    with st.container(key="presenter_buttons"):
        st.button("Leave presenter mode", key="leave_presenter", on_click=_turn, args=(False,))
        st.button("First scene", key="first_scene", on_click=open_scene, args=(next(iter(scenes())),))
        if st.button("Keys", key="list_keys"):
            _list_keys()
    listen(_KEYS)


@entrance.dialog("Keys", is_wide=False)
def _list_keys() -> None:
    rows = "\n".join(f"| **{key.shown}** | {key.does} |" for key in _KEYS)
    st.markdown(f"| key | what it does |\n| --- | --- |\n{rows}")


def _turn(on: bool) -> None:
    if on:
        st.query_params[_PRESENT] = "1"
    else:
        st.query_params.pop(_PRESENT, None)
    st.session_state[_PRESENT] = on
