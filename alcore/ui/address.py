"""The page's address: what a link opens, and what Back returns to.

A choice that a reader makes is a step that Back undoes, so it is written through `st.query_params`, which
adds an entry to the browser's history. What a page settles by itself, such as the run that a new tab attaches
to, is no step: an entry for it would make Back stay on the page. Streamlit has no call for that; a line of
JavaScript does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from alcore.presentation.labels import PREVALENCES
from alcore.ui.choices import nearest_prevalence
from alcore.wording import percent

_component = st.components.v2.component(
    "alcore_address",
    js="""
    export default function ({ data }) {
      const address = new URL(window.location.href);
      if (address.pathname.split("/").pop() !== data.page) return;  // the reader has left already
      for (const [name, values] of Object.entries(data.parameters)) {
        address.searchParams.delete(name);
        values.forEach(value => address.searchParams.append(name, value));
      }
      if (address.href === window.location.href) return;
      window.history.replaceState(window.history.state, "", address);
      if (data.is_news) window.dispatchEvent(new PopStateEvent("popstate"));  // Streamlit reads it anew
    }
    """,
)


def settle(
    page: str, parameters: Mapping[str, Sequence[str]], *, prevalences: Mapping[str, str] | None = None
) -> None:
    """Write parameters into the address in place, without a step that Back would undo; others stay.

    Args:
        page: the last part of the page's path, '' for the first page.
        parameters: values by name; with none a parameter is taken out.
        prevalences: what `take_prevalences` returned, which the page's sliders shall hear of.
    """
    every = {**parameters, **{name: [text] for name, text in (prevalences or {}).items()}}
    values = {name: list(values) for name, values in every.items()}
    _component(key="address", data={"page": page, "parameters": values, "is_news": bool(prevalences)})


def take_prevalences(*keys: str) -> dict[str, str]:
    """Let a link say a prevalence as a number: `?pi0=0.01` is what the slider calls `?pi0=1 %`.

    To be called before the sliders of those keys are drawn. A share between two of a slider's steps goes to
    the nearer one; what is no share is left to the slider, which ignores it.

    Returns:
        What the address should say instead, for `settle`.
    """
    known = [percent(step) for step in PREVALENCES]
    found = {}
    for key in keys:
        text = st.query_params.get(key, "")
        share = _share(text)
        if text in known or share is None or st.session_state.get(f"taken:{key}") == text:
            continue
        step = nearest_prevalence(share)
        st.session_state[f"taken:{key}"] = text
        st.session_state[key] = step
        found[key] = percent(step)
    return found


def _share(text: str) -> float | None:
    """'0.01', '1%' or '1 %' -> 0.01; None for anything that is no share above 0."""
    number, is_percentage = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if is_percentage else 1)
    except ValueError:
        return None
    return share if 0 < share <= 1 else None
