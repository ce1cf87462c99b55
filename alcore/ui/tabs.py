"""Tabs of a page: only the open one is computed, and it is in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from alcore.ui import problems


def show_tabs(views: Mapping[str, Callable[[], object]], key: str) -> None:
    """Tabs by their titles; a problem in one is said in its place.

    Args:
        key: of the choice, in the session and in the address.
    """
    tabs = st.tabs(list(views), key=key, on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab, problems.contained():
                show()
