"""Announces what happens on a page to screen readers: a live region that stays while its text changes."""

from __future__ import annotations

import streamlit as st

_component = st.components.v2.component(
    "alcore_announcer",
    html='<div role="status" aria-live="polite" style="position: absolute; clip-path: inset(50%)"></div>',
    js="""
    export default function ({ data, parentElement }) {
      const region = parentElement.querySelector("[role=status]");
      if (region.textContent !== data.text) region.textContent = data.text;  // each change is read aloud
    }
    """,
)


def announce(text: str) -> None:
    """Have a sentence read aloud when it differs from the last one; once on a page, with few words."""
    _component(key="announcer", data={"text": text})
