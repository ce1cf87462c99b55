"""Keys of a page: each clicks a button that is there, or moves a slider, without a click of the mouse.

Streamlit's own `shortcut=` of a button serves none of them in full: it knows no "?", names one button where a
key here clicks the first of several that is in use, and its keys would work in every mode of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st


@dataclass(frozen=True)
class Key:
    """One key.

    key: as `KeyboardEvent.key` names it; shown: as people do; does: what, in words.
    clicks: CSS selectors, of which the first that finds a button in use is clicked.
    moves: steps by which the slider that `clicks` finds is moved, instead of a click; 0 for a click.
    """

    key: str
    shown: str
    does: str
    clicks: tuple[str, ...]
    moves: int = 0


_component = st.components.v2.component(
    "alcore_keys",
    js="""
    export default function ({ data }) {
      function press(event) {
        const isTyping = event.target.closest?.("input:not([type=range]), textarea, [contenteditable=true]");
        if (document.querySelector("[role=dialog]")) return; // whose own keys close it
        if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
        const key = data.keys.find((one) => one.key === event.key);
        const targets = (key?.clicks ?? []).map((one) => document.querySelector(one));
        const found = targets.find((one) => one && !one.disabled);
        if (!found) return;
        event.preventDefault();
        if (!key.moves) return found.click();
        found.value = Number(found.value) + key.moves;
        for (const kind of ["input", "change"]) found.dispatchEvent(new Event(kind, { bubbles: true }));
      }
      document.addEventListener("keydown", press);
      document.body.dataset.keys = "heard";
      return () => {
        document.removeEventListener("keydown", press);
        delete document.body.dataset.keys;
      };
    }
    """,
)


def listen(keys: Sequence[Key]) -> None:
    """Make keys work as long as this is drawn; keys typed into a field go to the field."""
    _component(key="keys", data={"keys": [asdict(key) for key in keys]})
