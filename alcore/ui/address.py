"""The page's address: what a link opens, and what Back returns to.

A choice that a reader makes is a step that Back undoes, so it is written through `st.query_params`, which
adds an entry to the browser's history. A choice that the page makes by itself, such as the run that a new tab
attaches to, is not a step: an entry for it would make Back stay on the page. Streamlit has no call for that;
a line of JavaScript does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from alcore.acquisition import current_name
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
      if (data.is_news) window.dispatchEvent(new PopStateEvent("popstate"));  // Streamlit reads it again
    }
    """,
)


_LONGEST = 1000
"""Characters of a value in a link; those that pages write are far shorter."""


def leave_out_absurd() -> list[str]:
    """Remove values that no control can hold from the address: infinite numbers, and endless texts.

    To be called before any control is drawn: Streamlit lets a control fail over its own part of the address.

    Returns:
        Names of what was taken out.
    """
    names = [name for name in st.query_params if any(map(_is_absurd, st.query_params.get_all(name)))]
    for name in names:
        del st.query_params[name]
    return names


def _is_absurd(text: str) -> bool:
    if len(text) > _LONGEST:
        return True
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False


def settle(
    page: str, parameters: Mapping[str, Sequence[str]], *, said: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write parameters into the address in place, without a step that Back would undo; others stay.

    Args:
        page: the last part of the page's path, '' for the first page.
        parameters: values by name; with none a parameter is taken out.
        said: what `take_prevalences` and `take_former_names` returned, of which controls shall hear.
    """
    values = {name: list(texts) for name, texts in {**parameters, **(said or {})}.items()}
    _component(key="address", data={"page": page, "parameters": values, "is_news": bool(said)})


def take_prevalences(*keys: str) -> dict[str, list[str]]:
    """Let a link say a prevalence as a number: `?pi0=0.01` is what the slider calls `?pi0=1 %`.

    To be called before the sliders of those keys are drawn. A share between two of a slider's steps goes to
    the nearer one; anything else is left to the slider, which ignores it.

    Returns:
        What the address should say instead, for `settle`.
    """
    known = [percent(step) for step in PREVALENCES]
    found: dict[str, list[str]] = {}
    for key in keys:
        text = st.query_params.get(key, "")
        share = _share(text)
        if text in known or share is None or st.session_state.get(f"taken:{key}") == text:
            continue
        step = nearest_prevalence(share)
        st.session_state[f"taken:{key}"] = text
        st.session_state[key] = step
        found[key] = [percent(step)]
    return found


def take_former_names(key: str) -> dict[str, list[str]]:
    """Let a link name strategies as they were once called: `?strategies=bald` is today's tta-disagreement.

    To be called before the control of that key is drawn, which drops what it does not know and reads the
    address again when `settle` has corrected it.

    Returns:
        What the address should say instead, for `settle`.
    """
    texts = st.query_params.get_all(key)
    names = list(dict.fromkeys(map(current_name, texts)))
    return {} if names == texts else {key: names}


def _share(text: str) -> float | None:
    """'0.01', '1%' or '1 %' -> 0.01; None for anything that is no share above 0."""
    number, is_percentage = text.strip().removesuffix("%"), text.strip().endswith("%")
    try:
        share = float(number) / (100 if is_percentage else 1)
    except ValueError:
        return None
    return share if 0 < share <= 1 else None
