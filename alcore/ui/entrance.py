"""Checks before a page and each part of it: the visitor, the link, and the holder of the home.

Streamlit redraws fragments and dialogs without the page around them, so each checks the visitor itself: they
are made with `fragment` and `dialog` here, and nowhere else; a test holds that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from alcore.access.admission import Admission, admission
from alcore.access.roles import Action, Visitor, may
from alcore.errors import AlcoreError
from alcore.event_log import tell, warn
from alcore.ui import address, problems
from alcore.ui.session import manager
from alcore.ui.visitor import can_sign_in, keep_link, visitor
from alcore.wording import as_plain_markdown

P = ParamSpec("P")

_LEFT_OUT, _CAME = "left_out_of_link", "came_as"


def show(draw: Callable[[], object], *, for_seats: bool = False) -> None:
    """Draw a page, for those who may see it; a problem that no part of it has taken care of is a sentence.

    Every file in pages/ does all its work in here, so the visitor is checked however it is opened.

    Args:
        for_seats: whether those may see it who may do nothing but vote.
    """
    if left_out := address.leave_out_absurd():
        st.session_state[_LEFT_OUT] = left_out
        st.rerun()  # a control is filled from the address that its run began with
    if not _is_let_in(for_seats=for_seats):
        return
    keep_link()
    if left_out := st.session_state.pop(_LEFT_OUT, None):
        names = ", ".join(as_plain_markdown(name[:40]) for name in left_out)
        st.warning(f"The link has an impossible value for {names}, which was ignored.")
    if admission() == Admission.OPEN:
        st.warning("Anyone who can reach this server may start, stop and delete everything in it.")
    with problems.contained():
        if holder := manager().claim_home():
            st.info(f"Another server holds this home ({as_plain_markdown(holder)}). This one only watches.")
        draw()


def fragment(
    *, run_every: float | None = None, for_seats: bool = False
) -> Callable[[Callable[P, object]], Callable[P, object]]:
    """Makes a part of a page a fragment, which asks at each drawing whether its visitor may still see it.

    Where they may not, the whole page is redrawn, says why and shows nothing else.

    Args:
        run_every: seconds between drawings; None for none but those that a click brings.
        for_seats: as `show` has it.
    """
    return lambda draw: st.fragment(_asking(draw, for_seats=for_seats), run_every=run_every)


def dialog(
    title: str, *, on_dismiss: Callable[[], None] | None = None, is_wide: bool = True
) -> Callable[[Callable[P, object]], Callable[P, object]]:
    """Makes a function a dialog, which asks at each drawing as `fragment` does.

    Args:
        on_dismiss: called when it is closed.
    """
    return lambda draw: st.dialog(
        title, width="large" if is_wide else "small", on_dismiss=on_dismiss or "ignore"
    )(_asking(draw, for_seats=False))


def _asking(draw: Callable[P, object], *, for_seats: bool) -> Callable[P, object]:
    @wraps(draw)
    def asked(*arguments: P.args, **named: P.kwargs) -> object:
        if not _may_still_see(for_seats=for_seats):
            st.rerun()
        return draw(*arguments, **named)

    return asked


def _may_still_see(*, for_seats: bool) -> bool:
    try:
        return _may_see(visitor(), for_seats=for_seats)
    except AlcoreError:  # the page says what is wrong with the link
        return False


def _may_see(who: Visitor | None, *, for_seats: bool) -> bool:
    return may(who, Action.LOOK) or (for_seats and may(who, Action.VOTE))


def _note_visit(who: Visitor | None, refused: str) -> None:
    """Log who came, or that somebody was not let in: once, not at every drawing of the page."""
    known = (who.name, str(who.role)) if who is not None else refused
    if admission() == Admission.LOCAL or st.session_state.get(_CAME) == known:
        return
    st.session_state[_CAME] = known
    if who is not None:
        tell("signed_in", visitor=who.name, role=str(who.role))
    elif refused:
        warn("sign_in_refused", reason=refused)


def _is_let_in(*, for_seats: bool) -> bool:
    """Whether this visitor may see the page; otherwise the page says what to do."""
    who, refused = None, ""
    try:
        who = visitor()
    except AlcoreError as error:
        refused = str(error)
        problems.tell(error)
    _note_visit(who, refused)
    if _may_see(who, for_seats=for_seats):
        return True
    if who is not None:
        st.info("Your link lets you vote, on the page that it was made for.")
    else:
        st.info("Open the link that you were given; the owner of this server makes links.")
        if can_sign_in():
            st.button("Sign in", on_click=st.login)
    return False
