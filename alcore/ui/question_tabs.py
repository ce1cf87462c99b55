"""A page's tabs, each of which answers a question: a sentence, its picture, and the rest folded below.

What is folded costs nothing until it is opened. Tab and open parts are in the page's address. Every view was
once a tab of its own: a link that names it opens the tab and the part that it is in now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import streamlit as st

from alcore.ui import problems

T = TypeVar("T")

_ARRIVED = "arrived_at"
"""In the session: the folded part that a link led to."""

_scroll_here = st.components.v2.component(
    "alcore_scroll_here",
    js="""
    const arrived = new WeakSet();
    export default function ({ data, parentElement }) {
      if (arrived.has(parentElement)) return;
      arrived.add(parentElement);
      const part = document.querySelector(`.st-key-${data.key}`);
      const above = document.querySelector(".st-key-picture");
      if (!part || !above) return;
      const grown = new ResizeObserver(() => part.scrollIntoView());  // the picture above may still come
      grown.observe(above);
      for (const act of ["wheel", "pointerdown", "keydown"]) {
        window.addEventListener(act, () => grown.disconnect(), { once: true });  // the reader has taken over
      }
      return () => grown.disconnect();
    }
    """,
)


class Part(NamedTuple, Generic[T]):
    """draw: the view, of what the page shows; about: what it holds, beside its title where it is folded."""

    draw: Callable[[T], object]
    about: str = ""


@dataclass(frozen=True)
class QuestionTab(Generic[T]):
    """parts: views by their titles, of which the first is the tab's picture; answer: draws the sentence above
    it, None where the picture brings its own.
    """

    parts: Mapping[str, Part[T]]
    answer: Callable[[T], object] | None = None

    def show(self, of: T) -> None:
        """Draw the tab; a problem in one part is said in its place."""
        if self.answer is not None:
            with problems.contained():
                self.answer(of)
        (_, picture), *folded = self.parts.items()
        with st.container(key="picture" if folded else None), problems.contained():
            picture.draw(of)
        for title, part in folded:
            fold = st.expander(
                f"**{title}** · {part.about}", key=_fold(title), on_change="rerun", bind="query-params"
            )
            if fold.open:
                with fold, problems.contained():
                    part.draw(of)
                    if st.session_state.get(_ARRIVED) == title:
                        _scroll_here(key="scroll_here", data={"key": _fold(title)})


def take_former_views(key: str, tabs: Mapping[str, QuestionTab[T]]) -> dict[str, list[str]]:
    """Let a link name a view as when each was a tab: `?view=Gain` is today's first tab with *Gain* open.

    To be called before the tabs of that key are drawn.

    Returns:
        What the address should say instead, for `alcore.ui.address.settle`.
    """
    asked = st.query_params.get(key)
    for title, tab in tabs.items():
        first, *folded = tab.parts
        if asked == first:
            st.session_state[key] = title
            return {key: [title]}
        if asked in folded:
            st.session_state[key] = title
            st.session_state[_ARRIVED] = asked
            unfold(asked)
            return {key: [title], _fold(asked): ["true"]}
    return {}


def unfold(title: str) -> None:
    """Open a folded part at the next drawing. For callbacks."""
    st.session_state[_fold(title)] = True


def _fold(title: str) -> str:
    """The key of a folded part in the session, the address and the style: words with underscores."""
    return "open_" + "_".join(re.findall(r"\w+", title.lower()))
