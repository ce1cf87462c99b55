"""Problems on a page, reported alike: a sentence where the reader looks, while the rest still works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from alcore.errors import AlcoreError
from alcore.wording import as_plain_markdown

_PREFIX = "problem:"


def attempt(slot: str, action: Callable[..., object], *arguments: object) -> bool:
    """Perform a user's action, usually in a widget's callback.

    A callback runs before the page is drawn, so the sentence of an AlcoreError is kept under `slot` in the
    session until `show` says it where it belongs.

    Args:
        slot: names the place on the page; the same as of `show`.
        action, arguments: called as `action(*arguments)`.
    Returns:
        Whether it went well.
    """
    try:
        action(*arguments)
    except AlcoreError as error:
        note(slot, str(error))
        return False
    return True


def note(slot: str, sentence: str) -> None:
    """Keep a sentence for `show`, in place of one that was not shown yet."""
    st.session_state[_PREFIX + slot] = sentence


def is_noted(slot: str) -> bool:
    """Whether `show` has something to say under that slot."""
    return _PREFIX + slot in st.session_state


def show(slot: str) -> None:
    """Say what went wrong under that slot, and forget it."""
    sentence = st.session_state.pop(_PREFIX + slot, None)
    if sentence is not None:
        tell(sentence)


def tell(problem: AlcoreError | str) -> None:
    """Say a problem here and now. Names of the user's own in it are never read as markup."""
    st.error(as_plain_markdown(str(problem)), icon=":material/error:")


@contextmanager
def contained() -> Iterator[None]:
    """For one part of a page: an AlcoreError in it is said in its place, and the rest of the page goes on."""
    try:
        yield
    except AlcoreError as error:
        tell(error)
