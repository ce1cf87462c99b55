"""What comes before every page: who it is, what is wrong with the link, and whose home this is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from alcore.access.admission import Admission, admission
from alcore.access.roles import Action, Visitor, may
from alcore.errors import AlcoreError
from alcore.event_log import tell, warn
from alcore.ui import address, problems
from alcore.ui.session import manager
from alcore.ui.visitor import can_sign_in, keep_link, visitor
from alcore.wording import as_plain_markdown

_LEFT_OUT, _CAME = "left_out_of_link", "came_as"


def show(draw: Callable[[], object], *, for_seats: bool = False) -> None:
    """Draw a page, for those who may see it; a problem that no part of it has taken care of is a sentence.

    Every file in pages/ does all that it does in here: so it is asked who it is, however it is opened.

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
        st.warning(f"The link says something about {names} that cannot be; it was left out.")
    if admission() == Admission.OPEN:
        st.warning("Anyone who can reach this server may start, stop and delete everything in it.")
    with problems.contained():
        if holder := manager().looks_on():
            st.info(f"Another server holds this home ({as_plain_markdown(holder)}). This one looks on.")
        draw()


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
    """Whether the page is for this visitor; else it is said what to do."""
    who, refused = None, ""
    try:
        who = visitor()
    except AlcoreError as error:
        refused = str(error)
        problems.tell(error)
    _note_visit(who, refused)
    if may(who, Action.LOOK) or (for_seats and may(who, Action.VOTE)):
        return True
    if who is not None:
        st.info("Your link lets you vote, on the page that it was made for.")
    else:
        st.info("Open the link that you were given; whoever runs this server makes them.")
        if can_sign_in():
            st.button("Sign in", on_click=st.login)
    return False
